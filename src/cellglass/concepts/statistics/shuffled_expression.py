"""Cells whose genes no longer know of one another: for a dictionary that finds what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.concepts.statistics.inputs import as_label_column
from cellglass.errors import InputError, nearest
from cellglass.seeds import DEFAULT_SEED, generator

if TYPE_CHECKING:
    from anndata import AnnData

Kept = Literal["genes", "margins"]


def shuffled_expression(
    cells: AnnData,
    seed: int = DEFAULT_SEED,
    *,
    keep: Kept = "genes",
    within: str | None = None,
    layer: str | None = None,
) -> AnnData:
    """Shuffle each gene's counts over cells, so that only what genes are by themselves stays.

    Parameters
    ----------
    cells
        Counts in ``X`` or in a layer; not changed.
    seed
        Root seed.
    keep
        ``"genes"``: every gene's counts are permuted over cells. Its distribution stays to the
        last count; library sizes do not, they become nearly equal. ``"margins"``: molecules
        are dealt anew: every gene's total and every cell's library size stay, what a gene's
        counts vary beyond that does not. Needs whole counts.
    within
        Column of ``obs``, for example the donor: shuffle within its groups only.
    layer
        Layer with the counts, ``X`` where None.

    Returns
    -------
    anndata.AnnData
        ``X`` shuffled (CSR), ``obs`` and ``var`` as they were; embeddings and layers are left out.

    Raises
    ------
    InputError
        If the column or layer is missing, or counts are not whole where they must be.

    Examples
    --------
    >>> import anndata
    >>> cells = anndata.AnnData(np.arange(12, dtype=np.float32).reshape(4, 3))
    >>> mixed = shuffled_expression(cells, 1)
    >>> sorted(mixed.X.toarray()[:, 0].tolist()) == sorted(cells.X[:, 0].tolist())
    True
    """
    import anndata

    if keep not in ("genes", "margins"):
        raise InputError(f"nothing is called '{keep}'", where="keep",
                         fix=nearest(keep, ("genes", "margins")))  # fmt: skip
    counts = sparse.csr_matrix(_counts(cells, layer))
    rng = generator(seed, f"shuffled expression/{keep}")
    groups = [np.arange(cells.n_obs)]
    if within is not None:
        if within not in cells.obs:
            raise InputError(f"no column '{within}'", where="obs",
                             fix=nearest(within, map(str, cells.obs.columns)))  # fmt: skip
        codes = as_label_column(cells.obs[within], cells.n_obs, within, least=1).codes
        groups = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    shuffle = _permuted if keep == "genes" else _dealt
    rows, columns, values = [], [], []
    for group in groups:
        part = shuffle(counts[group], rng).tocoo()
        rows.append(group[part.row])
        columns.append(part.col)
        values.append(part.data)
    shape = (np.concatenate(rows), np.concatenate(columns))
    mixed = sparse.csr_matrix((np.concatenate(values), shape), shape=counts.shape)
    mixed.sort_indices()
    return anndata.AnnData(mixed.astype(counts.dtype), obs=cells.obs.copy(), var=cells.var.copy())


def _counts(cells: AnnData, layer: str | None) -> sparse.csr_matrix | NDArray:
    if layer is None:
        return cells.X
    if layer not in cells.layers:
        raise InputError(f"no layer '{layer}'", where="layers",
                         fix=nearest(layer, cells.layers.keys()))  # fmt: skip
    return cells.layers[layer]


def _permuted(counts: sparse.csr_matrix, rng: np.random.Generator) -> sparse.csc_matrix:
    """Counts of each gene at random cells."""
    columns = counts.tocsc(copy=True)
    columns.sum_duplicates()
    n = columns.shape[0]
    for j in range(columns.shape[1]):
        a, b = columns.indptr[j], columns.indptr[j + 1]
        # values go to a random choice of cells in random order: a permutation of the column
        columns.indices[a:b] = rng.choice(n, b - a, replace=False)
    columns.has_sorted_indices = False
    return columns


def _dealt(counts: sparse.csr_matrix, rng: np.random.Generator) -> sparse.csr_matrix:
    """Molecules dealt anew over the places that cells have."""
    whole = counts.data.astype(np.int64)
    if (whole != counts.data).any() or (whole < 0).any():
        raise InputError("counts are not whole numbers", where="keep='margins'",
                         fix="give the layer with raw counts, or keep='genes'")  # fmt: skip
    per_cell = np.asarray(counts.sum(1)).ravel().astype(np.int64)
    genes = rng.permutation(np.repeat(counts.indices.astype(np.int32), whole))
    places = np.repeat(np.arange(len(per_cell), dtype=np.int32), per_cell)
    ones = np.ones(len(genes), dtype=np.float64)
    return sparse.coo_matrix((ones, (places, genes)), shape=counts.shape).tocsr()
