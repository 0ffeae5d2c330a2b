"""Labelled point clouds: one named row a gene, with zero rows and duplicates told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.named import Named, require_different
from cellglass.stats.arguments import Bools, Ints

SAME = 1e-6
"""Rows nearer than this share of the width of the cloud are one point: rounding of float32."""

_WIDE = 0.9


@dataclass(frozen=True, eq=False)
class PointCloud(Named):
    """Points with names, and which of them are no points of their own.

    Parameters
    ----------
    points
        One row a point, shape (n, d); kept as float64.
    names
        Of the points (genes), n, all different.

    Raises
    ------
    InputError
        If the shapes differ, a name comes twice or a value is not a finite number.

    Notes
    -----
    A gene that no sampled cell contains has no embedding; published code kept a row of zeros
    for it, which bends every measure of shape (specification of geometry, 0.4 and 0.5). Such
    rows are told by `zero`, rows equal to an earlier one by `first_of`.

    Examples
    --------
    >>> cloud = PointCloud.of([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]], ["A", "B", "C"])
    >>> cloud.zero.tolist(), cloud.first_of.tolist()
    ([False, True, False], [0, 1, 0])
    >>> cloud.without_zeros().distinct().names
    ('A',)
    """

    points: NDArray[np.float64]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        points = _as_numbers(self.points)
        object.__setattr__(self, "points", points)
        if points.ndim != 2 or 0 in points.shape:
            raise InputError(
                f"an array of shape {points.shape}", where="points", expected="points x dimensions"
            )
        if len(self.names) != len(points):
            raise InputError(f"{len(self.names)} names for {len(points)} points", where="names")
        require_different(self.names, "names")
        bad = np.flatnonzero(~np.isfinite(points).all(1))
        if bad.size:
            raise InputError(
                f"{bad.size} points hold values that are not finite, first {self.names[bad[0]]}",
                where="points",
                expected="finite numbers",
                fix="drop these points",
            )

    @classmethod
    def of(cls, points: ArrayLike, names: Sequence[str] | None = None) -> PointCloud:
        """Make a cloud of any array; without names the points are called by their numbers.

        Parameters
        ----------
        points
            Shape (n, d); copied.
        names
            Of the points.

        Raises
        ------
        InputError
            As the class.
        """
        array = np.array(_as_numbers(points))
        if array.ndim == 0:
            raise InputError("one number", where="points", expected="points x dimensions")
        told = [str(i) for i in range(len(array))] if names is None else [str(n) for n in names]
        return cls(array, tuple(told))

    def __len__(self) -> int:
        return len(self.points)

    @property
    def width(self) -> int:
        """Dimensions."""
        return int(self.points.shape[1])

    @cached_property
    def zero(self) -> Bools:
        """Rows in which every value is 0, shape (n,)."""
        return np.asarray(~self.points.any(axis=1), dtype=bool)

    @cached_property
    def first_of(self) -> Ints:
        """Index of the first point equal to each, its own where it is the first, shape (n,).

        Equal are points nearer than `SAME` times the width of the cloud, which is the distance
        from the median point that 9 in 10 points keep: neither a few far points nor many rows
        of zeros change it much.
        """
        return _first_equal(self.points)

    @property
    def node(self) -> Ints:
        """Place of each point among those of `distinct`, shape (n,); equal points share one."""
        return np.unique(self.first_of, return_inverse=True)[1].astype(np.int64)

    @property
    def n_zero(self) -> int:
        """Rows of zeros."""
        return int(self.zero.sum())

    @property
    def n_duplicates(self) -> int:
        """Points equal to an earlier one."""
        return int((self.first_of != np.arange(len(self))).sum())

    def take(self, which: NDArray[Any] | Sequence[int] | Sequence[str]) -> PointCloud:
        """Some of the points, by index, mask or name.

        Parameters
        ----------
        which
            Indices, a mask of n, or names.

        Raises
        ------
        InputError
            If a name is unknown, an index is none of a point, a mask has another length, or
            nothing is left.
        """
        rows = np.asarray(which)
        if rows.dtype.kind in "UOT" and rows.size:
            rows = self.places([str(r) for r in rows])
        elif rows.dtype == bool:
            if rows.shape != (len(self),):
                raise InputError(
                    f"a mask of shape {rows.shape} for {len(self)} points", where="which"
                )
            rows = np.flatnonzero(rows)
        if not rows.size:
            raise InputError("no point is chosen", where="which", expected="at least one")
        if rows.dtype.kind not in "iu" or rows.ndim != 1 or not _inside(rows, len(self)):
            raise InputError(
                f"{rows.dtype} values of shape {rows.shape} up to {rows.max()}", where="which",
                expected=f"indices below {len(self)}, a mask or names",
            )  # fmt: skip
        return PointCloud(self.points[rows], tuple(self.names[i] for i in rows))

    def without_zeros(self) -> PointCloud:
        """Return the cloud without rows of zeros."""
        return self.take(~self.zero) if self.n_zero else self

    def distinct(self) -> PointCloud:
        """Return the cloud with the first point of each set of equal ones."""
        first = self.first_of == np.arange(len(self))
        return self if first.all() else self.take(first)

    def require_points(self, fewest: int, what: str) -> None:
        """Refuse a cloud that is too small.

        Parameters
        ----------
        fewest
            Points needed.
        what
            What needs them, for the message.

        Raises
        ------
        InputError
            If there are fewer.
        """
        if len(self) < fewest:
            raise InputError(
                f"{len(self)} points", where=what, expected=f"at least {fewest}",
                fix="take more genes, or lower the number of neighbours or components",
            )  # fmt: skip


def _as_numbers(points: ArrayLike) -> NDArray[np.float64]:
    try:
        return np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"points that are no table of numbers ({error})", where="points",
            expected="points x dimensions, real numbers",
        ) from error  # fmt: skip


def _inside(rows: NDArray[Any], n: int) -> bool:
    return bool(rows.min() >= 0) and bool(rows.max() < n)


def _first_equal(points: NDArray[np.float64]) -> Ints:
    """Leader of each set of equal rows: candidates are neighbours on one random line."""
    centred = points - np.median(points, axis=0)
    norm = np.linalg.norm(centred, axis=1)
    tolerance = SAME * float(np.quantile(norm, _WIDE))
    direction = np.random.default_rng(0).normal(size=points.shape[1])
    line = centred @ (direction / np.linalg.norm(direction))
    order = np.argsort(line, kind="stable")
    # Projections of equal rows are no further apart than the rows, up to rounding of the rows.
    rounding = 1e-12 * np.maximum(norm[order], np.concatenate([[0.0], norm[order][:-1]]))
    starts = np.flatnonzero(np.diff(line[order], prepend=-np.inf) > tolerance + rounding)
    first = np.arange(len(points))
    for start, stop in zip(starts, [*starts[1:], len(order)], strict=True):
        rest = np.sort(order[start:stop])
        while rest.size > 1:
            leader, others = rest[0], rest[1:]
            same = np.linalg.norm(points[others] - points[leader], axis=1) <= tolerance
            first[others[same]] = leader
            rest = others[~same]
    return first
