"""A score beside its null: as a row of a table and as a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellglass.stats import Finding, Interval, NullSummary
from cellglass.stats.verdict_record import State

ANALYSIS = "concepts.scores"


@dataclass(frozen=True)
class Score:
    """One number about a dictionary.

    Attributes
    ----------
    score, measure
        Which score, and what of it.
    estimate
        Its value; nan where it is not applicable.
    unit, n
        Unit of inference, and how many.
    interval
        Where there is one.
    null
        Draws of the null, where there are some.
    reference
        Name and value of what it is held against, where the null is one number.
    note
        Why it is not applicable.
    """

    score: str
    measure: str
    estimate: float
    unit: str = ""
    n: int = 0
    interval: Interval | None = None
    null: NullSummary | None = None
    reference: tuple[str, float] | None = None
    note: str = ""

    @property
    def measured(self) -> bool:
        """Whether there is a number."""
        return not self.note

    def to_row(self) -> dict[str, Any]:
        """Return what the table of scores shows."""
        nan, null = float("nan"), self.null
        against = ("", nan) if self.reference is None else self.reference
        return {
            "score": self.score,
            "measure": self.measure,
            "estimate": self.estimate,
            "low": nan if self.interval is None else self.interval.low,
            "high": nan if self.interval is None else self.interval.high,
            "reference": against[0] if null is None else null.family,
            "null": against[1] if null is None else null.mean,
            "null_sd": nan if null is None else null.sd,
            "p": nan if null is None else null.p,
            "unit": self.unit,
            "n": self.n,
            "state": "measured" if self.measured else str(State.NOT_APPLICABLE),
            "note": self.note,
        }

    def to_finding(self, model: str, seed: int) -> Finding:
        """Return a descriptive finding.

        Parameters
        ----------
        model, seed
            Name of the model, root seed.
        """
        return Finding(
            ANALYSIS, f"What is the score '{self.score}' of the dictionary of {model}?",
            self.measure, self.estimate, self.interval, self.null,
            float("nan") if self.null is None else self.null.p, self.unit, self.n, self.reference,
            seed=seed, tags={"model": model}, family=ANALYSIS, kind="descriptive",
        )  # fmt: skip


def of_draws(
    score: str,
    measure: str,
    estimate: float,
    interval: Interval,
    draws: NDArray[np.floating],
    family: str,
) -> Score:
    """A score beside draws of its null.

    Parameters
    ----------
    score, measure, estimate, interval
        See `Score`.
    draws
        Of the null; larger is more extreme.
    family
        Name of the null.

    Examples
    --------
    >>> ends = Interval(0.1, 0.5, 0.95, "bootstrap", "cell", 10)
    >>> of_draws("s", "m", 0.4, ends, np.array([0.1, 0.2, 0.3]), "random").null.p
    0.25
    """
    # equal up to rounding counts as reached
    p = (1 + int((draws >= estimate - 1e-12).sum())) / (1 + len(draws))
    null = NullSummary(family, len(draws), float(draws.mean()), float(draws.std()), p)
    return Score(score, measure, estimate, interval.unit, interval.n, interval, null)


def not_applicable(score: str, measure: str, why: str) -> Score:
    """A score that cannot be had with these cells.

    Parameters
    ----------
    score, measure
        See `Score`.
    why
        The reason.
    """
    return Score(score, measure, float("nan"), note=why)
