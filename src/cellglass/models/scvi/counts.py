"""Cells as an scVI model reads them: counts of its genes in its order, and their covariates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.models.counts_in import vocabulary_counts

if TYPE_CHECKING:
    from anndata import AnnData

    from cellglass.models.vocabulary import Vocabulary

Missing = Literal["error", "zero"]


@dataclass(frozen=True, eq=False)
class GeneCounts:
    """Counts of some cells over all genes of a model.

    Parameters
    ----------
    matrix
        Cells x genes of the model, in its order.
    missing
        Genes of the model that the data lack, here 0.
    share_of_counts
        Share of the cells' counts that the model reads.
    cell_names
        Names of the cells.
    """

    matrix: sparse.csr_matrix
    missing: tuple[str, ...]
    share_of_counts: float
    cell_names: tuple[str, ...]

    @property
    def note(self) -> str:
        """What a reader should know of the genes; empty where all are there."""
        if not self.missing:
            return ""
        return (
            f"{len(self.missing):,} of {self.matrix.shape[1]:,} genes of the model are not in the "
            f"data and were read as 0; the others hold {self.share_of_counts:.1%} of the counts"
        )


def gene_counts(
    cells: AnnData, vocabulary: Vocabulary, *, layer: str | None, missing_genes: Missing
) -> GeneCounts:
    """Counts of some cells over a model's genes.

    Parameters
    ----------
    cells
        Counts, wherever they are.
    vocabulary
        Genes of the model; their ids are its columns.
    layer
        Where the model's own cells had their counts; looked at first where there is such a layer.
    missing_genes
        ``"zero"`` reads genes that the data lack as 0; ``"error"`` refuses.

    Raises
    ------
    InputError
        If genes are missing and that was not declared, no gene is found, or a cell has none.
    ScaleError
        If there are no counts.
    """
    if missing_genes not in ("error", "zero"):
        raise InputError(
            f"missing_genes is {missing_genes!r}", expected="'error' or 'zero'",
            fix="choose one of them",
        )  # fmt: skip
    found = vocabulary_counts(cells, vocabulary, layer=layer if layer in cells.layers else None)
    n_genes = vocabulary.n_embeddings
    absent = np.setdiff1d(np.arange(n_genes), found.ids)
    share = float(found.matrix.sum() / found.n_counts.sum())
    if absent.size and missing_genes == "error":
        raise InputError(
            f"{absent.size:,} of the model's {n_genes:,} genes are not in the data "
            f"({', '.join(vocabulary.names[absent[:3]])}{', ...' if absent.size > 3 else ''}); "
            f"the others hold {share:.1%} of the counts",
            where="cells",
            expected="all genes that the model was trained with",
            fix="give cells with all genes (not only variable ones), or declare "
            "missing_genes='zero' to read them as 0",
        )
    return GeneCounts(
        _spread(found.matrix, found.ids, n_genes),
        tuple(str(n) for n in vocabulary.names[absent]),
        share,
        tuple(found.cell_names),
    )


def _spread(matrix: sparse.csr_matrix, ids: NDArray[np.int64], n_genes: int) -> sparse.csr_matrix:
    whole = sparse.csr_matrix(
        (matrix.data.astype(np.float64), ids[matrix.indices], matrix.indptr),
        shape=(matrix.shape[0], n_genes),
    )
    whole.sum_duplicates()
    whole.eliminate_zeros()
    return whole
