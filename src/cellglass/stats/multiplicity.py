"""Adjustment for many tests: p values, e-values and tests that arrive one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Bools, as_fraction

P = NDArray[np.float64]


def _checked(p: ArrayLike, where: str = "p") -> tuple[P, Bools]:
    """Return p values and which of them are given; nan stands for "not tested"."""
    values = np.asarray(p, dtype=np.float64)
    if values.ndim != 1:
        raise InputError(f"an array of shape {values.shape}", where=where, expected="1-d")
    given = ~np.isnan(values)
    if ((values[given] < 0) | (values[given] > 1)).any():
        raise InputError("p values outside 0 to 1", where=where)
    return values, given


def _step_up(values: P, given: Bools, factor: float = 1.0) -> P:
    """Return the running minimum, from the largest value down, of factor * m * value / rank."""
    out = np.full(values.size, np.nan)
    tested = values[given]
    order = np.argsort(tested)[::-1]
    ranks = np.arange(tested.size, 0, -1)
    adjusted = np.empty(tested.size)
    adjusted[order] = np.minimum.accumulate(factor * tested.size * tested[order] / ranks)
    out[given] = np.minimum(adjusted, 1.0)
    return out


def bh(p: ArrayLike) -> P:
    """Adjust p values so that they control the false discovery rate.

    Parameters
    ----------
    p
        Raw p values, shape (n,); nan stays nan and does not count.

    Returns
    -------
    numpy.ndarray
        Adjusted p values, shape (n,). Calling those at or below q keeps the false discovery
        rate at q for independent or positively dependent tests.

    Raises
    ------
    InputError
        If a p value is outside 0 to 1.

    Notes
    -----
    Benjamini and Hochberg, Journal of the Royal Statistical Society B 1995.

    Examples
    --------
    >>> bh([0.01, 0.04, 0.03, float("nan")]).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    return _step_up(*_checked(p))


def by(p: ArrayLike) -> P:
    """Adjust p values so that they control the false discovery rate under any dependence.

    Parameters
    ----------
    p
        Raw p values, shape (n,); nan stays nan and does not count.

    Returns
    -------
    numpy.ndarray
        `bh` times 1 + 1/2 + ... + 1/n, at most 1.

    Raises
    ------
    InputError
        If a p value is outside 0 to 1.

    Notes
    -----
    Benjamini and Yekutieli, Annals of Statistics 2001.

    Examples
    --------
    >>> by([0.01, 0.04]).tolist()
    [0.03, 0.06]
    """
    values, given = _checked(p)
    return _step_up(values, given, float(np.sum(1.0 / np.arange(1, given.sum() + 1))))


def holm(p: ArrayLike) -> P:
    """Adjust p values so that they control the chance of any false rejection.

    Parameters
    ----------
    p
        Raw p values, shape (n,); nan stays nan and does not count.

    Returns
    -------
    numpy.ndarray
        Adjusted p values, shape (n,); valid under any dependence.

    Raises
    ------
    InputError
        If a p value is outside 0 to 1.

    Notes
    -----
    Holm, Scandinavian Journal of Statistics 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values, given = _checked(p)
    out = np.full(values.size, np.nan)
    tested = values[given]
    order = np.argsort(tested)
    steps = np.maximum.accumulate(np.arange(tested.size, 0, -1) * tested[order])
    adjusted = np.empty(tested.size)
    adjusted[order] = np.minimum(steps, 1.0)
    out[given] = adjusted
    return out


def is_bh(p: ArrayLike, printed: ArrayLike, *, tolerance: float = 5e-4) -> bool:
    """Whether printed adjusted values are the Benjamini-Hochberg values of the raw ones.

    Parameters
    ----------
    p
        Raw p values, shape (n,).
    printed
        The values printed as adjusted, shape (n,); nan where there is none.
    tolerance
        Difference that rounding may explain.

    Returns
    -------
    bool
        False also where one has a value and the other has none.

    Raises
    ------
    InputError
        If the shapes differ or a value is outside 0 to 1.

    Examples
    --------
    >>> is_bh([0.01, 0.02], [0.02, 0.02]), is_bh([0.01, 0.02], [0.02, 0.04])
    (True, False)
    """
    computed = bh(p)
    shown, given = _checked(printed, "printed")
    if shown.shape != computed.shape:
        raise InputError(f"{shown.size} printed values for {computed.size} p values")
    if not np.array_equal(given, ~np.isnan(computed)):
        return False
    # A value halfway between two printed ones is off by the tolerance, up to rounding.
    return bool((np.abs(shown[given] - computed[given]) <= tolerance * (1 + 1e-9)).all())


def p_to_e(p: ArrayLike, kappa: float = 0.5) -> P:
    """Turn p values into e-values.

    Parameters
    ----------
    p
        p values, shape (n,); nan stays nan.
    kappa
        Between 0 and 1; smaller values reward very small p more.

    Returns
    -------
    numpy.ndarray
        kappa p^(kappa - 1), infinite at p = 0. Its mean under the null is at most 1, so e-values
        of dependent tests may be averaged.

    Raises
    ------
    InputError
        If a p value is outside 0 to 1, or kappa is not between 0 and 1.

    Notes
    -----
    The calibrator of Vovk and Wang (Annals of Statistics 2021).

    Examples
    --------
    >>> p_to_e([0.01, 1.0]).tolist()
    [5.0, 0.5]
    """
    values, given = _checked(p)
    exponent = as_fraction(kappa, "kappa") - 1.0
    out = np.full(values.size, np.nan)
    with np.errstate(divide="ignore", over="ignore"):
        out[given] = kappa * values[given] ** exponent
    return out


def e_bh(e: ArrayLike) -> P:
    """Adjust e-values so that they control the false discovery rate under any dependence.

    Parameters
    ----------
    e
        e-values, shape (n,), 0 or more; nan stays nan and does not count.

    Returns
    -------
    numpy.ndarray
        Values to compare with a level as adjusted p values are: `bh` of 1 / e.

    Raises
    ------
    InputError
        If an e-value is negative.

    Notes
    -----
    Wang and Ramdas, Journal of the Royal Statistical Society B 2022.

    Examples
    --------
    >>> e_bh([40.0, 1.0]).tolist()
    [0.05, 1.0]
    """
    values = np.asarray(e, dtype=np.float64)
    if values.ndim != 1 or (values < 0).any():
        raise InputError("e-values must be a 1-d array without negative values", where="e")
    with np.errstate(divide="ignore", over="ignore"):
        return _step_up(1.0 / values, ~np.isnan(values))


@dataclass(frozen=True, eq=False)
class OnlineDecisions:
    """Decisions on tests in the order of their arrival.

    Attributes
    ----------
    levels
        Level at which each test was read, shape (n,); nan where p is nan.
    rejected
        Whether p is at or below it, shape (n,).
    """

    levels: P
    rejected: Bools


def lord(p: ArrayLike, *, level: float = 0.05, wealth: float | None = None) -> OnlineDecisions:
    """Control the false discovery rate over tests that arrive one by one.

    Parameters
    ----------
    p
        p values in order of arrival, shape (n,); nan is skipped and spends nothing.
    level
        False discovery rate.
    wealth
        Starting wealth w0, between 0 and `level`; half of `level` where None.

    Returns
    -------
    OnlineDecisions
        The level of each test, which depends on earlier decisions only, and the decisions.

    Raises
    ------
    InputError
        If a p value is outside 0 to 1, or `wealth` is not between 0 and `level`.

    Notes
    -----
    LORD++ (Ramdas, Yang, Wainwright and Jordan, NeurIPS 2017): the level of test t is
    w0 g(t) + (level - w0) g(t - t1) + level * sum over later rejections of g(t - tj), with
    g(t) proportional to log(max(t, 2)) / (t exp(sqrt(log t))), which sums to 1 (Javanmard and
    Montanari, Annals of Statistics 2018). Controls the rate for independent p values.

    Examples
    --------
    >>> lord([1e-6, 0.9, 1e-6]).rejected.tolist()
    [True, False, True]
    """
    values, given = _checked(p)
    start = as_fraction(level, "level") / 2 if wealth is None else wealth
    if not 0 < start < level:
        raise InputError(f"wealth is {start}", where="wealth", expected=f"between 0 and {level}")
    times = np.arange(1, int(given.sum()) + 1, dtype=np.float64)
    log = np.log(times)
    spend = _LORD_SHARE * np.log(np.maximum(times, 2)) / (times * np.exp(np.sqrt(log)))
    levels = np.full(values.size, np.nan)
    rejected = np.zeros(values.size, dtype=np.bool_)
    hits: list[int] = []
    for t, place in enumerate(np.flatnonzero(given)):
        budget = start * spend[t]
        for k, hit in enumerate(hits):
            budget += (level - start if k == 0 else level) * spend[t - hit - 1]
        levels[place] = budget
        if values[place] <= budget:
            rejected[place] = True
            hits.append(t)
    return OnlineDecisions(levels, rejected)


# 1 / sum over t >= 1 of log(max(t, 2)) / (t exp(sqrt(log t))) = 0.079082, rounded down so that
# the shares never add up to more than 1.
_LORD_SHARE = 0.07908
