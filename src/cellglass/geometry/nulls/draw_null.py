"""What nulls over data other than label matrices share: one draw a call, and a check."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np

from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.nulls.base import SelfCheck

T = TypeVar("T")

MIN_CHANGED = 0.2
"""A null passes only if its draws change at least this share of what they permute."""

CHECK_DRAWS = 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DrawCheck(SelfCheck):
    """What a null's draws really changed.

    Attributes
    ----------
    null
        Name of the null.
    passed
        Whether every check passed. A p value of a null that failed is no evidence.
    n_draws
        Draws that were looked at.
    mean_changed, min_changed
        Mean and least share of the data that a draw changed.
    n_identical
        Draws equal to the data.
    messages
        One sentence for each failure, and remarks.
    """

    null: str
    passed: bool
    n_draws: int
    mean_changed: float
    min_changed: float
    n_identical: int
    messages: tuple[str, ...]
    fix: ClassVar[str] = "use fewer bins, more data, or another null"


class DrawNull(ABC, Generic[T]):
    """A way to redraw data that a statistic is then computed on anew.

    Parameters
    ----------
    observed
        The data.

    Notes
    -----
    A new null gives `name`, `preserves`, `draw` and `changed`.
    """

    name: ClassVar[str]
    preserves: ClassVar[str]
    least_changed: ClassVar[float] = MIN_CHANGED

    def __init__(self, observed: T) -> None:
        self.observed = observed

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> T:
        """Return one draw, of the same form as the data."""

    @abstractmethod
    def changed(self, drawn: T) -> float:
        """Share of what the null permutes that differs from the data in a draw, 0 to 1."""

    def remarks(self) -> tuple[str, ...]:
        """Sentences for the check that are no failures."""
        return ()

    def complaints(self) -> tuple[str, ...]:
        """Sentences for the check that make it fail, whatever the draws are."""
        return ()

    def check(self, *, draws: int = CHECK_DRAWS, seed: int = DEFAULT_SEED) -> DrawCheck:
        """Make draws and see how much they change.

        Parameters
        ----------
        draws
            How many to look at.
        seed
            Of the draws, which have a stream of their own.

        Returns
        -------
        DrawCheck
            Whether the null passed, with a sentence for each failure.
        """
        rng = generator(seed, f"nulls/{self.name}/check")
        share = np.array([self.changed(self.draw(rng)) for _ in range(max(1, draws))])
        identical = int((share == 0).sum())
        failures = list(self.complaints())
        if identical:
            failures.append(f"{identical} of {share.size} draws equal the data.")
        if share.mean() < self.least_changed:
            failures.append(
                f"The draws hardly move: they change {share.mean():.1%} on average, below "
                f"{self.least_changed:.0%}."
            )
        if failures:
            _log.warning("null '%s' failed its self-check: %s", self.name, " ".join(failures))
        return DrawCheck(
            self.name,
            not failures,
            share.size,
            float(share.mean()),
            float(share.min()),
            identical,
            (*failures, *self.remarks()),
        )
