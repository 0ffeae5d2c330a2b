"""What every map between two models has in common: fitted on some genes, applied to others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

from .costs import Metric, costs_of

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reduction:
    """Principal axes of one side, from training genes alone.

    Attributes
    ----------
    mean
        Of the training rows, shape (d,).
    axes
        Orthonormal columns, shape (d, k), largest variance first.
    """

    mean: Matrix
    axes: Matrix

    def apply(self, rows: Matrix) -> Matrix:
        """Coordinates of any rows on the axes, shape (n, k)."""
        return np.asarray((rows - self.mean) @ self.axes)


def principal_axes(train: Matrix, components: int) -> Reduction:
    """Principal axes of some rows.

    Parameters
    ----------
    train
        Shape (n, d).
    components
        Axes wanted; directions in which the rows do not vary are left out.

    Returns
    -------
    Reduction
        At most min(components, rank) axes. The sign of an axis is that which makes its largest
        weight positive.

    Raises
    ------
    InputError
        If no direction varies, or no component is wanted.

    Examples
    --------
    >>> axes = principal_axes(np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]]), 2)
    >>> axes.apply(np.array([[5.0, 9.0]])).tolist()
    [[3.0]]
    """
    if components < 1:
        raise InputError(f"{components} components", where="PCA", expected="at least 1")
    mean = train.mean(0)
    _, size, axes = np.linalg.svd(train - mean, full_matrices=False)
    scale = max(1.0, float(np.abs(mean).max(initial=0.0)))
    floor = max(train.shape) * np.finfo(np.float64).eps * max(float(size[0]), scale)
    rank = int(np.count_nonzero(size > floor))
    if rank == 0:
        raise InputError(
            f"{len(train)} rows that are all equal", where="PCA", expected="points that differ"
        )
    kept = axes[: min(components, rank)].T
    largest = kept[np.abs(kept).argmax(0), np.arange(kept.shape[1])]
    return Reduction(mean, kept * np.sign(largest))


@dataclass(frozen=True, eq=False)
class FittedAlignment:
    """A map of both sides into a common space.

    Attributes
    ----------
    first, second
        Principal axes of either side.
    left, right
        From those axes into the common space, shapes (k1, q) and (k2, q).
    """

    first: Reduction
    second: Reduction
    left: Matrix
    right: Matrix

    def transform(self, first: Matrix, second: Matrix) -> tuple[Matrix, Matrix]:
        """Map rows of either side, also of genes that were not fitted.

        Parameters
        ----------
        first, second
            Shapes (n1, d1) and (n2, d2).

        Returns
        -------
        first, second : numpy.ndarray
            Shapes (n1, q) and (n2, q).
        """
        return self.first.apply(first) @ self.left, self.second.apply(second) @ self.right

    def costs(self, first: Matrix, second: Matrix, metric: Metric = "euclidean") -> Matrix:
        """How unlike each row of the first side is to each of the second, shape (n1, n2)."""
        return costs_of(*self.transform(first, second), metric)


class Alignment(ABC):
    """A way to map two models into a common space, given pairs of rows to learn from.

    Notes
    -----
    A map is fitted in two steps. `reduce` sees one side alone; `join` sees pairs. A null that
    only changes which rows are pairs needs the first step once. A new method gives `name`,
    `components` and `couple`; `trained` says whether it learns from pairs at all.
    """

    name: ClassVar[str]
    trained: ClassVar[bool] = True
    components: int

    @property
    def symmetric(self) -> bool:
        """Whether exchanging the sides gives the same map; otherwise either direction is fitted."""
        return True

    def reduce(self, train: Matrix) -> Reduction:
        """What is learnt of one side alone."""
        return principal_axes(train, self.components)

    @abstractmethod
    def couple(self, first: Matrix, second: Matrix) -> tuple[Matrix, Matrix]:
        """Learn from reduced rows in pairs, (n, k1) and (n, k2): maps (k1, q) and (k2, q)."""

    def join(
        self, one: Reduction, other: Reduction, first: Matrix, second: Matrix
    ) -> FittedAlignment:
        """Fit on reduced rows in pairs."""
        return FittedAlignment(one, other, *self.couple(first, second))

    def fit(self, first: Matrix, second: Matrix) -> FittedAlignment:
        """Fit on pairs of rows.

        Parameters
        ----------
        first, second
            Training genes as either model has them, shapes (n, d1) and (n, d2).

        Returns
        -------
        FittedAlignment
            With `transform` for rows of any genes.

        Raises
        ------
        InputError
            If there are not as many rows on either side, or fewer than 3.
        """
        if len(first) != len(second) or len(first) < 3:
            raise InputError(
                f"{len(first)} and {len(second)} training rows", where=f"alignment '{self.name}'",
                expected="the same genes on either side, at least 3",
            )  # fmt: skip
        one, other = self.reduce(first), self.reduce(second)
        return self.join(one, other, one.apply(first), other.apply(second))


def widen(first: Matrix, second: Matrix) -> tuple[Matrix, Matrix]:
    """Give the narrower matrix columns of zeros, so that both have as many.

    Parameters
    ----------
    first, second
        Any two matrices.

    Returns
    -------
    first, second : numpy.ndarray
        Of equal width.

    Examples
    --------
    >>> widen(np.ones((1, 1)), np.ones((1, 2)))[0].tolist()
    [[1.0, 0.0]]
    """
    width = max(first.shape[1], second.shape[1])
    wide = [np.pad(side, ((0, 0), (0, width - side.shape[1]))) for side in (first, second)]
    return wide[0], wide[1]
