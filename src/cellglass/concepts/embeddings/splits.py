"""Training, validation and test cells: by donor, and what is said where donors are too few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError, nearest
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.folds import assert_disjoint, group_folds

if TYPE_CHECKING:
    import pandas as pd

MIN_DONORS = 6
PARTS = 20  # a split is put together of this many parts of the cells, or of the donors

SplitUnit = Literal["donor", "cell"]


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows are for training, for choosing and for judging.

    Attributes
    ----------
    train, validation, test
        Booleans, shape (rows,); each row is in exactly one.
    unit
        What was held out: ``"donor"``, or ``"cell"`` where there are fewer than six donors.
    applicable
        Whether what needs donors as its unit can be said; False reads NOT APPLICABLE.
    note
        The sentence to print beside what comes out.
    """

    train: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    test: NDArray[np.bool_]
    unit: SplitUnit
    applicable: bool
    note: str

    @property
    def conditional_on_donors(self) -> bool:
        """Whether intervals hold for these donors only, because cells of all are on both sides."""
        return self.unit == "cell"


@dataclass(frozen=True, eq=False)
class Folds:
    """Folds for cross-validation.

    Attributes
    ----------
    fold
        Fold of each row, shape (rows,).
    unit, applicable, note
        As in `Split`.
    """

    fold: NDArray[np.int64]
    unit: SplitUnit
    applicable: bool
    note: str

    @property
    def conditional_on_donors(self) -> bool:
        """See `Split`."""
        return self.unit == "cell"

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return int(self.fold.max()) + 1

    def splits(self) -> Iterator[Split]:
        """Yield one split a fold, which is its test; no validation rows."""
        nothing = np.zeros(len(self.fold), dtype=bool)
        for k in range(self.n_folds):
            test = self.fold == k
            yield Split(~test, nothing, test, self.unit, self.applicable, self.note)


def donor_split(
    obs: pd.DataFrame,
    donor: str | None,
    *,
    test: float = 0.3,
    validation: float = 0.1,
    stratify: str | Sequence[str] | None = None,
    seed: int = DEFAULT_SEED,
) -> Split:
    """Split by donor, because neighbours of a cell are mostly from its own donor.

    Parameters
    ----------
    obs
        One row an embedding. Where it has a column ``cell``, rows of one cell stay together.
    donor
        Column that names the donor; None where there is none.
    test, validation
        Share of donors held out for judging and for choosing; `validation` may be 0. The share
        of cells follows as closely as the donors' sizes allow.
    stratify
        Columns kept in proportion where the split is by cell, beside the donor; rows without a
        value are one more stratum.
    seed
        Of the draw.

    Returns
    -------
    Split
        With fewer than six donors it is by cell, `applicable` is False and `note` says why.

    Raises
    ------
    InputError
        If a column is missing or has missing values, shares are no shares, or cells are too few.

    Examples
    --------
    >>> import pandas as pd
    >>> obs = pd.DataFrame({"donor": [f"D{i % 8}" for i in range(80)]})
    >>> split = donor_split(obs, "donor", seed=1)
    >>> split.unit, int(split.test.sum()), set(obs.donor[split.test]) & set(obs.donor[split.train])
    ('donor', 20, set())
    """
    if not (0 < test < 1 and 0 <= validation < 1 and test + validation < 1):
        raise InputError(
            f"test={test}, validation={validation}",
            where="donor_split",
            expected="shares between 0 and 1 that leave something for training",
        )
    donors = _donors(obs, donor)
    n = len(np.unique(donors)) if donors is not None else 0
    by_donor = n >= MIN_DONORS
    part = (
        group_folds(donors, min(n, PARTS), seed, "donor split")
        if by_donor and donors is not None
        else _cell_folds(obs, donor, stratify, PARTS, seed, "donor split")
    )
    n_parts = int(part.max()) + 1
    n_validation = max(1, round(validation * n_parts)) if validation else 0
    n_test = min(max(1, round(test * n_parts)), n_parts - 1 - n_validation)
    if n_test < 1:
        raise InputError(
            f"{n_parts} cells to split", where="donor_split", expected="at least one for each part"
        )
    is_test, is_validation = part < n_test, (part >= n_test) & (part < n_test + n_validation)
    is_train = ~(is_test | is_validation)
    by = {"donor": donors} if by_donor and donors is not None else {"cell": _cells(obs)}
    for one, other in ((is_train, is_test), (is_train, is_validation), (is_validation, is_test)):
        assert_disjoint(one, other, by=by)
    held = ""
    if by_donor and donors is not None:
        held = f"{len(np.unique(donors[is_test]))} of {n} donors are held out for the test"
    unit: SplitUnit = "donor" if by_donor else "cell"
    return Split(is_train, is_validation, is_test, unit, by_donor, _note(n, held))


def donor_folds(
    obs: pd.DataFrame,
    donor: str | None,
    *,
    n_folds: int = 5,
    stratify: str | Sequence[str] | None = None,
    seed: int = DEFAULT_SEED,
) -> Folds:
    """Folds for cross-validation, by donor; by cell where there are fewer than six donors.

    Parameters
    ----------
    obs, donor, stratify, seed
        As for `donor_split`.
    n_folds
        At least 2; no more than there are donors.

    Returns
    -------
    Folds
        No donor (or no cell) is in two folds.

    Raises
    ------
    InputError
        As `donor_split`.

    Examples
    --------
    >>> import pandas as pd
    >>> folds = donor_folds(pd.DataFrame({"donor": ["A", "B"] * 20}), "donor", n_folds=4)
    >>> folds.unit, folds.applicable, np.bincount(folds.fold).tolist()
    ('cell', False, [10, 10, 10, 10])
    """
    donors = _donors(obs, donor)
    n = len(np.unique(donors)) if donors is not None else 0
    if n >= MIN_DONORS and donors is not None:
        fold = group_folds(donors, n_folds, seed, "donor folds")
        held = f"each of {n_folds} folds holds out its own of the {n} donors"
        return Folds(fold, "donor", True, _note(n, held))
    fold = _cell_folds(obs, donor, stratify, n_folds, seed, "donor folds")
    return Folds(fold, "cell", False, _note(n, ""))


def _note(n_donors: int, held: str) -> str:
    if n_donors >= MIN_DONORS:
        return f"Split by donor: {held}."
    found, these = f"There are {n_donors} donors", "these donors"
    if n_donors == 0:
        found, these = "No donor is named", "the donors of these cells"
    elif n_donors == 1:
        found, these = "All cells are of one donor", "this donor"
    return (
        f"{found}, and at least {MIN_DONORS} are needed to hold donors out: what needs donors as "
        "its unit is NOT APPLICABLE. The split is by cell, so intervals are conditional on "
        f"{these} and say nothing about others."
    )


def _column(obs: pd.DataFrame, name: str, *, missing: bool = False) -> NDArray[np.str_]:
    if name not in obs.columns:
        raise InputError(
            f"there is no column '{name}'", where="obs",
            fix=nearest(name, [str(c) for c in obs.columns]),
        )  # fmt: skip
    absent = int(obs[name].isna().sum())
    if absent and not missing:
        raise InputError(
            f"{absent:,} of {len(obs):,} rows have no value",
            where=f"obs['{name}']",
            fix="drop these rows, or name what they are",
        )
    return obs[name].astype(str).to_numpy(dtype=str)


def _donors(obs: pd.DataFrame, donor: str | None) -> NDArray[np.str_] | None:
    if not len(obs):
        raise InputError("there are no rows", where="obs")
    return None if donor is None else _column(obs, donor)


def _cells(obs: pd.DataFrame) -> NDArray[np.str_]:
    """Cell of each row: several rows may be tokens of one cell."""
    return _column(obs, "cell") if "cell" in obs.columns else np.arange(len(obs)).astype(str)


def _cell_folds(
    obs: pd.DataFrame,
    donor: str | None,
    stratify: str | Sequence[str] | None,
    n_folds: int,
    seed: int,
    task: str,
) -> NDArray[np.int64]:
    """Fold of each row, by cell, with the strata in proportion."""
    names = [stratify] if isinstance(stratify, str) else list(stratify or ())
    strata = [] if donor is None else [_column(obs, donor)]
    strata += [_column(obs, name, missing=True) for name in names]
    _, first, code = np.unique(_cells(obs), return_index=True, return_inverse=True)
    n_folds = min(n_folds, len(first)) if task == "donor split" else n_folds
    if not 2 <= n_folds <= len(first):
        raise InputError(
            f"{n_folds} folds of {len(first)} cells", where="donor folds",
            expected="at least 2 folds, and as many cells as folds",
        )  # fmt: skip
    rng = generator(seed, task)
    shuffled = rng.permutation(len(first))
    # dealt like cards, stratum after stratum: each fold gets its share of each
    keys = [s[first][shuffled] for s in strata]
    dealt = shuffled[np.lexsort(keys)] if keys else shuffled
    turn = rng.permutation(n_folds)
    fold = np.empty(len(first), dtype=np.int64)
    fold[dealt] = turn[np.arange(len(first)) % n_folds]
    return fold[code]
