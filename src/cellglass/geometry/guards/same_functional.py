"""Are observed value and null draws the same functional of the same rows?"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from .guard import GuardResult

Data = TypeVar("Data")
TOLERANCE = 1e-9


def same_functional(
    observed: float,
    functional: Callable[[Data], float],
    identity: Data,
    *,
    observed_rows: ArrayLike | None = None,
    null_rows: ArrayLike | None = None,
    observed_seed: Hashable = None,
    null_seed: Hashable = None,
) -> GuardResult:
    """Evaluate the null's functional on the data themselves, and hold it against the observed.

    Parameters
    ----------
    observed
        The statistic that was reported for the data.
    functional
        What is evaluated on every draw of the null.
    identity
        The draw that changes nothing: the data as the functional takes them.
    observed_rows, null_rows
        Rows (pairs, points) on either side, where they can be told; order counts.
    observed_seed, null_seed
        Seeds of samples and folds on either side, where they can be told.

    Returns
    -------
    GuardResult
        G8: failed where the functional does not give the observed value on the data to 1e-9,
        where rows differ, or where seeds do.

    Notes
    -----
    Specification 3.1 and 4.2. The published screen held an observed Euclidean value against
    geodesic nulls (H07), and a difference against a null of similarities (H143). Both show on the
    draw that changes nothing. A model that is fitted to the data and not refitted to the draws
    (H32) agrees on that draw, and is not seen: give the null the fitting, not a fitted model.

    Examples
    --------
    >>> same_functional(2.0, np.mean, np.array([1.0, 3.0])).state
    'passed'
    >>> same_functional(3.0, np.mean, np.array([1.0, 3.0])).detail
    'the functional of the null gives 2 on the data, and 3 was reported'
    """
    again = float(functional(identity))
    problems = []
    if not abs(again - observed) <= TOLERANCE * max(1.0, abs(observed)):
        problems.append(
            f"the functional of the null gives {again:.6g} on the data, and {observed:.6g} was "
            "reported"
        )
    if observed_rows is not None and null_rows is not None:
        problems += _different_rows(np.asarray(observed_rows), np.asarray(null_rows))
    if observed_seed != null_seed:
        problems.append(f"the observed value used seed {observed_seed}, the null {null_seed}")
    if problems:
        return GuardResult.of("G8", failed=True, detail="; ".join(problems))
    told = "" if observed_rows is None or null_rows is None else ", on the same rows"
    return GuardResult.of(
        "G8",
        failed=False,
        detail=f"the functional of the null gives the reported {observed:.6g} on the data{told}",
    )


def _different_rows(observed: np.ndarray[Any, Any], null: np.ndarray[Any, Any]) -> list[str]:
    if observed.shape != null.shape:
        return [f"the observed value used {len(observed):,} rows, the null {len(null):,}"]
    if np.array_equal(observed, null):
        return []
    n = int((observed != null).reshape(len(observed), -1).any(1).sum())
    return [f"{n:,} of {len(observed):,} rows differ between the observed value and the null"]
