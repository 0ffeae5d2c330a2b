"""Names of points, and their places: how points, nodes and pairs are looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from cellglass.errors import InputError, nearest
from cellglass.stats.arguments import Ints


class HasPlaces(Protocol):
    """Anything that knows the places of names, such as a cloud or the nodes of a graph."""

    def places(self, names: Sequence[str], where: str = "names") -> Ints:
        """Index of each name."""
        ...


class Named:
    """Part of a class with `names`, one a row: their places.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud
    >>> PointCloud.of([[0.0], [1.0]], ["A", "B"]).places(["B", "A", "B"]).tolist()
    [1, 0, 1]
    """

    names: tuple[str, ...]

    def places(self, names: Sequence[str], where: str = "names") -> Ints:
        """Index of each name.

        Parameters
        ----------
        names
            In any order and as often as wanted.
        where
            Name of the argument, for the error.

        Raises
        ------
        InputError
            If a name is unknown; it names the first.
        """
        return places(self._place, names, where)

    @cached_property
    def _place(self) -> dict[str, int]:
        return numbered(self.names)


def numbered(names: Sequence[str]) -> dict[str, int]:
    """Place of each name, for `places`.

    Parameters
    ----------
    names
        All different.

    Returns
    -------
    dict
        Name to index.

    Examples
    --------
    >>> numbered(["B", "A"])
    {'B': 0, 'A': 1}
    """
    return {name: i for i, name in enumerate(names)}


def require_different(names: Sequence[str], where: str) -> None:
    """Refuse names of which one comes twice; the error tells the first three.

    Parameters
    ----------
    names
        Names.
    where
        Name of the argument, for the error.

    Raises
    ------
    InputError
        If a name comes twice.

    Examples
    --------
    >>> require_different(["A", "B"], "genes")
    """
    if len(set(names)) < len(names):
        twice = sorted(n for n, times in Counter(names).items() if times > 1)[:3]
        raise InputError(
            f"names come twice: {', '.join(twice)}", where=where, expected="one row a name"
        )


def places(place: Mapping[str, int], names: Sequence[str], where: str) -> Ints:
    """Look names up; the error names the first that is unknown and the nearest known ones.

    Parameters
    ----------
    place
        Index of each known name.
    names
        What to look up.
    where
        Name of the argument, for the error.

    Returns
    -------
    numpy.ndarray
        int64, shape (names,).

    Raises
    ------
    InputError
        If a name is unknown.

    Examples
    --------
    >>> places({"A": 0, "B": 1}, ["B", "A", "B"], "genes").tolist()
    [1, 0, 1]
    """
    unknown = [name for name in names if name not in place]
    if unknown:
        raise InputError(
            f"{len(unknown)} names are unknown, the first {unknown[0]}", where=where,
            expected=f"some of the {len(place)} names of the points",
            fix=nearest(unknown[0], place),
        )  # fmt: skip
    return np.array([place[name] for name in names], dtype=np.int64)


def pair_ends(
    named: HasPlaces, sources: Sequence[str], targets: Sequence[str]
) -> tuple[Ints, Ints]:
    """Places of both ends of pairs.

    Parameters
    ----------
    named
        What knows the names: rows of a cloud, nodes of a graph.
    sources, targets
        Names, one pair an entry.

    Returns
    -------
    source, target : numpy.ndarray
        Indices, shape (pairs,).

    Raises
    ------
    InputError
        If a name is unknown or the lengths differ.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud
    >>> pair_ends(PointCloud.of([[0.0], [1.0]], ["A", "B"]), ["B"], ["A"])
    (array([1]), array([0]))
    """
    require_pairs(sources, targets)
    return named.places(sources, "sources"), named.places(targets, "targets")


def require_pairs(sources: Sequence[str], targets: Sequence[str]) -> None:
    """Refuse names of sources and targets that are not one of each a pair.

    Parameters
    ----------
    sources, targets
        Names, one pair an entry.

    Raises
    ------
    InputError
        If the lengths differ.

    Examples
    --------
    >>> require_pairs(["A", "A"], ["B", "C"])
    """
    if len(sources) != len(targets):
        raise InputError(
            f"{len(sources)} sources and {len(targets)} targets", where="pairs",
            expected="as many sources as targets: one pair an entry",
        )  # fmt: skip
