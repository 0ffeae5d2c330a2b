"""Distances permuted over pairs of points: a published recipe that leaves no metric."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nulls.draw_null import DrawNull
from cellglass.seeds import DEFAULT_SEED, generator

Matrix = NDArray[np.float64]

_TRIPLES = 20_000


class DistancePermutation(DrawNull[Matrix]):
    """Matrices with the distances of the observed one, each at a random pair.

    Parameters
    ----------
    distances
        Square, symmetric, 0 on the diagonal.

    Raises
    ------
    InputError
        If the matrix is none of that, or all distances are equal.

    Notes
    -----
    A published recipe (specification 3.1), kept to reproduce it and not to be believed: draws
    break the triangle inequality, so that no draw is the distances of any points. Every cloud
    differs from them, a Gaussian one as well as a circle, and p says nothing about shape. The
    check tells the share of triangles that are broken.

    Examples
    --------
    >>> null = DistancePermutation.of(PointCloud.of([[0.0], [1.0], [3.0], [7.0]]))
    >>> drawn = null.draw(np.random.default_rng(0))
    >>> np.sort(drawn[np.triu_indices(4, 1)]).tolist()
    [1.0, 2.0, 3.0, 4.0, 6.0, 7.0]
    """

    name: ClassVar[str] = "distance permutation"
    preserves: ClassVar[str] = "the values of all distances, and nothing of where they are"

    def __init__(self, distances: ArrayLike) -> None:
        matrix = np.asarray(distances, dtype=np.float64)
        where = f"null '{self.name}'"
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 3:
            raise InputError(
                f"distances of shape {matrix.shape}", where=where, expected="(n, n), n at least 3"
            )
        if not np.isfinite(matrix).all():
            raise InputError(
                "distances that are not finite", where=where, fix="use a connected graph"
            )
        if np.diag(matrix).any() or not np.array_equal(matrix, matrix.T):
            raise InputError(
                "the matrix is not symmetric with zeros on its diagonal", where=where,
                expected="distances",
            )  # fmt: skip
        super().__init__(matrix)
        self._pairs = np.triu_indices(len(matrix), 1)
        if np.ptp(matrix[self._pairs]) == 0:
            raise InputError("all distances are equal", where=where)

    @classmethod
    def of(cls, cloud: PointCloud) -> DistancePermutation:
        """Make the null of a cloud's Euclidean distances.

        Parameters
        ----------
        cloud
            The cloud.
        """
        from scipy.spatial.distance import pdist, squareform

        return cls(squareform(pdist(cloud.points)))

    def draw(self, rng: np.random.Generator) -> Matrix:
        """Return one draw.

        Parameters
        ----------
        rng
            Source of the draw.

        Returns
        -------
        numpy.ndarray
            Square and symmetric, 0 on the diagonal.
        """
        drawn = np.zeros_like(self.observed)
        drawn[self._pairs] = rng.permutation(self.observed[self._pairs])
        return drawn + drawn.T

    def changed(self, drawn: Matrix) -> float:
        """Share of pairs at another distance."""
        return float((drawn != self.observed)[self._pairs].mean())

    def broken_triangles(self, drawn: Matrix) -> float:
        """Share of triples of points in which one side is longer than the two others together.

        Parameters
        ----------
        drawn
            Square matrix.

        Returns
        -------
        float
            Of 20,000 random triples; 0 for distances up to rounding.
        """
        rng = generator(DEFAULT_SEED, f"nulls/{self.name}/triples")
        i, j, k = rng.integers(len(drawn), size=(3, _TRIPLES))
        sides = np.stack([drawn[i, j], drawn[j, k], drawn[i, k]])
        longest = sides.max(0)
        apart = (i != j) & (j != k) & (i != k)
        broken = longest > (sides.sum(0) - longest) * (1 + 1e-9)
        return float(broken[apart].mean())

    def remarks(self) -> tuple[str, ...]:
        """Say how many triangles a draw breaks."""
        share = self.broken_triangles(
            self.draw(generator(DEFAULT_SEED, f"nulls/{self.name}/remark"))
        )
        return (
            f"{share:.0%} of the triangles of a draw are broken: it is no metric, and any cloud "
            "differs from it.",
        )
