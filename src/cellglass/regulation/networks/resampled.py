"""AUROCs over pairs and by regulator, with the same resamples of regulators for every score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import BootstrapResult, GroupResamples, Interval, derived
from cellglass.stats.row_auroc import row_auroc

from .metrics import MIN_TARGETS
from .recovery import Pairs

NAN = float("nan")
CHANCE = 0.5


@dataclass(frozen=True, eq=False)
class RegulatorBootstrap:
    """Resamples of the regulators of a universe.

    Parameters
    ----------
    pairs
        The universe; rows are what is resampled.
    resamples
        How often each regulator is drawn.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels, mask = rng.random((6, 30)) < 0.2, np.ones((6, 30), bool)
    >>> names = tuple(f"G{i}" for i in range(30))
    >>> boot = RegulatorBootstrap.of(
    ...     Pairs(names[:6], names, labels, mask, "x"), StatisticsConfig(bootstrap=100), 1, "t"
    ... )
    >>> found = boot.pooled(labels + rng.normal(size=(6, 30)))
    >>> found.interval().excludes(0.5)
    True
    """

    pairs: Pairs
    resamples: GroupResamples

    @classmethod
    def of(
        cls, pairs: Pairs, settings: StatisticsConfig, seed: int, task: str
    ) -> RegulatorBootstrap:
        """Draw resamples of the regulators of a universe."""
        return cls(
            pairs,
            GroupResamples.draw(
                len(pairs.regulators), draws=settings.bootstrap, seed=seed, task=task
            ),
        )

    def pooled(self, scores: NDArray[np.floating], pairs: Pairs | None = None) -> BootstrapResult:
        """AUROC over all evaluable pairs.

        Parameters
        ----------
        scores
            Regulators x genes.
        pairs
            Other labels or another mask over the same regulators; those of the universe if None.
        """
        over = pairs or self.pairs
        return self.resamples.auroc(
            np.asarray(scores, dtype=np.float64)[over.mask], over.labels[over.mask], over.groups
        )

    def pooled_values(self, values: NDArray[np.float64]) -> BootstrapResult:
        """The same for one value an evaluable pair, in row-major order."""
        mask = self.pairs.mask
        return self.resamples.auroc(values, self.pairs.labels[mask], self.pairs.groups)

    def by_regulator(
        self, scores: NDArray[np.floating], pairs: Pairs | None = None
    ) -> NDArray[np.float64]:
        """AUROC of each regulator; nan below 3 targets, where it is about a gene or two."""
        over = pairs or self.pairs
        found = row_auroc(scores, over.labels, over.mask)
        found[(over.labels & over.mask).sum(1) < MIN_TARGETS] = NAN
        return found

    def mean(self, values: NDArray[np.float64]) -> BootstrapResult | None:
        """Mean over the regulators with a value; None where there are fewer than two."""
        if np.isfinite(values).sum() < 2:
            return None
        return self.resamples.mean(values)


def over(first: BootstrapResult, second: BootstrapResult) -> BootstrapResult:
    """What an AUROC gains over the better of another and chance, in the same resamples.

    A baseline below 0.5 says nothing; a score that says nothing either must not gain over it.
    """
    return derived("gain", lambda a, b: a - np.maximum(b, CHANCE), first, second)


def interval_of(result: BootstrapResult | None, level: float | None = None) -> Interval | None:
    """The interval of a statistic, or None where too few units or resamples define it."""
    if result is None:
        return None
    try:
        return result.interval(level=level)
    except InputError:
        return None


def ends(result: BootstrapResult | None) -> tuple[float, float, float]:
    """Estimate and ends of its interval; nan where there is none."""
    if result is None:
        return NAN, NAN, NAN
    span = interval_of(result)
    low, high = (NAN, NAN) if span is None else (span.low, span.high)
    return float(result.estimates[0]), low, high


def span(low: float, high: float, n: int) -> Interval | None:
    """A 95 % interval over regulators whose ends stand in a table; None where they are nan."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return None
    return Interval(low, high, 0.95, "expanded percentile bootstrap", "regulator", n)


def three(name: str, result: BootstrapResult | None) -> dict[str, float]:
    """`ends` as columns of a table."""
    return dict(zip((name, f"{name}_low", f"{name}_high"), ends(result), strict=True))
