"""One statistic, computed in the same way on the data and on the draws of each null family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cellglass.errors import InputError
from cellglass.geometry.nulls.draw_null import DrawCheck, DrawNull
from cellglass.geometry.nulls.families import NullDraws, NullFamilies
from cellglass.stats.nulls.base import LabelNull, NullCheck
from cellglass.stats.permutation import (
    BATCH,
    Alternative,
    permutation_test,
)

Null = LabelNull | DrawNull[Any]

SAME = 1e-9
"""Largest relative difference of two values of one functional on the same data: rounding."""

_LABEL_DRAWS = 20


def null_draws(
    statistic: Callable[[Any], float],
    null: Null,
    *,
    draws: int,
    seed: int,
    task: str,
    observed: float | None = None,
    alternative: Alternative = "greater",
    level: float | None = None,
    stop_after: int | None = None,
    batch: int = BATCH,
) -> NullDraws:
    """Compute a statistic on the data of a null and on its draws.

    Parameters
    ----------
    statistic
        Function of data such as the null draws: a label matrix (sources, targets) for a
        `LabelNull`, a `PointCloud`, a graph, an array. Whatever is fitted must be fitted in it.
    null
        The null, which holds the data.
    draws
        Number of draws; with `stop_after`, the largest number.
    seed, task
        Root seed of the run and name of the test; draws ``batch * i`` and on use the stream
        ``f"{task}/{i}"``, as in `permutation_test`.
    observed
        The value reported elsewhere for the data. It must be what `statistic` gives.
    alternative, level, stop_after, batch
        See `permutation_test`.

    Returns
    -------
    NullDraws
        Observed value, draws, p, and the check of the null.

    Raises
    ------
    InputError
        If the statistic gives another value than `observed` on the data: observed value and
        draws would then be different functionals. If a value is not finite.
    ResourceError
        If no p value at or below `level` is attainable.

    Examples
    --------
    >>> from cellglass.geometry.nulls.descriptor_shuffle import DescriptorShuffle
    >>> truth = np.arange(40) > 29
    >>> def difference(values):
    ...     return values[truth].mean() - values[~truth].mean()
    >>> null = DescriptorShuffle(np.arange(40.0))
    >>> null_draws(difference, null, draws=99, seed=1, task="example").result.p
    0.01
    """
    data = observed_data(null)
    value = _finite(statistic(data), "the data")
    if observed is not None and not np.isclose(value, observed, rtol=SAME, atol=SAME):
        raise InputError(
            f"the statistic is {value:.9g} on the data, and {observed:.9g} was reported for them",
            where=f"null '{null.name}'",
            expected="one functional for the observed value and the draws",
            fix="compute the observed value with the function that is given to the null, on the "
            "data that the null was made of",
        )
    values: list[float] = []

    def draw(rng: np.random.Generator, n: int) -> list[float]:
        drawn = [
            _finite(statistic(one_draw(null, rng)), f"draw {len(values) + i}") for i in range(n)
        ]
        values.extend(drawn)
        return drawn

    result = permutation_test(
        value, draw, draws=draws, seed=seed, task=task, alternative=alternative, level=level,
        stop_after=stop_after, batch=batch,
    )  # fmt: skip
    return NullDraws(
        null.name,
        null.preserves,
        value,
        np.array(values[: result.draws]),
        result,
        _check(null, seed, task),
    )


def null_families(
    statistic: Callable[..., float],
    data: Mapping[str, Any],
    nulls: Mapping[str, tuple[str, Null]],
    *,
    draws: int | Mapping[str, int],
    seed: int,
    task: str,
    alternative: Alternative = "greater",
    level: float | None = None,
    stop_after: int | None = None,
    batch: int = BATCH,
) -> NullFamilies:
    """Compute a statistic of several inputs against several nulls, each of which redraws one.

    Parameters
    ----------
    statistic
        Called as ``statistic(**data)``.
    data
        The inputs, by name.
    nulls
        By name of the family: the input that the null redraws, and the null, made of it.
    draws
        Number of draws, or one by family.
    seed, task, alternative, level, stop_after, batch
        See `null_draws`; a family's task is ``f"{task}/{family}"``.

    Returns
    -------
    NullFamilies
        One `NullDraws` a family, with the pooled gap and the strict margin.

    Raises
    ------
    InputError
        If there is no family, an input is unknown, a null was made of other data than the
        input it redraws (the statistic then differs), or see `null_draws`.
    ResourceError
        If no p value at or below `level` is attainable in some family.

    Examples
    --------
    >>> from cellglass.geometry.nulls.descriptor_shuffle import DescriptorShuffle
    >>> x, y = np.arange(30.0), np.arange(30.0) ** 2
    >>> found = null_families(
    ...     lambda x, y: float(np.corrcoef(x, y)[0, 1]),
    ...     {"x": x, "y": y},
    ...     {"x": ("x", DescriptorShuffle(x)), "y": ("y", DescriptorShuffle(y))},
    ...     draws=99,
    ...     seed=1,
    ...     task="example",
    ... )
    >>> found.p_max, found.strict_margin > 0.5, found.table(layer=3).columns.tolist()
    (0.01, True, ['layer', 'null_kind', 'draw', 'value'])
    """
    if not nulls:
        raise InputError("no null", where=f"null families of {task}")
    unknown = sorted({name for name, _ in nulls.values()} - data.keys())
    if unknown:
        raise InputError(
            f"a null redraws {unknown[0]}, which is no input",
            where=f"null families of {task}",
            expected=", ".join(data),
        )
    value = float(statistic(**data))
    families = {}
    for family, (name, null) in nulls.items():
        families[family] = null_draws(
            replacing(statistic, data, name),
            null,
            draws=draws[family] if isinstance(draws, Mapping) else draws,
            seed=seed,
            task=f"{task}/{family}",
            observed=value,
            alternative=alternative,
            level=level,
            stop_after=stop_after,
            batch=batch,
        )
    return NullFamilies(value, families, alternative)


def observed_data(null: Null) -> Any:
    """Return the data that a null was made of.

    Parameters
    ----------
    null
        The null.

    Returns
    -------
    object
        The label matrix of a `LabelNull`, the data of a `DrawNull`.
    """
    return null.labels if isinstance(null, LabelNull) else null.observed


def one_draw(null: Null, rng: np.random.Generator) -> Any:
    """Return one draw of any null, of the form of its data.

    Parameters
    ----------
    null
        The null.
    rng
        Source of the draw.

    Returns
    -------
    object
        For a `LabelNull`, the label matrix.
    """
    if not isinstance(null, LabelNull):
        return null.draw(rng)
    labels = np.zeros(null.shape, dtype=bool)
    labels.ravel()[null.draw_positives(rng, 1)[0]] = True
    return labels


def replacing(
    statistic: Callable[..., float], data: Mapping[str, Any], name: str
) -> Callable[[Any], float]:
    """Turn a statistic of several inputs into one of a single input, the others as they are.

    Parameters
    ----------
    statistic
        Called as ``statistic(**data)``.
    data
        The inputs, by name.
    name
        The input that stays free.

    Returns
    -------
    callable

    Examples
    --------
    >>> replacing(lambda a, b: a - b, {"a": 1.0, "b": 2.0}, "a")(5.0)
    3.0
    """

    def of_one(drawn: Any) -> float:
        return float(statistic(**{**data, name: drawn}))

    return of_one


def _finite(value: float, where: str) -> float:
    number = float(value)
    if not np.isfinite(number):
        raise InputError(
            f"the statistic is {number}", where=where, expected="a finite number",
            fix="give a statistic that is defined for every draw, or take more data",
        )  # fmt: skip
    return number


def _check(null: Null, seed: int, task: str) -> NullCheck | DrawCheck:
    if isinstance(null, LabelNull):
        return null.check(next(null.batches(_LABEL_DRAWS, seed, f"{task}/check")))
    return null.check(seed=seed)
