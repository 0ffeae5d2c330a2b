"""What perturbations did to their own genes: does that fit the stated modality?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cellglass._words import plural
from cellglass.regulation.checklist import ITEMS
from cellglass.runs.result import Check
from cellglass.stats import bh
from cellglass.stats.differential import hedges_g, welch

from .folds import MeasuredFolds
from .measured import Measured

LEVEL = 0.05
EXPECTED = {"CRISPRi": -1, "CRISPRko": -1, "CRISPRa": 1}


def on_target(measured: Measured | MeasuredFolds) -> pd.DataFrame:
    """Difference of each perturbed gene in the cells in which it alone was perturbed.

    Parameters
    ----------
    measured
        The screen.

    Returns
    -------
    pandas.DataFrame
        One row a perturbation of one measured gene: perturbation, gene, difference (of mean log1p
        counts per 10,000), standardised, p, q (BH); nan where a screen has no test.
    """
    place = {g: j for j, g in enumerate(measured.genes)}
    used = measured.used
    own = [(i, str(g)) for i, g in enumerate(used["genes"]) if str(g) in place]
    rows = np.array([i for i, _ in own], dtype=np.int64)
    columns = np.array([place[g] for _, g in own], dtype=np.int64)
    if isinstance(measured, MeasuredFolds):
        difference = measured.values[rows, columns]
        standardised = p = np.full(len(own), np.nan)
    elif own:
        groups, control = measured.moments, measured.control()
        difference = np.asarray(groups.mean)[rows, columns] - control.mean[0, columns]
        p = welch(groups, control)[1][rows, columns]
        standardised = hedges_g(groups, control)[rows, columns]
    else:
        difference = standardised = p = np.zeros(0)
    return pd.DataFrame(
        {
            "perturbation": used["perturbation"].astype(str).to_numpy()[rows],
            "gene": [g for _, g in own],
            "difference": difference,
            "standardised": standardised,
            "p": p,
            "q": bh(p),
        }
    )


def target_check(measured: Measured | MeasuredFolds, targets: pd.DataFrame) -> Check:
    """Hold the stated modality and cell line against metadata and the perturbed genes (item I2).

    Parameters
    ----------
    measured
        The screen.
    targets
        From `on_target`.

    Returns
    -------
    Check
        Failed where more perturbed genes move against the stated modality than chance allows: one
        sided sign test at 0.05, over those that move at q <= 0.05. Knock-out need not change a
        transcript, and fewer than five measured targets decide nothing.
    """
    from scipy import stats

    stated = measured.modality or "not stated"
    where = f"{measured.name}: {stated} ({measured.report['modality_from']})"
    where += f", {measured.cell_line}" if measured.cell_line else ", cell line not stated"
    if targets.empty:
        told = f"{where}; no perturbed gene is measured, so the data cannot tell"
        return Check("I2", ITEMS["I2"], "passed" if measured.modality else "not run", told)
    sure = targets[targets["q"] <= LEVEL] if measured.tests else targets
    down, up = int((sure["difference"] < 0).sum()), int((sure["difference"] > 0).sum())
    told = (
        f"{where}; of {len(targets)} measured perturbed {plural('gene', len(targets))} {down} fall "
        f"and {up} rise"
    )
    direction = EXPECTED.get(measured.modality, 0)
    wrong = up if direction < 0 else down if direction > 0 else 0
    p = stats.binomtest(wrong, down + up, 0.5, alternative="greater").pvalue if wrong else 1.0
    against = p <= LEVEL
    if against:
        told += f", against {measured.modality} (sign test p = {p:.2g})"
    state = "failed" if against else "passed" if measured.modality else "not run"
    return Check("I2", ITEMS["I2"], state, told)


def contradicts(measured: Measured | MeasuredFolds) -> bool:
    """Whether perturbed genes move against the stated modality."""
    return target_check(measured, on_target(measured)).state == "failed"
