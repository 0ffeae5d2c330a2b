"""Values of pairs as one vector, whatever layout they come in."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.pairs import Pairs


def pair_values(values: ArrayLike, pairs: Pairs, where: str = "values") -> NDArray[np.float64]:
    """Return one finite number a judged pair.

    Parameters
    ----------
    values
        A matrix of sources x targets, or a vector in the order of `Pairs.index`.
    pairs
        The pairs.
    where
        Name of the feature, for the error.

    Returns
    -------
    numpy.ndarray
        float64, shape (pairs,), in the order of `Pairs.index`.

    Raises
    ------
    InputError
        If the shape is neither, or a judged pair has no finite value; it names the first.

    Examples
    --------
    >>> labels = np.array([[True, False]])
    >>> pairs = Pairs(("A",), ("B", "C"), labels, np.array([[True, True]]), "n")
    >>> pair_values([[0.5, 2.0]], pairs).tolist()
    [0.5, 2.0]
    """
    array = np.asarray(values, dtype=np.float64)
    rows, columns = pairs.index
    if array.shape == pairs.mask.shape:
        array = array[rows, columns]
    elif array.shape != (rows.size,):
        raise InputError(
            f"an array of shape {array.shape}",
            where=where,
            expected=f"{pairs.mask.shape}, sources x targets, or ({rows.size},), one value a pair",
        )
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        first = f"{pairs.sources[rows[bad[0]]]} -> {pairs.targets[columns[bad[0]]]}"
        raise InputError(
            f"{bad.size} of {array.size} pairs have no finite value, the first {first}",
            where=where,
            expected="one finite number a pair",
            fix="judge only pairs that have a value (Pairs.within)",
        )
    return array
