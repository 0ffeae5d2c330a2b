"""Which cells train a probe and which judge it: split by donor, resampled by donor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.concepts.embeddings.splits import MIN_DONORS
from cellglass.errors import InputError
from cellglass.models.datasets import UNLABELLED
from cellglass.seeds import generator
from cellglass.stats.arguments import as_codes
from cellglass.stats.bootstrap import BootstrapResult
from cellglass.stats.folds import group_folds

_BLOCK = 64


@dataclass(frozen=True, eq=False)
class ProbeDesign:
    """Labels, donors and folds that several probes share, so that they can be compared in pairs.

    Attributes
    ----------
    names
        Labels that are judged, sorted.
    codes
        Label of each cell as a place in `names`, shape (n,); -1 in cells that are left out.
    donors
        Number of each cell's donor, shape (n,).
    n_donors
        How many there are.
    fold
        Fold of each cell, shape (n,).
    by_donor
        Whether no donor is split between folds.
    unit
        What intervals resample: ``"donor"``, or ``"cell"`` where there are too few donors.
    notes
        What was left out and what intervals are conditional on.
    named
        Whether donors were given: an empty name says that there are none.

    Examples
    --------
    >>> labels, donors = ["T", "B"] * 8, np.repeat(["d1", "d2"], 8)
    >>> design = ProbeDesign.make(labels, donors, folds=5, seed=1)
    >>> design.unit, design.by_donor, int(design.fold.max()) + 1
    ('cell', True, 2)
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64]
    donors: NDArray[np.int64]
    n_donors: int
    fold: NDArray[np.int64]
    by_donor: bool
    unit: str
    notes: tuple[str, ...]
    named: bool = True

    @classmethod
    def make(
        cls, labels: ArrayLike, groups: ArrayLike, *, folds: int, seed: int, task: str = "probe"
    ) -> ProbeDesign:
        """Assign cells to folds.

        Parameters
        ----------
        labels, groups
            Label and donor of each cell, shape (n,). Cells whose label is missing (NaN, None, empty
            or "unlabelled") are left out, which the notes say.
        folds
            Folds at most; with fewer donors, one fold a donor. A single donor is split by cell,
            and the notes say so.
        seed, task
            Root seed and name of the task.

        Returns
        -------
        ProbeDesign
            A label whose cells are all in one fold is left out: no probe could learn it.

        Raises
        ------
        InputError
            If fewer than two labels can be judged, or a donor is missing.
        """
        codes, names = _label_codes(labels)
        donors = _donor_codes(groups, len(codes))
        n_donors = int(donors.max(initial=-1)) + 1
        notes = []
        if (codes < 0).any():
            notes.append(f"{int((codes < 0).sum()):,} cells without a label left out")
        by_donor, named = n_donors > 1, bool((np.asarray(groups).astype(str) != "").any())
        if by_donor:
            fold = group_folds(donors, min(folds, n_donors), seed, f"{task}/folds")
        else:
            fold = _stratified(codes, folds, seed, f"{task}/folds")
            who = "one donor" if named else "no donors were given"
            notes.append(f"{who}: split by cell, so a cell's neighbours are on both sides")
        if not named:
            notes.append("cells resampled")
        elif n_donors < MIN_DONORS:
            notes.append(
                f"conditional on the donors ({n_donors}, fewer than {MIN_DONORS}): cells resampled"
            )
        n_folds = np.array([len(np.unique(fold[codes == c])) for c in range(len(names))])
        left_out = names[n_folds < 2]
        if len(left_out):
            notes.append(f"left out, in one fold only: {', '.join(left_out)}")
        kept = names[n_folds > 1]
        if len(kept) < 2:
            raise InputError(
                f"{len(kept)} labels are in more than one fold of cells",
                where="probe",
                expected="at least 2",
                fix="use labels that several donors share",
            )
        place = np.full(len(names) + 1, -1)  # the last place is that of code -1
        place[:-1][n_folds > 1] = np.arange(len(kept))
        return cls(tuple(map(str, kept)), place[codes], donors, n_donors, fold, by_donor,
                   "donor" if n_donors >= MIN_DONORS else "cell", tuple(notes), named)  # fmt: skip

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Cells whose label is judged."""
        return self.codes >= 0

    def splits(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield rows that train and rows that judge; cells left out are in neither."""
        for fold in range(int(self.fold.max()) + 1):
            test = np.flatnonzero(self.judged & (self.fold == fold))
            train = np.flatnonzero(self.judged & (self.fold != fold))
            if len(test) and len(train):
                yield train, test

    def resample(
        self, counts: sparse.spmatrix | NDArray[np.floating], *, draws: int, seed: int, task: str
    ) -> NDArray[np.float64]:
        """Sums of per-cell counts in resamples of donors (of cells where donors are few).

        Parameters
        ----------
        counts
            Cells x m. The same seed and task give the same resamples: that pairs them.
        draws, seed, task
            Resamples, root seed, name of the task.

        Returns
        -------
        numpy.ndarray
            Draws x m.
        """
        rng = generator(seed, f"{task}/resample")
        rows = sparse.csr_matrix(counts)[np.flatnonzero(self.judged)].astype(np.float64)
        if self.unit == "donor":
            of_donor = self.donors[self.judged]
            present, code = np.unique(of_donor, return_inverse=True)
            gather = sparse.csr_matrix(
                (np.ones(len(code)), (code, np.arange(len(code)))), (len(present), len(code))
            )
            totals = np.asarray((gather @ rows).todense())
            n = len(present)
            return rng.multinomial(n, np.full(n, 1 / n), size=draws) @ totals
        n = rows.shape[0]
        columns = rows.T.tocsr()
        out = np.empty((draws, rows.shape[1]))
        for first in range(0, draws, _BLOCK):
            size = min(_BLOCK, draws - first)
            picked = rng.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
            weights = np.bincount(picked.ravel(), minlength=size * n).reshape(size, n)
            out[first : first + size] = (columns @ weights.T.astype(np.float64)).T
        return out

    def bootstrap(
        self,
        names: tuple[str, ...],
        estimates: NDArray[np.float64],
        draws: NDArray[np.float64],
        level: float,
    ) -> BootstrapResult:
        """Estimates and draws with the unit that was resampled."""
        n = len(np.unique(self.donors[self.judged])) if self.unit == "donor" else self.judged.sum()
        return BootstrapResult(names, estimates, draws, self.unit, int(n), level)

    def permuted(self, seed: int, task: str) -> NDArray[np.int64] | None:
        """Labels permuted within donors; between donors where each donor has one label.

        Returns
        -------
        numpy.ndarray or None
            Codes; None where labels are the donors' own and they are too few to be permuted.
        """
        rng = generator(seed, task)
        codes = self.codes.copy()
        rows = np.flatnonzero(self.judged)
        groups = [rows[self.donors[rows] == d] for d in np.unique(self.donors[rows])]
        if all(len(np.unique(codes[g])) == 1 for g in groups):
            if len(groups) < MIN_DONORS:
                return None
            of_donor = rng.permutation([codes[g[0]] for g in groups])
            for g, code in zip(groups, of_donor, strict=True):
                codes[g] = code
            return codes
        for g in groups:
            codes[g] = rng.permutation(codes[g])
        return codes


def _label_codes(labels: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.str_]]:
    """Number of each cell's label, -1 where it is missing, and the labels."""
    import pandas as pd

    array = np.asarray(labels)
    if array.ndim != 1 or not array.size:
        raise InputError(f"an array of shape {array.shape}", where="labels",
                         expected="one label a cell")  # fmt: skip
    there = ~pd.isna(array) & ~np.isin(array.astype(str), ("", UNLABELLED))
    codes = np.full(array.size, -1, dtype=np.int64)
    codes[there], names = as_codes(array[there].astype(str), int(there.sum()), "labels")
    return codes, names


def _donor_codes(groups: ArrayLike, n: int) -> NDArray[np.int64]:
    import pandas as pd

    array = np.asarray(groups)
    missing = int(np.asarray(pd.isna(array)).sum())
    if missing:
        raise InputError(f"{missing:,} cells without a donor", where="groups",
                         fix="name the donor of every cell, or drop these cells")  # fmt: skip
    return as_codes(array, n)[0]


def _stratified(codes: NDArray[np.int64], folds: int, seed: int, task: str) -> NDArray[np.int64]:
    """Folds of cells in which labels are spread evenly."""
    if not 2 <= folds <= len(codes):
        raise InputError(f"{folds} folds of {len(codes)} cells", where="probe",
                         expected="at least 2 folds, and as many cells as folds")  # fmt: skip
    rng = generator(seed, task)
    order = np.lexsort((rng.random(len(codes)), codes))
    fold = np.empty(len(codes), dtype=np.int64)
    fold[order] = np.arange(len(codes)) % folds
    return fold
