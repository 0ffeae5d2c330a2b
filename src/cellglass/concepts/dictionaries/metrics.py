"""How well a dictionary reconstructs held-out cells, and what trivial predictors reach."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.transform import Transform
from cellglass.errors import InputError

from .dictionary import Dictionary
from .row_source import CellRows, RowSource


@dataclass(frozen=True)
class Fit:
    """Reconstruction of some cells, in the space of embeddings.

    Attributes
    ----------
    n_cells
        Measured on so many.
    fvu
        Squared residuals over the variance around the mean of each dimension.
    r2
        ``1 - fvu``: the honest definition.
    r2_scalar_mean
        The same with one mean over all entries in the denominator, as some libraries compute it:
        nearly 1 for free where the embedding has a large common mean.
    """

    n_cells: int
    fvu: float
    r2: float
    r2_scalar_mean: float


@dataclass(frozen=True)
class DictionaryFit(Fit):
    """See `Fit`; further what is active.

    Attributes
    ----------
    l0
        Active concepts a cell, mean.
    l1
        Summed activations of a cell, mean, in the transformed space.
    dead_share
        Share of concepts active in none of these cells.
    """

    l0: float
    l1: float
    dead_share: float


class _Sums:
    """Sums from which both definitions follow."""

    def __init__(self, width: int, centre: NDArray[np.float64]) -> None:
        self.centre = centre  # sums around a point near the mean lose no digits
        self.n, self.residual = 0, 0.0
        self.total, self.square = np.zeros(width), 0.0

    def add(self, h: NDArray[np.floating], squared_residuals: float) -> None:
        shifted = np.asarray(h, dtype=np.float64) - self.centre
        self.n += len(h)
        self.total += shifted.sum(0)
        self.square += float((shifted * shifted).sum())
        self.residual += squared_residuals

    def fit(self) -> Fit:
        mean = self.total / self.n
        variance = self.square - self.n * float(mean @ mean)
        means = self.centre + mean
        entries = variance + self.n * float(((means - means.mean()) ** 2).sum())
        fvu = self.residual / variance if variance > 0 else float("nan")
        scalar = 1 - self.residual / entries if entries > 0 else float("nan")
        return Fit(self.n, fvu, 1 - fvu, scalar)


def dictionary_fit(
    dictionary: Dictionary, cells: CellRows | ArrayLike | RowSource
) -> DictionaryFit:
    """Measure a dictionary on cells, in blocks.

    Parameters
    ----------
    dictionary
        What to measure.
    cells
        Cells x width, in memory or on disk; held out, if the result is to be believed.

    Returns
    -------
    DictionaryFit

    Examples
    --------
    >>> import cellglass as cg
    >>> cells = cg.concepts.planted_dictionary(300, 16, 8, 2, seed=0).embedding
    >>> made = cg.concepts.train(cells[:200], size=16, k=2, epochs=2, batch=64)[0]
    >>> dictionary_fit(made, cells[200:]).l0
    2.0
    """
    centre = dictionary.transform.mean.astype(np.float64)
    sums = _Sums(dictionary.width, centre)
    active, summed, fired = 0, 0.0, np.zeros(dictionary.n_concepts, dtype=np.int64)
    held = cells if isinstance(cells, CellRows) else CellRows(cells)
    for h in held.blocks(2048):
        codes = dictionary.gate(dictionary.pre(h))
        error = dictionary.decode(codes) - dictionary.transform(h)
        squared = float((error.astype(np.float64) ** 2).sum())
        sums.add(h, squared / dictionary.transform.scale**2)
        active += codes.nnz
        summed += float(codes.data.sum(dtype=np.float64))
        fired += np.bincount(codes.indices, minlength=dictionary.n_concepts)
    return DictionaryFit(
        **asdict(sums.fit()),
        l0=active / len(held),
        l1=summed / len(held),
        dead_share=float((fired == 0).mean()),
    )


@dataclass(frozen=True, eq=False)
class Survey:
    """What is computed once of the training cells.

    Attributes
    ----------
    n_cells
        How many.
    mean, covariance
        Of the embedding, (width,) and width x width.
    sha256
        Hash of the cells' float32 values in order, and of the shape.
    """

    n_cells: int
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    sha256: str

    def variance(self, transform: Transform) -> float:
        """Summed variance after a transform."""
        return float(np.trace(self.covariance)) * float(transform.scale) ** 2


def cells_sha256(cells: CellRows, where: str = "embedding") -> str:
    """Hash of the shape and of the float32 values of cells, in order.

    Raises
    ------
    InputError
        If values are not finite.
    """
    digest = hashlib.sha256("{} {}\n".format(*cells.shape).encode())
    n_bad = 0
    for h in cells.blocks():
        n_bad += int((~np.isfinite(h)).any(axis=1).sum())
        digest.update(np.ascontiguousarray(h, dtype=np.float32).tobytes())
    if n_bad:
        raise InputError(
            f"{n_bad:,} of {len(cells):,} cells have an embedding that is not finite",
            where=where,
            fix="drop these cells, or run the model in float32",
        )
    return digest.hexdigest()


def survey(cells: CellRows) -> Survey:
    """Read the training cells three times: hash, mean and covariance.

    Raises
    ------
    InputError
        If values are not finite.
    """
    n, width = cells.shape
    sha256 = cells_sha256(cells)
    total, products = np.zeros(width), np.zeros((width, width))
    for h in cells.blocks():
        total += h.sum(0, dtype=np.float64)
    mean = total / n
    for h in cells.blocks():
        shifted = h.astype(np.float64) - mean
        products += shifted.T @ shifted
    return Survey(n, mean, products / n, sha256)


def linear_fit(cells: CellRows, mean: NDArray[np.float64], directions: NDArray[np.float64]) -> Fit:
    """Measure the projection on orthonormal directions around a mean.

    Parameters
    ----------
    cells
        Measured on these.
    mean
        Of the training cells; with no directions, the constant predictor.
    directions
        Rows, components x width.
    """
    sums = _Sums(cells.shape[1], mean)
    for h in cells.blocks():
        shifted = h.astype(np.float64) - mean
        left = shifted - (shifted @ directions.T) @ directions
        sums.add(h, float((left * left).sum()))
    return sums.fit()


def baseline_fits(cells: CellRows, known: Survey, counts: Iterable[int]) -> dict[str, Fit]:
    """Fits of the constant predictor and of PCA, learnt on the training cells.

    Parameters
    ----------
    cells
        Measured on these.
    known
        Of the training cells.
    counts
        Numbers of components.

    Returns
    -------
    dict
        ``"constant"`` and ``"pca K"`` for each count K.
    """
    vectors = np.linalg.eigh(known.covariance)[1][:, ::-1].T
    wanted = {"constant": 0} | {f"pca {k}": k for k in counts}
    return {name: linear_fit(cells, known.mean, vectors[:k]) for name, k in wanted.items()}
