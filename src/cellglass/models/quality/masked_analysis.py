"""Verdict on masked prediction: is what is hidden predicted better than by means?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import plural
from cellglass.models.datasets import StudyCells
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.seeds import generator
from cellglass.stats import Finding, Interval, NullSummary, decide

from .masked_prediction import MASKED_SHARE

ANALYSIS = "model.masked_prediction"
CLAIM = "the model has learned how genes depend on each other in such cells"
MIN_DONORS = 6


def judge_masked(
    losses: pd.DataFrame,
    study: StudyCells,
    *,
    model: str,
    unit: str,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Compare a model's losses with those of means.

    Parameters
    ----------
    losses
        One row a cell, see `value_losses` and `gene_losses`.
    study
        The cells, for donors and labels.
    model
        Its name.
    unit
        Unit of the losses, for the table.
    settings
        Level, margin, draws.
    seed
        Root seed.

    Returns
    -------
    AnalysisResult
        Gain = share of the baseline's loss that the model removes. PASS needs the gain over
        the hardest baseline at hand (the mean of the cell's type, or of the gene where there
        are no labels) above the margin, and the model to lose when contexts are exchanged
        between cells.
    """
    hardest = "type_mean" if "type_mean" in losses else "gene_mean"
    units, unit_name = _units(losses, study)
    gains = {
        base: _gain(losses, base, units, unit_name, settings, seed)
        for base in ("gene_mean", "type_mean")
        if base in losses
    }
    null = _context_null(losses, units, settings, seed)
    main = gains[hardest]
    words = {"gene_mean": "the mean of the gene", "type_mean": "the mean of the cell's type"}
    verdict = decide(
        main.interval,
        main.interval90,
        settings.margin,
        {"exchanged-context": null.p},
        settings.level,
        estimate=main.gain,
        claim=CLAIM,
        endpoint="predicting hidden tokens",
        subject=f"{model}",
        over=f"what {words[hardest]} explains",
        measure="explained loss",
        checks={"exchanged-context": bool(null.sd > 0)},
        tags={"model": model},
    )
    finding = Finding(
        ANALYSIS,
        f"Does {model} predict hidden tokens better than {words[hardest]}?",
        "share of the baseline's loss removed",
        main.gain,
        main.interval,
        null,
        null.p,
        unit_name,
        len(np.unique(units)),
        (words[hardest], 0.0),
        (main.gain, main.interval.low, main.interval.high),
        seed,
        {"model": model},
        ANALYSIS,
    )
    table = _table(losses, gains, words)
    result = AnalysisResult(
        ANALYSIS, {"model": model}, [finding], [replace(verdict, finding_ids=(finding.id,))]
    )
    result.tables = {"losses": table}
    result.captions = {
        "losses": f"Mean loss over {int(losses['n'].sum()):,} hidden tokens of {len(losses):,} "
        f"cells ({unit}); gain = share of the baseline's loss that the model removes, 95 % "
        f"interval over {plural(unit_name, 2)}."
    }
    result.figures = [
        FigureSpec("losses", "prediction_losses", "losses",
                   "Loss of the model, of means, and of the model when contexts are exchanged "
                   "between cells. Lower is better.", {"unit": unit})
    ]  # fmt: skip
    result.checks = [
        Check("M1", "predictions beat the null of exchanged contexts",
              "passed" if null.p <= settings.level else "failed", f"p = {null.p:.3g}")
    ]  # fmt: skip
    result.notes = _notes(losses, unit_name, study)
    result.method = (
        f"{100 * MASKED_SHARE:g} % of the gene tokens of each cell were hidden and predicted by "
        f"{model}; losses were "
        "compared with those of the mean of the gene and of the cell's type over visible tokens."
    )
    return result


def _units(losses: pd.DataFrame, study: StudyCells) -> tuple[NDArray[np.int64], str]:
    """Donors where there are six or more, else cells."""
    if study.unit == "donor" and len(study.blocks) >= MIN_DONORS:
        return study.block[losses["cell"].to_numpy()], "donor"
    return np.arange(len(losses)), "cell"


@dataclass(frozen=True)
class Gain:
    """Share of a baseline's loss that the model removes, with its intervals."""

    gain: float
    interval: Interval
    interval90: Interval


def _gain(
    losses: pd.DataFrame,
    base: str,
    units: NDArray[np.int64],
    unit: str,
    settings: StatisticsConfig,
    seed: int,
) -> Gain:
    """Share of the baseline's loss removed, with intervals that resample units."""
    n = int(units.max()) + 1
    model = np.bincount(units, losses["model"], minlength=n)
    baseline = np.bincount(units, losses[base], minlength=n)
    rng = generator(seed, f"{ANALYSIS}/{base}")
    weights = rng.multinomial(n, np.full(n, 1 / n), size=settings.bootstrap).astype(float)
    drawn = 1 - (weights @ model) / (weights @ baseline)

    def interval(level: float) -> Interval:
        tail = (1 - level) / 2
        low, high = np.quantile(drawn, [tail, 1 - tail])
        return Interval(float(low), float(high), level, "percentile bootstrap", unit, n)

    gain = float(1 - model.sum() / baseline.sum())
    return Gain(gain, interval(0.95), interval(0.90))


def _context_null(
    losses: pd.DataFrame, units: NDArray[np.int64], settings: StatisticsConfig, seed: int
) -> NullSummary:
    """Sign-flip test over units of the loss added when contexts are exchanged."""
    n = int(units.max()) + 1
    difference = np.bincount(units, losses["shuffled"] - losses["model"], minlength=n)
    observed = difference.mean()
    rng = generator(seed, f"{ANALYSIS}/context")
    signs = rng.choice([-1.0, 1.0], size=(settings.draws, n))
    drawn = signs @ difference / n
    p = (1 + int((drawn >= observed).sum())) / (1 + settings.draws)
    return NullSummary(
        "exchanged-context", settings.draws, float(drawn.mean()), float(drawn.std()), p
    )


def _table(losses: pd.DataFrame, gains: dict[str, Gain], words: dict[str, str]) -> pd.DataFrame:
    total = float(losses["n"].sum())
    names = {
        "model": "model",
        "model_raw": "model, levels not moved",
        "shuffled": "model, contexts exchanged",
        **words,
    }
    rows = []
    for column, name in names.items():
        if column not in losses:
            continue
        found = gains.get(column)
        rows.append(
            {
                "predictor": name,
                "loss": float(losses[column].sum()) / total,
                "gain_of_model": found.gain if found else np.nan,
                "low": found.interval.low if found else np.nan,
                "high": found.interval.high if found else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _notes(losses: pd.DataFrame, unit: str, study: StudyCells) -> list[str]:
    notes = []
    if unit == "cell":
        donors = f"{len(study.blocks)} donors" if study.unit == "donor" else "no donors named"
        notes.append(
            f"Intervals resample cells ({donors}): they are conditional on the donors and say "
            "nothing about others."
        )
    if "model_raw" in losses:
        notes.append(
            "The model's predictions were moved, gene by gene, to the level of the visible "
            "values, because the level of a gene differs between chemistries; the row 'levels "
            "not moved' shows them as they are."
        )
    return notes
