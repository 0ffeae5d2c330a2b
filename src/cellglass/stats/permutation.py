"""The permutation engine: seeded batches, exact p values, sequential stopping."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError, ResourceError
from cellglass.seeds import generator
from cellglass.stats.arguments import Ints, as_fraction, as_labels, as_scores
from cellglass.stats.ranks import doubled_midranks

Alternative = Literal["greater", "less", "two-sided"]

BATCH = 100
"""Draws that share one random stream; part of the definition of a result, like the seed."""

QUANTILE_LEVELS = (0.005, 0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975, 0.995)

# A draw that equals the observed value up to rounding counts against the claim.
TIE_TOLERANCE = 1e-12


def attainable_p(draws: int, alternative: Alternative = "greater") -> float:
    """Smallest p value that so many draws can give.

    Parameters
    ----------
    draws
        Number of draws m, at least 1.
    alternative
        A two-sided p is twice the smaller one-sided p.

    Returns
    -------
    float
        1 / (m + 1), or twice that.

    Raises
    ------
    InputError
        If there is no draw or the alternative is unknown.

    Examples
    --------
    >>> attainable_p(999)
    0.001
    """
    _check_alternative(alternative)
    if draws < 1:
        raise InputError(f"{draws} draws", where="draws", expected="at least 1")
    return min(1.0, (2.0 if alternative == "two-sided" else 1.0) / (draws + 1))


def draws_needed(level: float, alternative: Alternative = "greater") -> int:
    """Fewest draws with which a p value can reach `level`.

    Parameters
    ----------
    level
        Level of significance, between 0 and 1.
    alternative
        See `attainable_p`.

    Returns
    -------
    int
        Number of draws.

    Raises
    ------
    InputError
        If the level is not between 0 and 1.

    Examples
    --------
    >>> draws_needed(0.001)
    999
    """
    as_fraction(level, "level")
    sides = 2.0 if alternative == "two-sided" else 1.0
    draws = max(1, math.floor(sides / level) - 2)
    while attainable_p(draws, alternative) > level:
        draws += 1
    return draws


def require_attainable(draws: int, level: float | None, alternative: Alternative) -> None:
    """Refuse a test whose p value cannot reach the level at which it will be read.

    Parameters
    ----------
    draws
        Number of draws planned.
    level
        The level, or None to accept any number of draws.
    alternative
        See `attainable_p`.

    Raises
    ------
    ResourceError
        If the smallest possible p is above the level; it says how many draws are needed.

    Examples
    --------
    >>> require_attainable(999, 0.001, "greater")
    """
    if level is None or attainable_p(draws, alternative) <= level:
        return
    needed = draws_needed(level, alternative)
    raise ResourceError(
        f"{draws} draws cannot give a p value at or below {level:g}",
        where="permutation test",
        expected=f"at least {needed} draws (the smallest possible p with {draws} draws is "
        f"{attainable_p(draws, alternative):.3g})",
        fix=f"set draws to {needed} or more",
    )


@dataclass(frozen=True)
class NullDistribution:
    """An observed statistic against its null distribution.

    Attributes
    ----------
    observed
        The statistic on the data.
    mean, sd
        Of the draws used; sd with n - 1, nan for a single draw.
    z
        (observed - mean) / sd; nan where the draws do not vary.
    p
        See `permutation_test`.
    draws
        Draws used.
    exceedances
        Draws at least as extreme as the observed value; for the two-sided alternative, in
        the tail that has fewer.
    stopped
        Whether sequential stopping ended the test early.
    alternative
        ``"greater"``, ``"less"`` or ``"two-sided"``.
    quantiles
        Quantiles of the draws at `QUANTILE_LEVELS`.
    """

    observed: float
    mean: float
    sd: float
    z: float
    p: float
    draws: int
    exceedances: int
    stopped: bool
    alternative: Alternative
    quantiles: Mapping[float, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        observed: float,
        values: NDArray[np.float64],
        alternative: Alternative = "greater",
        *,
        stop_after: int | None = None,
    ) -> NullDistribution:
        """Compare an observed value with draws, in the order in which they were made.

        Parameters
        ----------
        observed
            The statistic on the data.
        values
            The statistic on each draw, shape (m,).
        alternative
            Direction of the test.
        stop_after
            Number of exceedances at which the test stops; later draws are not used.

        Returns
        -------
        NullDistribution
            Summary and p value.

        Raises
        ------
        InputError
            If a value is not finite or the alternative is unknown.
        """
        _check_alternative(alternative)
        drawn = as_scores(values, "draws of the null").astype(np.float64)
        if not math.isfinite(observed):
            raise InputError(f"the observed statistic is {observed}", expected="a finite number")
        count = _exceedances(observed, drawn, alternative)
        stopped = stop_after is not None and bool(count[-1] >= stop_after)
        if stopped and stop_after is not None:
            used = int(np.searchsorted(count, stop_after)) + 1
            p = stop_after / used
        else:
            used = drawn.size
            p = (int(count[-1]) + 1) / (used + 1)
        drawn = drawn[:used]
        # A spread of rounding errors is no spread: z would be noise over noise.
        varies = used > 1 and bool(np.ptp(drawn) > TIE_TOLERANCE * np.abs(drawn).max())
        mean = float(drawn.mean()) if varies else float(drawn[0])
        sd = float(drawn.std(ddof=1)) if varies else (0.0 if used > 1 else float("nan"))
        return cls(
            observed=float(observed),
            mean=mean,
            sd=sd,
            z=(float(observed) - mean) / sd if varies else float("nan"),
            p=min(1.0, 2.0 * p if alternative == "two-sided" else p),
            draws=used,
            exceedances=int(count[used - 1]),
            stopped=stopped,
            alternative=alternative,
            quantiles=dict(
                zip(QUANTILE_LEVELS, np.quantile(drawn, QUANTILE_LEVELS).tolist(), strict=True)
            ),
        )


def permutation_test(
    observed: float,
    draw: Callable[[np.random.Generator, int], ArrayLike],
    *,
    draws: int,
    seed: int,
    task: str,
    alternative: Alternative = "greater",
    level: float | None = None,
    stop_after: int | None = None,
    batch: int = BATCH,
) -> NullDistribution:
    """Test an observed statistic against draws from its null distribution.

    Parameters
    ----------
    observed
        The statistic on the data.
    draw
        Function of a generator and a number n that returns the statistic on n draws.
    draws
        Number of draws m; with `stop_after`, the largest number.
    seed
        Root seed of the run.
    task
        Name of the test; batch i uses the stream ``f"{task}/{i}"``.
    alternative
        Direction of the test. The two-sided p is twice the smaller one-sided p.
    level
        Level at which p will be read: a test that cannot reach it is refused.
    stop_after
        Number h of exceedances at which to stop (Besag and Clifford 1991).
    batch
        Draws a stream. It is part of the definition of the result, like the seed.

    Returns
    -------
    NullDistribution
        Summary of the draws, z and p.

    Raises
    ------
    ResourceError
        If no p value at or below `level` is attainable; it says how many draws are needed.
    InputError
        If a draw is not finite or of the wrong shape, or a number makes no sense.

    Notes
    -----
    p = (b + 1) / (m + 1), with b the draws at least as extreme as the observed value, which
    counts the data among the draws and can never be 0 (Phipson and Smyth 2010). With
    sequential stopping p = h / l if the h-th exceedance came at draw l, and (b + 1) / (m + 1)
    otherwise (Besag and Clifford, Biometrika 1991): P(p <= a) <= a in both cases. The test
    stops at the h-th exceedance itself, also within a batch.

    Examples
    --------
    >>> result = permutation_test(
    ...     3.0, lambda rng, n: rng.normal(size=n), draws=999, seed=1, task="example"
    ... )
    >>> result.p < 0.05
    True
    """
    _check_alternative(alternative)
    for name, value in (("draws", draws), ("batch", batch), ("stop_after", stop_after)):
        if value is not None and value < 1:
            raise InputError(f"{name} is {value}", where=name, expected="at least 1")
    require_attainable(draws, level, alternative)
    drawn: list[NDArray[np.float64]] = []
    above = below = 0
    for i, first in enumerate(range(0, draws, batch)):
        n = min(batch, draws - first)
        values = np.asarray(draw(generator(seed, f"{task}/{i}"), n), dtype=np.float64)
        if values.shape != (n,):
            raise InputError(
                f"a draw of shape {values.shape}", where=f"{task}/{i}", expected=f"({n},)"
            )
        drawn.append(values)
        sides = _sides(observed, values)
        above += int(np.count_nonzero(sides[0]))
        below += int(np.count_nonzero(sides[1]))
        reached = {"greater": above, "less": below, "two-sided": min(above, below)}[alternative]
        if stop_after is not None and reached >= stop_after:
            break
    return NullDistribution.of(observed, np.concatenate(drawn), alternative, stop_after=stop_after)


def mann_whitney_moments(scores: ArrayLike, labels: ArrayLike) -> tuple[float, float]:
    """Mean and standard deviation of the AUROC under permutation of the labels.

    Parameters
    ----------
    scores
        Finite numbers, shape (n,).
    labels
        True at positives, shape (n,); only their number matters.

    Returns
    -------
    mean, sd : float
        0.5 and the exact standard deviation, corrected for ties; nan where one class is empty.

    Raises
    ------
    InputError
        If a score is not finite or the shapes differ.

    Notes
    -----
    Variance (n + 1 - sum(t^3 - t) / (n (n - 1))) / (12 P N), t the sizes of the ties
    (Lehmann, Nonparametrics, 1975). Holds for the label null, and for no other.

    Examples
    --------
    >>> mann_whitney_moments([1.0, 2.0, 3.0], [True, False, False])[1]
    0.408248290463863
    """
    values = as_scores(scores)
    truth = as_labels(labels, values.shape)
    n = values.size
    positives = int(np.count_nonzero(truth))
    negatives = n - positives
    if positives == 0 or negatives == 0:
        return float("nan"), float("nan")
    _, sizes = np.unique(doubled_midranks(values), return_counts=True)
    ties = float(np.sum(sizes.astype(np.float64) ** 3 - sizes))
    variance = (n + 1 - ties / (n * (n - 1))) / (12.0 * positives * negatives)
    return 0.5, math.sqrt(max(variance, 0.0))


_ALTERNATIVES = get_args(Alternative)


def _check_alternative(alternative: str) -> None:
    if alternative not in _ALTERNATIVES:
        raise InputError(
            f"alternative is {alternative!r}",
            where="alternative",
            expected=" or ".join(_ALTERNATIVES),
        )


def _sides(
    observed: float, values: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    slack = TIE_TOLERANCE * abs(observed)
    return values >= observed - slack, values <= observed + slack


def _exceedances(observed: float, values: NDArray[np.float64], alternative: Alternative) -> Ints:
    """Exceedances up to and with each draw; two-sided, in the tail that has fewer by then."""
    above, below = (np.cumsum(side, dtype=np.int64) for side in _sides(observed, values))
    if alternative == "two-sided":
        return np.minimum(above, below)
    return above if alternative == "greater" else below
