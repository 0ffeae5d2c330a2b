"""Groups of genes as a sparse matrix: which list or set holds which gene of a universe."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError

Groups = Mapping[str, Collection[str]]


@dataclass(frozen=True, eq=False)
class Incidence:
    """Named groups of genes over one universe.

    Parameters
    ----------
    names
        Name of each group.
    genes
        The universe; column j of `matrix` is ``genes[j]``.
    matrix
        Groups x genes, int32, 1 where the group holds the gene, column indices sorted.
    outside
        Members, over all groups, that are not in the universe and were left out.

    Examples
    --------
    >>> incidence({"a": ["x", "z"]}, ["x", "y"]).sizes.tolist()
    [1]
    """

    names: tuple[str, ...]
    genes: tuple[str, ...]
    matrix: sparse.csr_matrix
    outside: int = 0

    def __len__(self) -> int:
        return len(self.names)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Genes of each group within the universe, shape (groups,)."""
        return np.diff(self.matrix.indptr).astype(np.int64)

    def members(self, row: int) -> NDArray[np.int32]:
        """Sorted gene numbers of one group."""
        start, end = self.matrix.indptr[row : row + 2]
        return self.matrix.indices[start:end]

    def take(self, rows: NDArray[np.integer]) -> Incidence:
        """Some of the groups, in the order given."""
        names = tuple(self.names[int(r)] for r in rows)
        return Incidence(names, self.genes, self.matrix[rows], self.outside)

    @classmethod
    def of_mask(
        cls, mask: NDArray[np.bool_], names: Sequence[str], genes: Sequence[str]
    ) -> Incidence:
        """Groups given as a boolean matrix, groups x genes."""
        matrix = sparse.csr_matrix(np.asarray(mask, dtype=np.int32))
        matrix.sort_indices()
        return cls(tuple(names), tuple(genes), matrix)


def incidence(groups: Groups, universe: Sequence[str], *, what: str = "gene sets") -> Incidence:
    """Cut named groups of genes to a universe.

    Parameters
    ----------
    groups
        Genes by name; a gene named twice counts once.
    universe
        Genes that could have been members, each once.
    what
        What the groups are, for errors.

    Returns
    -------
    Incidence

    Raises
    ------
    InputError
        If there are no groups, the universe is empty or names a gene twice, a group is one text
        instead of a list, or no group holds a gene of the universe.

    Examples
    --------
    >>> incidence({"a": ["x", "y"], "b": ["y"]}, ["x", "y"]).matrix.toarray().tolist()
    [[1, 1], [0, 1]]
    """
    place = _places(universe)
    if not len(groups):
        raise InputError(f"there are no {what}", where=what, expected="at least one")
    indptr, indices, outside = [0], [], 0
    for name, members in groups.items():
        if isinstance(members, str):
            raise InputError(
                f"'{name}' is the text {members[:30]!r}", where=what, expected="a list of genes"
            )
        unique = set(members)
        known = sorted(place[g] for g in unique if g in place)
        outside += len(unique) - len(known)
        indices.extend(known)
        indptr.append(len(indices))
    if not indices:
        _no_meeting(groups, universe, what)
    matrix = sparse.csr_matrix(
        (np.ones(len(indices), np.int32), np.array(indices, np.int32), np.array(indptr, np.int32)),
        shape=(len(groups), len(universe)),
    )
    return Incidence(tuple(groups), tuple(universe), matrix, outside)


def _places(universe: Sequence[str]) -> dict[str, int]:
    place = {gene: j for j, gene in enumerate(universe)}
    if not place:
        raise InputError("the universe is empty", where="universe", expected="the genes tested")
    if len(place) < len(universe):
        seen: set[str] = set()
        twice = next(g for g in universe if g in seen or seen.add(g))  # type: ignore[func-returns-value]
        raise InputError(
            f"{len(universe) - len(place):,} genes occur twice, such as {twice}",
            where="universe",
            expected="each gene once",
        )
    return place


def _no_meeting(groups: Groups, universe: Sequence[str], what: str) -> None:
    """Raise: name examples of both sides, since identifiers usually differ."""
    theirs = next((sorted(map(str, m)) for m in groups.values() if len(m)), [])
    if not theirs:
        raise InputError(
            f"all {len(groups):,} {what} are empty", where=what, expected="genes in them",
            fix="lower the threshold that makes the lists",
        )  # fmt: skip
    raise InputError(
        f"none of {len(groups):,} {what} holds a gene of the universe",
        where=what,
        expected=f"genes such as {', '.join(list(universe)[:3])} (universe); "
        f"found {', '.join(theirs[:3])}",
        fix="use the same kind of identifiers (symbols or Ensembl ids), species and upper case "
        "on both sides",
    )
