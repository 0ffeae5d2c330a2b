"""Persistence landscapes: bars as functions that can be averaged."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError

from .betti import known_lengths
from .persistence import Persistence


def landscape(
    persistence: Persistence, lengths: ArrayLike, *, dimension: int = 1, levels: int = 5
) -> NDArray[np.float64]:
    """Persistence landscape at given lengths.

    Parameters
    ----------
    persistence
        Bars, none of them cut off; of H0 those of the reduced homology.
    lengths
        Where to take the functions, shape (m,).
    dimension
        Of the homology.
    levels
        Functions: the largest value over the bars, the second largest and so on.

    Returns
    -------
    numpy.ndarray
        Shape (levels, m); 0 where fewer bars are alive.

    Raises
    ------
    InputError
        If a bar was cut off by `max_length`, that dimension was not computed, or an argument
        makes no sense.

    Notes
    -----
    Level k at t is the k-th largest of max(0, min(t - birth, death - t)) (Bubenik, JMLR 2015).

    Examples
    --------
    >>> bars = np.array([[0.0, 4.0], [1.0, 3.0]])
    >>> held = Persistence((np.empty((0, 2)), bars), ("A", "B"), "euclidean")
    >>> landscape(held, [1.0, 2.0, 3.0], levels=2).tolist()
    [[1.0, 2.0, 1.0], [0.0, 1.0, 0.0]]
    """
    if levels < 1:
        raise InputError(f"{levels} levels", where="levels", expected="at least 1")
    at = known_lengths(persistence, lengths)
    birth, death = persistence.complete(dimension).T
    tents = np.maximum(np.minimum(at - birth[:, None], death[:, None] - at), 0.0)
    found = np.zeros((levels, at.size))
    top = min(levels, len(tents))
    if top:
        ranked = -np.partition(-tents, range(top), axis=0)[:top]
        found[:top] = ranked
    return found
