"""Differences between groups of cells and controls, gene by gene, from moments or from ranks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.errors import InputError

Matrix = NDArray[np.float64]

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Moments:
    """Size, mean, variance and detection of groups of cells.

    Attributes
    ----------
    n
        Cells of each group, shape (groups,).
    mean, variance
        Of each gene, shape (groups, genes); the variance divides by n - 1 and is 0 for one cell.
    detection
        Share of cells with a value above 0, shape (groups, genes).
    """

    n: NDArray[np.int64]
    mean: Matrix
    variance: Matrix
    detection: Matrix

    def rows(self, chosen: ArrayLike) -> Moments:
        """Moments of some groups."""
        at = np.asarray(chosen)
        return Moments(self.n[at], self.mean[at], self.variance[at], self.detection[at])

    def columns(self, chosen: ArrayLike) -> Moments:
        """Moments of some genes."""
        at = np.asarray(chosen)
        return Moments(self.n, self.mean[:, at], self.variance[:, at], self.detection[:, at])


def group_moments(values: sparse.csr_matrix, groups: ArrayLike, n_groups: int) -> Moments:
    """Moments of every group of cells in one sparse pass.

    Parameters
    ----------
    values
        Cells x genes, for example log1p counts per 10,000.
    groups
        Group of each cell, 0 to n_groups - 1; negative for cells of no group.
    n_groups
        Number of groups.

    Returns
    -------
    Moments
        float64; nan means and variances for groups without a cell.

    Raises
    ------
    InputError
        If there is not one group a cell, or a group does not exist.

    Notes
    -----
    Variances are taken about each group's own mean in a second pass over the values, so that
    they do not suffer from cancellation.

    Examples
    --------
    >>> x = sparse.csr_matrix(np.array([[1.0, 0.0], [3.0, 0.0], [5.0, 2.0]]))
    >>> group_moments(x, [0, 0, 1], 2).mean.tolist()
    [[2.0, 0.0], [5.0, 2.0]]
    """
    csr = sparse.csr_matrix(values, dtype=np.float64)
    codes = np.asarray(groups, dtype=np.int64)
    if codes.shape != (csr.shape[0],) or (codes.size and codes.max() >= n_groups):
        raise InputError(
            f"groups of shape {codes.shape}, the largest {int(codes.max(initial=-1))}",
            where="group moments",
            expected=f"one of 0 to {n_groups - 1} for each of {csr.shape[0]} cells",
        )
    used = np.flatnonzero(codes >= 0)
    member = sparse.csr_matrix(
        (np.ones(used.size), (codes[used], used)), shape=(n_groups, csr.shape[0])
    )
    n = np.bincount(codes[used], minlength=n_groups).astype(np.int64)
    size = np.where(n > 0, n, np.nan)[:, None]
    mean = (member @ csr).toarray() / size
    present = csr.copy()
    present.data = (csr.data != 0).astype(np.float64)
    detected = (member @ present).toarray()
    centred = csr.copy()
    row = np.repeat(codes, np.diff(csr.indptr))
    held = row >= 0
    centred.data[held] = (csr.data[held] - mean[row[held], csr.indices[held]]) ** 2
    centred.data[present.data == 0] = 0.0  # stored zeros count as zeros below
    squares = (member @ centred).toarray() + (size - detected) * mean**2
    spread = squares / np.where(n > 1, n - 1, np.nan)[:, None]
    spread[spread <= (_ROUNDING * mean) ** 2] = 0.0  # a gene that does not vary, up to rounding
    variance = np.where((n == 1)[:, None], 0.0, spread)
    return Moments(n, mean, variance, detected / size)


def welch(groups: Moments, control: Moments) -> tuple[Matrix, Matrix]:
    """Welch's t test of each group against one control group.

    Parameters
    ----------
    groups
        Moments of the groups.
    control
        Moments of the controls: one group.

    Returns
    -------
    t, p : numpy.ndarray
        float64, shape (groups, genes); two-sided p. Where neither side varies t is 0 and p is 1:
        there is no scale by which to call a difference.

    Raises
    ------
    InputError
        If the control is not one group of two cells or more over the same genes.

    Notes
    -----
    Welch, Biometrika 1947; degrees of freedom by Satterthwaite. As
    ``scipy.stats.ttest_ind(..., equal_var=False)``.

    Examples
    --------
    >>> x = sparse.csr_matrix(np.array([[1.0], [2.0], [3.0], [5.0], [6.0], [8.0]]))
    >>> m = group_moments(x, [0, 0, 0, 1, 1, 1], 2)
    >>> t, p = welch(m.rows([1]), m.rows([0]))
    >>> round(float(t[0, 0]), 3), round(float(p[0, 0]), 4)
    (4.111, 0.0199)
    """
    from scipy import special

    _require_control(groups, control)
    n1, n0 = groups.n[:, None].astype(np.float64), float(control.n[0])
    a, b = groups.variance / n1, control.variance / n0
    error = a + b
    flat = ~(error > 0) | (n1 < 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(flat, 0.0, (groups.mean - control.mean) / np.sqrt(error))
        degrees = error**2 / (a**2 / (n1 - 1) + b**2 / (n0 - 1))
    p = 2.0 * special.stdtr(np.where(flat, 1.0, degrees), -np.abs(t))
    return t, np.where(flat, 1.0, p)


def hedges_g(groups: Moments, control: Moments) -> Matrix:
    """Standardised difference of each group from the controls.

    Parameters
    ----------
    groups, control
        As in `welch`.

    Returns
    -------
    numpy.ndarray
        Difference of means over the root of the mean of the two variances, corrected for small
        samples; 0 where neither side varies. float64, shape (groups, genes).

    Notes
    -----
    The two variances weigh alike, so that many controls do not turn the scale into that of the
    controls (Bonett, Psychological Methods 2008); Hedges' factor 1 - 3 / (4 df - 1).

    Examples
    --------
    >>> x = sparse.csr_matrix(np.array([[1.0], [3.0], [2.0], [4.0]]))
    >>> m = group_moments(x, [0, 0, 1, 1], 2)
    >>> hedges_g(m.rows([1]), m.rows([0])).round(3).tolist()
    [[0.404]]
    """
    _require_control(groups, control)
    n1, n0 = groups.n[:, None].astype(np.float64), float(control.n[0])
    scale = np.sqrt((groups.variance + control.variance) / 2.0)
    flat = ~(scale > 0)
    g = np.where(flat, 0.0, (groups.mean - control.mean) / np.where(flat, 1.0, scale))
    degrees = np.maximum(n1 + n0 - 2.0, 1.0)
    return np.asarray(g * (1.0 - 3.0 / (4.0 * degrees - 1.0)))


@dataclass(frozen=True, eq=False)
class RankedControls:
    """Control cells with the values of each gene sorted, for many Mann-Whitney tests.

    Parameters
    ----------
    values
        Cells x genes, none negative.

    Examples
    --------
    >>> RankedControls.of(sparse.csr_matrix(np.array([[2.0], [0.0], [1.0]]))).data.tolist()
    [1.0, 2.0]
    """

    n: int
    start: NDArray[np.int64]
    data: Matrix

    @classmethod
    def of(cls, values: sparse.csr_matrix) -> RankedControls:
        """Sort the values above 0 of each gene.

        Raises
        ------
        InputError
            If a value is negative: zeros are taken for the smallest.
        """
        start, data = _sorted_columns(values)
        return cls(int(values.shape[0]), start, data)


def mann_whitney(values: sparse.csr_matrix, controls: RankedControls) -> tuple[Matrix, Matrix]:
    """Mann-Whitney test of some cells against controls, gene by gene.

    Parameters
    ----------
    values
        The cells, cells x genes, none negative.
    controls
        The controls, over the same genes.

    Returns
    -------
    auroc, p : numpy.ndarray
        Probability that a cell lies above a control (ties count one half), and the two-sided p by
        the normal approximation with continuity and tie correction; float64, shape (genes,). p is
        1 where all values are equal.

    Raises
    ------
    InputError
        If a value is negative or the genes differ in number.

    Notes
    -----
    As ``scipy.stats.mannwhitneyu(method="asymptotic")``; zeros, which are most of the values, are
    counted and never sorted.

    Examples
    --------
    >>> controls = RankedControls.of(sparse.csr_matrix(np.array([[0.0], [1.0], [2.0]])))
    >>> auroc, p = mann_whitney(sparse.csr_matrix(np.array([[3.0], [4.0]])), controls)
    >>> float(auroc[0])
    1.0
    """
    from scipy import special

    n_genes = controls.start.size - 1
    if values.shape[1] != n_genes:
        raise InputError(f"{values.shape[1]} genes", expected=f"{n_genes}, as the controls have")
    start, data = _sorted_columns(values)
    n1, n0 = float(values.shape[0]), float(controls.n)
    doubled, ties = _merged_ranks(start, data, int(n1), controls.start, controls.data, controls.n)
    u = doubled / 2.0
    n = n1 + n0
    spread = np.sqrt(np.maximum(n1 * n0 / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0))), 0.0))
    high = np.maximum(u, n1 * n0 - u) - n1 * n0 / 2.0 - 0.5
    flat = spread <= 0
    p = 2.0 * special.ndtr(-high / np.where(flat, 1.0, spread))
    return u / (n1 * n0), np.where(flat, 1.0, np.clip(p, 0.0, 1.0))


def _sorted_columns(values: sparse.csr_matrix) -> tuple[NDArray[np.int64], Matrix]:
    """Positive values gene by gene, each gene's sorted, and where each gene begins."""
    csc = sparse.csc_matrix(values, dtype=np.float64, copy=True)
    csc.sum_duplicates()
    csc.eliminate_zeros()
    if csc.data.size and csc.data.min() < 0:
        raise InputError("a value is negative", where="Mann-Whitney test", expected="0 or more")
    start = csc.indptr.astype(np.int64)
    _sort_within(start, csc.data)
    return start, csc.data


@njit(cache=True)
def _sort_within(start, data):  # type: ignore[no-untyped-def]
    """Sort each gene's values in place."""
    for gene in range(start.size - 1):
        data[start[gene] : start[gene + 1]].sort()


@njit(cache=True)
def _merged_ranks(start, data, n, c_start, c_data, c_n):  # type: ignore[no-untyped-def]
    """Twice the Mann-Whitney U of each gene, and the sum of t^3 - t over its ties.

    Parameters
    ----------
    start, data, n
        Sorted positive values of the cells, gene by gene, and the number of cells.
    c_start, c_data, c_n
        The same of the controls.
    """
    n_genes = start.size - 1
    doubled = np.zeros(n_genes, dtype=np.float64)
    ties = np.zeros(n_genes, dtype=np.float64)
    for gene in range(n_genes):
        i, end = start[gene], start[gene + 1]
        j, c_end = c_start[gene], c_start[gene + 1]
        zeros = n - (end - i)
        c_zeros = c_n - (c_end - j)
        tied = float(zeros + c_zeros)
        total = float(zeros) * c_zeros
        tie = tied * tied * tied - tied
        below = c_zeros
        while i < end or j < c_end:
            first = j >= c_end or (i < end and data[i] < c_data[j])
            value = data[i] if first else c_data[j]
            same, c_same = 0, 0
            while i < end and data[i] == value:
                same += 1
                i += 1
            while j < c_end and c_data[j] == value:
                c_same += 1
                j += 1
            total += float(same) * (2.0 * below + c_same)
            below += c_same
            tied = float(same + c_same)
            tie += tied * tied * tied - tied
        doubled[gene] = total
        ties[gene] = tie
    return doubled, ties


def _require_control(groups: Moments, control: Moments) -> None:
    if control.n.shape != (1,) or control.n[0] < 2 or control.mean.shape[1] != groups.mean.shape[1]:
        raise InputError(
            f"controls of {control.n.tolist()} cells over {control.mean.shape[1]} genes",
            where="differential expression",
            expected=f"one group of 2 cells or more over {groups.mean.shape[1]} genes",
        )
