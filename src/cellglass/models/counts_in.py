"""Cells to counts over a model's vocabulary: the step every tokeniser starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from anndata import AnnData
    from scipy.sparse import csr_matrix

    from cellglass.data.genes import GeneMap


@dataclass(frozen=True)
class VocabularyCounts:
    """Counts of some cells over the genes of a vocabulary.

    Parameters
    ----------
    matrix
        Cells x genes, duplicated identifiers summed; columns in ascending order of `ids`.
    ids
        Vocabulary id of each column.
    n_counts
        ``obs["n_counts"]`` where that is there, else the sum over the cell's genes, mapped or
        not.
    cell_names
        Names of the cells.
    mapping
        What was mapped, lost and collapsed.
    """

    matrix: csr_matrix
    ids: NDArray[np.int64]
    n_counts: NDArray[np.float64]
    cell_names: list[str]
    mapping: GeneMap


def vocabulary_counts(
    cells: AnnData,
    vocabulary: Vocabulary,
    *,
    layer: str | None = None,
    aliases: Mapping[str, str] | None = None,
    allow_empty: bool = False,
) -> VocabularyCounts:
    """Find the counts of some cells and map their genes to a vocabulary.

    Parameters
    ----------
    cells
        Cells with counts in X, a layer or raw; or log1p values from which counts can be
        recovered provably.
    vocabulary
        The model's genes.
    layer
        Where the counts are, if it should not be found out.
    aliases
        Alias or old identifier (upper case) to vocabulary name.
    allow_empty
        Let cells pass that express no gene of the vocabulary.

    Raises
    ------
    ScaleError
        If the values are no counts and none can be recovered.
    InputError
        If no gene is in the vocabulary, or a cell expresses none of its genes.
    """
    from cellglass.data import counts_of, map_genes

    counts = counts_of(cells, layer=layer)
    gene_map = map_genes(
        counts.var,
        vocabulary.ids,
        kind=vocabulary.kind,
        aliases=aliases,
        symbols=vocabulary.symbols,
    )
    matrix, ids = gene_map.collapse(counts.matrix), gene_map.unique_ids
    totals = counts.n_counts
    if "n_counts" not in cells.obs:
        totals = np.asarray(counts.matrix.sum(1, dtype=np.float64)).ravel()
    names = [str(n) for n in cells.obs_names]
    empty = np.flatnonzero(np.diff(matrix.indptr) == 0)
    if empty.size and not allow_empty:
        shown = ", ".join(names[i] for i in empty[:3])
        raise InputError(
            f"{empty.size} of {len(names)} cells express no gene of the vocabulary ({shown}"
            + (", ..." if empty.size > 3 else "")
            + ")",
            where="cells",
            fix="drop them: cells = cells[keep] (cellglass.data.prepare does it and reports it)",
        )
    return VocabularyCounts(matrix, ids, np.asarray(totals, float), names, gene_map)


def row(matrix: Any, index: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Columns and values of the positive entries of one row of a CSR matrix."""
    start, stop = matrix.indptr[index], matrix.indptr[index + 1]
    values = matrix.data[start:stop]
    keep = values > 0
    return matrix.indices[start:stop][keep], values[keep].astype(np.float64)
