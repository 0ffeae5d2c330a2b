"""Labels of cells: strata, donors, replicate blocks and the micro-groups of CSSI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError, nearest
from cellglass.seeds import DEFAULT_SEED, generator

if TYPE_CHECKING:
    import pandas as pd

UNLABELLED = "unlabelled"
MISSING = {"", "nan", "na", "n/a", "none", "<na>", "null", "unlabelled", "unlabeled"}


@dataclass(frozen=True, eq=False)
class Labels:
    """One label per cell.

    Parameters
    ----------
    name
        The column.
    codes
        Index into `levels`, shape (n_cells,).
    levels
        Names of the levels, sorted; "unlabelled" is last.
    n_unlabelled
        Cells whose label is missing.

    Examples
    --------
    >>> Labels("donor", np.array([0, 1, 0]), ("a", "b")).sizes.tolist()
    [2, 1]
    """

    name: str
    codes: NDArray[np.int64]
    levels: tuple[str, ...]
    n_unlabelled: int = 0

    @property
    def values(self) -> NDArray[np.str_]:
        """Label of each cell, shape (n_cells,)."""
        return np.asarray(self.levels, dtype=str)[self.codes]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Cells per level, shape (n_levels,)."""
        return np.bincount(self.codes, minlength=len(self.levels)).astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready summary: name, cells per level, number unlabelled."""
        sizes = dict(zip(self.levels, self.sizes.tolist(), strict=True))
        return {"name": self.name, "sizes": sizes, "n_unlabelled": self.n_unlabelled}


def column(obs: pd.DataFrame, name: str, *, min_levels: int = 2, role: str = "strata") -> Labels:
    """Read a column of labels.

    Parameters
    ----------
    obs
        Table of the cells.
    name
        Column.
    min_levels
        Labelled levels needed.
    role
        What the labels are for; named in messages.

    Returns
    -------
    Labels
        Missing values (also the texts ``""``, ``"nan"``, ``"NA"``, ``"None"``, ``"unlabelled"``)
        form a level "unlabelled" of their own.

    Raises
    ------
    InputError
        If the column does not exist (the nearest names are given), has fewer than `min_levels`
        labelled levels, or gives every cell a label of its own.

    Examples
    --------
    >>> import pandas as pd
    >>> column(pd.DataFrame({"t": ["B", "T", None]}), "t").levels
    ('B', 'T', 'unlabelled')
    """
    if name not in obs.columns:
        raise InputError(
            f"there is no column '{name}' in obs", where=role, fix=nearest(name, obs.columns)
        )
    raw = obs[name]
    text = np.asarray(raw.astype(str), dtype=str)
    missing = np.asarray(raw.isna(), dtype=bool) | np.isin(np.char.lower(text), list(MISSING))
    known = np.unique(text[~missing])
    if len(known) < min_levels:
        found = f"the only label is '{known[0]}'" if len(known) == 1 else f"{len(known)} labels"
        raise InputError(
            f"column '{name}' has too few levels: {found}; {int(missing.sum()):,} cells have none",
            where=role,
            expected=f"at least {min_levels} levels",
            fix=f"choose another column, or run without {role}",
        )
    if len(known) == len(text) > 20:
        raise InputError(
            f"column '{name}' has a label of its own for each of the {len(text):,} cells",
            where=role,
            expected="labels shared by many cells",
            fix="choose a column of groups, not of identifiers or measurements",
        )
    levels = tuple(str(k) for k in known) + ((UNLABELLED,) if missing.any() else ())
    codes = np.searchsorted(known, text)
    codes[missing] = len(known)
    return Labels(name, codes.astype(np.int64), levels, int(missing.sum()))


@dataclass(frozen=True, eq=False)
class Blocks:
    """Replicate blocks of cells: donors, or random folds where there are none.

    Parameters
    ----------
    codes
        Block of each cell, shape (n_cells,).
    names
        Name of each block.
    unit
        ``"donor"`` or ``"fold of cells"``: what intervals over blocks generalise to.

    Examples
    --------
    >>> Blocks(np.array([0, 1]), ("a", "b"), "donor").unit
    'donor'
    """

    codes: NDArray[np.int64]
    names: tuple[str, ...]
    unit: str

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Cells per block, shape (n_blocks,)."""
        return np.bincount(self.codes, minlength=len(self.names)).astype(np.int64)


def replicate_blocks(
    obs: pd.DataFrame,
    donor: str | None = None,
    n_folds: int = 5,
    seed: int = DEFAULT_SEED,
) -> Blocks:
    """Assign cells to replicate blocks.

    Parameters
    ----------
    obs
        Table of the cells.
    donor
        Column of donors; random folds of equal size if None.
    n_folds
        Number of folds.
    seed
        Root seed of the folds.

    Returns
    -------
    Blocks
        Folds are no replicates: the unit says so.

    Raises
    ------
    InputError
        If the donor column does not exist or names one donor, or there are fewer cells than folds.

    Examples
    --------
    >>> import pandas as pd
    >>> replicate_blocks(pd.DataFrame(index=range(10)), n_folds=2).sizes.tolist()
    [5, 5]
    """
    if donor is not None:
        labels = column(obs, donor, role="donor")
        return Blocks(labels.codes, labels.levels, "donor")
    n = len(obs)
    if not 2 <= n_folds <= n:
        raise InputError(
            f"{n:,} cells cannot form {n_folds} folds", where="n_folds", expected="2 to n_cells"
        )
    order = generator(seed, "data/replicate_blocks").permutation(n)
    codes = np.empty(n, dtype=np.int64)
    codes[order] = np.arange(n) % n_folds
    return Blocks(codes, tuple(f"fold {i + 1}" for i in range(n_folds)), "fold of cells")


@dataclass(frozen=True, eq=False)
class CellGroups:
    """Micro-groups of cells for stratified accumulation.

    Parameters
    ----------
    group
        Group of each cell, shape (n_cells,); -1 for cells left out.
    stratum, block
        Stratum and block of each group, shape (n_groups,).

    Examples
    --------
    >>> cell_groups(np.zeros(4, int), np.zeros(4, int), 2).sizes.tolist()
    [2, 2]
    """

    group: NDArray[np.int64]
    stratum: NDArray[np.int64]
    block: NDArray[np.int64]
    sizes: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        grouped = self.group[self.group >= 0]
        sizes = np.bincount(grouped, minlength=len(self.stratum)).astype(np.int64)
        object.__setattr__(self, "sizes", sizes)

    @property
    def n_left_out(self) -> int:
        """Cells in no group."""
        return int((self.group < 0).sum())


def cell_groups(
    strata: ArrayLike,
    blocks: ArrayLike,
    size: int,
    *,
    leave_out: float = 0.0,
    seed: int = DEFAULT_SEED,
) -> CellGroups:
    """Split cells into small groups within one stratum and one block.

    Parameters
    ----------
    strata, blocks
        Non-negative codes, shape (n_cells,).
    size
        Largest smaller size of a group: groups hold s or s + 1 cells with one s <= `size` in each
        stratum.
    leave_out
        Share of a stratum's cells that may stay in no group. With 0 every cell is grouped, and a
        block with very few cells of a stratum forces small groups on that stratum.
    seed
        Root seed of the random assignment within stratum and block.

    Returns
    -------
    CellGroups
        Groups are exchangeable units for nulls that permute strata: within a stratum sizes differ
        by at most one.

    Raises
    ------
    InputError
        If `size` is below 1, lengths differ or a code is negative.

    Notes
    -----
    n cells fill q groups of s or s + 1 cells exactly if ``q s <= n <= q (s + 1)`` for some q; in
    each stratum the largest s is taken for which the cells that do not fit stay within `leave_out`.

    Examples
    --------
    >>> g = cell_groups(np.zeros(7, int), np.array([0] * 4 + [1] * 3), 3)
    >>> sorted(g.sizes.tolist()), g.block.tolist()
    ([3, 4], [0, 1])
    """
    stratum_of = np.asarray(strata, dtype=np.int64)
    block_of = np.asarray(blocks, dtype=np.int64)
    if size < 1:
        raise InputError(f"size is {size}", where="size", expected="1 or more cells a group")
    if stratum_of.shape != block_of.shape or stratum_of.ndim != 1:
        raise InputError(
            f"strata have shape {stratum_of.shape}, blocks {block_of.shape}",
            expected="one code per cell each",
        )
    if stratum_of.size and min(stratum_of.min(), block_of.min()) < 0:
        raise InputError("a code is negative", expected="codes 0, 1, 2, ...")
    group = np.full(stratum_of.size, -1, dtype=np.int64)
    of_stratum: list[int] = []
    of_block: list[int] = []
    for s in np.unique(stratum_of):
        in_stratum = stratum_of == s
        present, counts = np.unique(block_of[in_stratum], return_counts=True)
        least = _group_size(counts, size, leave_out)
        for b, n in zip(present, counts, strict=True):
            n_groups = int(n) // least
            if not n_groups:
                continue
            members = np.flatnonzero(in_stratum & (block_of == b))
            shuffled = generator(seed, f"data/cell_groups/{s}/{b}").permutation(members)
            kept = shuffled[: min(int(n), n_groups * (least + 1))]
            for part in np.array_split(kept, n_groups):
                group[part] = len(of_stratum)
                of_stratum.append(int(s))
                of_block.append(int(b))
    return CellGroups(group, np.array(of_stratum, dtype=np.int64), np.array(of_block, np.int64))


def _group_size(counts: NDArray[np.int64], size: int, leave_out: float) -> int:
    """Return the largest s <= size that leaves out no more than the share allowed."""
    for s in range(min(size, int(counts.max())), 1, -1):
        kept = np.minimum(counts, counts // s * (s + 1)).sum()
        if counts.sum() - kept <= leave_out * counts.sum():
            return s
    return 1
