"""Curves through every score of a ladder, with a bootstrap over draws of cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.seeds import generator

from .curves import FORMS, CurveFit, best_curve, fit_curve
from .ladder import Ladder

DRAWS = 50
"""Resamples of the fit, as published (specification 2.15)."""


def fits_table(ladder: Ladder, *, seed: int, task: str, draws: int = DRAWS) -> pd.DataFrame:
    """One row a score and curve: AUROC by number of cells.

    Parameters
    ----------
    ladder
        The runs.
    seed, task
        Root seed and name of the task.
    draws
        Resamples, of whole draws of cells: points of one draw are nested subsets.

    Returns
    -------
    pandas.DataFrame
        Parameters, R2 on the points fitted, AICc, BIC, error at the numbers of cells left out,
        the curve chosen by that error (see `best_curve`), share of resamples that converge, and
        the interval of the AUROC that the curve gives all cells.
    """
    rows = []
    for score in ladder.scores:
        runs = ladder.of(score)
        points = np.array([[r.draw, r.rung.n_cells, r.metrics.auroc] for r in runs])
        fits = {form: fit_curve(points[:, 1], points[:, 2], form) for form in FORMS}
        chosen = best_curve(fits)
        for form, fit in fits.items():
            again = _resampled(points, form, draws, seed, f"{task}/{score}/{form}")
            rows.append({"score": score, **_row(fit, again, points), "chosen": form == chosen})
    return pd.DataFrame(rows)


def _row(fit: CurveFit, again: list[CurveFit], points: NDArray[np.float64]) -> dict[str, object]:
    held = [float(f.at(points[:, 1].max())) for f in again if f.converged]
    low, high = np.quantile(held, [0.025, 0.975]) if held else (np.nan, np.nan)
    return {
        "curve": fit.form,
        "formula": FORMS[fit.form].formula,
        "converged": fit.converged,
        "why_not": fit.why,
        **{name: float(fit.parameters.get(name, np.nan)) for name in ("a", "b", "c")},
        "r2": fit.r2,
        "aicc": fit.aicc,
        "bic": fit.bic,
        "held_out_rmse": fit.held_out_rmse,
        "at_all_cells": float(fit.at(points[:, 1].max())),
        "at_all_low": float(low),
        "at_all_high": float(high),
        "resamples_converged": len(held) / len(again) if again else np.nan,
        "n_points": len(points),
    }


def _resampled(
    points: NDArray[np.float64], form: str, draws: int, seed: int, task: str
) -> list[CurveFit]:
    """The curve through resampled draws of cells."""
    groups = np.unique(points[:, 0])
    if len(groups) < 2:
        return []
    rng = generator(seed, task)
    found = []
    for _ in range(draws):
        taken = np.concatenate([points[points[:, 0] == g] for g in rng.choice(groups, len(groups))])
        found.append(fit_curve(taken[:, 1], taken[:, 2], form, held_out=False))
    return found
