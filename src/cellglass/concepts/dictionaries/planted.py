"""Cells made of known concepts, and how well a dictionary finds them again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.seeds import generator

from .dictionary import Dictionary


@dataclass(frozen=True, eq=False)
class PlantedCells:
    """Embeddings with known concepts.

    Attributes
    ----------
    embedding
        Cells x width.
    directions
        The concepts, unit rows, concepts x width.
    codes
        Which concepts each cell was made of, and how much of each, cells x concepts.
    """

    embedding: NDArray[np.float32]
    directions: NDArray[np.float32]
    codes: sparse.csr_matrix


def planted_dictionary(
    n_cells: int,
    n_concepts: int,
    width: int,
    k: int,
    seed: int,
    *,
    noise: float = 0.01,
    gamma: float = 0.0,
) -> PlantedCells:
    """Make cells that are sums of a few concepts each.

    Parameters
    ----------
    n_cells, n_concepts, width
        Sizes.
    k
        Concepts a cell, exactly; drawn evenly.
    seed
        Of directions, codes and noise.
    noise
        Standard deviation of the noise, as share of that of the signal in a dimension.
    gamma
        Norm of a common mean over the root of the summed variances: what centring removes.

    Returns
    -------
    PlantedCells

    Examples
    --------
    >>> made = planted_dictionary(100, 20, 8, 2, seed=0)
    >>> made.embedding.shape, made.codes.nnz
    ((100, 8), 200)
    """
    rng = generator(seed, "planted dictionary")
    directions = rng.normal(size=(n_concepts, width))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    chosen = np.sort(np.argsort(rng.random((n_cells, n_concepts)), axis=1)[:, :k], axis=1)
    amounts = rng.uniform(0.5, 1.5, size=(n_cells, k))
    starts = np.arange(n_cells + 1) * k
    codes = sparse.csr_matrix(
        (amounts.ravel(), chosen.ravel(), starts), shape=(n_cells, n_concepts)
    )
    signal = codes @ directions
    signal += noise * signal.std() * rng.normal(size=signal.shape)
    common = rng.normal(size=width)
    spread = float(np.sqrt(signal.var(0).sum()))
    away = gamma * spread * common / np.linalg.norm(common)
    embedding = signal + away if gamma else signal
    return PlantedCells(embedding.astype(np.float32), directions.astype(np.float32), codes)


def recovery(dictionary: Dictionary, truth: PlantedCells | ArrayLike) -> float:
    """Mean absolute cosine of planted concepts with the concepts matched to them.

    Parameters
    ----------
    dictionary
        Trained.
    truth
        Planted cells, or planted directions (concepts x width).

    Returns
    -------
    float
        1 where all are found; the matching is one to one and the best there is (Hungarian).

    Examples
    --------
    >>> import cellglass as cg
    >>> cells = planted_dictionary(300, 16, 8, 2, seed=0)
    >>> made = cg.concepts.train(cells.embedding, size=16, k=2, epochs=2, batch=64)[0]
    >>> 0 < recovery(made, cells) < 1
    True
    """
    from scipy.optimize import linear_sum_assignment

    planted = truth.directions if isinstance(truth, PlantedCells) else np.asarray(truth)
    unit = planted / np.linalg.norm(planted, axis=1, keepdims=True)
    cosines = np.abs(unit @ dictionary.decoder.T)
    rows, columns = linear_sum_assignment(cosines, maximize=True)
    # planted concepts that nothing was left for count as not found
    return float(cosines[rows, columns].sum() / len(unit))
