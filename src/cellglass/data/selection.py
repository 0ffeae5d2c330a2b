"""Choosing cells: a stratified sample that depends on the seed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError, nearest
from cellglass.seeds import DEFAULT_SEED, generator

if TYPE_CHECKING:
    from anndata import AnnData


def select_cells(
    adata: AnnData,
    max_cells: int | None,
    strata: str | ArrayLike | None = None,
    seed: int = DEFAULT_SEED,
) -> NDArray[np.int64]:
    """Choose cells at random, each stratum in proportion to its size.

    Parameters
    ----------
    adata
        The cells.
    max_cells
        Cells to keep; all if None or not fewer than there are.
    strata
        Column of ``obs``, or labels of shape (n_cells,).
    seed
        Root seed.

    Returns
    -------
    numpy.ndarray
        Sorted indices. Shares are rounded by largest remainder; a stratum keeps at least one cell
        where `max_cells` allows one for each.

    Raises
    ------
    InputError
        If `max_cells` is below 1 or the column does not exist.

    Examples
    --------
    >>> import anndata
    >>> a = anndata.AnnData(np.ones((10, 1), dtype="float32"))
    >>> chosen = select_cells(a, 5, ["a"] * 8 + ["b"] * 2)
    >>> int((chosen >= 8).sum())
    1
    """
    n = int(adata.n_obs)
    return stratified_sample(_labels(adata, strata, n), max_cells, seed)


def stratified_sample(
    labels: NDArray[np.str_], max_cells: int | None, seed: int = DEFAULT_SEED
) -> NDArray[np.int64]:
    """Choose positions at random, each label in proportion to its number; see `select_cells`.

    Parameters
    ----------
    labels
        Label of each position, shape (n,).
    max_cells
        Positions to keep; all if None or not fewer than there are.
    seed
        Root seed.

    Returns
    -------
    numpy.ndarray
        Sorted positions.

    Examples
    --------
    >>> stratified_sample(np.array(["a", "b"]), 2).tolist()
    [0, 1]
    """
    if max_cells is not None and max_cells < 1:
        raise InputError(f"max_cells is {max_cells}", where="max_cells", expected="1 or more")
    if max_cells is None or max_cells >= len(labels):
        return np.arange(len(labels), dtype=np.int64)
    levels, codes = np.unique(labels, return_inverse=True)
    quota = largest_remainder(np.bincount(codes), max_cells)
    chosen = []
    for i, level in enumerate(levels):
        members = np.flatnonzero(codes == i)
        rng = generator(seed, f"data/select_cells/{level}")
        chosen.append(rng.permutation(members)[: quota[i]])
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def largest_remainder(sizes: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Split `total` in proportion to `sizes`, whole numbers, at least one each where possible.

    Parameters
    ----------
    sizes
        Positive sizes, shape (n,).
    total
        At most their sum.

    Returns
    -------
    numpy.ndarray
        Sums to `total`, never exceeds `sizes`; ties go to the earlier entry.

    Examples
    --------
    >>> largest_remainder(np.array([8, 1, 1]), 5).tolist()
    [3, 1, 1]
    """
    sizes = np.asarray(sizes, dtype=np.int64)
    exact = sizes * (total / sizes.sum())
    least = 1 if total >= sizes.size else 0
    quota = np.maximum(np.floor(exact + 1e-9).astype(np.int64), least)
    while quota.sum() < total:
        short = np.where(quota < sizes, exact - quota, -np.inf)
        quota[int(np.argmax(short))] += 1
    while quota.sum() > total:
        over = np.where(quota > least, quota - exact, -np.inf)
        quota[int(np.argmax(over))] -= 1
    return quota


def _labels(adata: AnnData, strata: str | ArrayLike | None, n: int) -> NDArray[np.str_]:
    if strata is None:
        return np.zeros(n, dtype="U1")
    if isinstance(strata, str):
        if strata not in adata.obs:
            raise InputError(
                f"there is no column '{strata}' in obs",
                where="strata",
                fix=nearest(strata, adata.obs.columns),
            )
        strata = adata.obs[strata].astype(str).to_numpy()
    labels = np.asarray(strata).astype(str)
    if labels.shape != (n,):
        raise InputError(f"strata have shape {labels.shape}", expected=f"one label per cell ({n},)")
    return labels
