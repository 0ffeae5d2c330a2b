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
    one = np.ones((1, np.asarray(embedding).shape[1]))
    return null_direction_sets(embedding, one, n, kind, seed=seed, task=task)[:, 0]


def null_direction_sets(
    embedding: NDArray[np.floating],
    like: NDArray[np.floating],
    n: int,
    kind: RandomKind,
    *,
    seed: int,
    task: str,
) -> NDArray[np.float64]:
    """Random unit directions, one for each of some given ones and as alike as those are.

    Parameters
    ----------
    embedding
        Cells x width.
    like
        Directions, units x width.
    n
        How many sets.
    kind, seed, task
        As in `null_directions`.

    Returns
    -------
    numpy.ndarray
        n x units x width, rows of length 1. Each by itself is one of `null_directions`; two of a
        set are mixed from the same normal vectors, so that their correlation is the cosine of the
        given two. A statistic of all units has its spread under the null from such sets: units
        alike do not count as separate evidence.

    Raises
    ------
    InputError
        As `null_directions`.

    Examples
    --------
    >>> h = np.random.default_rng(0).normal(size=(50, 3))
    >>> same = np.array([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    >>> first, second = null_direction_sets(h, same, 1, "isotropic", seed=1, task="example")[0]
    >>> bool(np.allclose(first, second))
    True
    """
    if kind not in get_args(RandomKind):
        raise InputError(f"random directions '{kind}'", expected="isotropic or covariance")
    rng = generator(seed, f"{task}/{kind}")
    h = np.asarray(embedding, dtype=np.float64)
    unit = np.asarray(like, dtype=np.float64)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-300)
    if kind == "isotropic":
        rows = rng.normal(size=(n, len(unit), h.shape[1]))
    else:
        # normal vectors times this factor have the covariance of the cells
        factor = np.linalg.qr(h - h.mean(0), mode="r")
        rows = rng.normal(size=(n, len(unit), len(factor))) @ factor
    values, vectors = np.linalg.eigh(unit @ unit.T)
    mix = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    rows = mix @ rows
    norms = np.linalg.norm(rows, axis=2, keepdims=True)
    if not (norms > 0).all():
        raise InputError("all cells have the same embedding", where="random directions")
    return np.asarray(rows / norms)
