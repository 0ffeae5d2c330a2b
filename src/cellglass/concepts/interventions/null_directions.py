"""Random directions to compare an edit with: any direction, or one cells vary along."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.seeds import generator

RandomKind = Literal["isotropic", "covariance"]


def null_directions(
    embedding: NDArray[np.floating], n: int, kind: RandomKind, *, seed: int, task: str
) -> NDArray[np.float64]:
    """Random unit directions.

    Parameters
    ----------
    embedding
        Cells x width.
    n
        How many.
    kind
        ``"isotropic"``: normal in every dimension. ``"covariance"``: normal with the covariance
        of the cells, so that directions along which cells vary are as likely as in the data.
    seed, task
        Root seed and name of the task.

    Returns
    -------
    numpy.ndarray
        n x width, rows of length 1.

    Raises
    ------
    InputError
        If the kind is unknown, or cells do not vary.

    Examples
    --------
    >>> h = np.array([[1.0, 0.0], [-1.0, 0.0]])
    >>> abs(null_directions(h, 1, "covariance", seed=1, task="example")).tolist()
    [[1.0, 0.0]]
    """
    if kind not in get_args(RandomKind):
        raise InputError(f"random directions '{kind}'", expected="isotropic or covariance")
    rng = generator(seed, f"{task}/{kind}")
    h = np.asarray(embedding, dtype=np.float64)
    if kind == "isotropic":
        rows = rng.normal(size=(n, h.shape[1]))
    else:
        # a random sum of centred cells has their covariance
        rows = rng.normal(size=(n, len(h))) @ (h - h.mean(0))
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not (norms > 0).all():
        raise InputError("all cells have the same embedding", where="random directions")
    return np.asarray(rows / norms)
