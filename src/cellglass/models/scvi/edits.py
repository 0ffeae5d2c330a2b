"""Changes of genes in counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from cellglass.errors import InputError

if TYPE_CHECKING:
    from cellglass.models.interventions import Intervention
    from cellglass.models.vocabulary import Vocabulary


def edited(
    counts: sparse.csr_matrix, edits: Sequence[Intervention], vocabulary: Vocabulary
) -> sparse.csr_matrix:
    """Counts after changes of genes, one after the other.

    Parameters
    ----------
    counts
        Cells x genes of the vocabulary.
    edits
        To set a gene to a count, to drop it (0), or to exchange the counts of two.
    vocabulary
        The genes.

    Raises
    ------
    InputError
        If an edit changes no gene, names an unknown one, or sets a value that is no count.
    """
    changed = counts
    for intervention in edits:
        edit = intervention.edit
        if edit is None:
            raise InputError(
                f"a model without layers or attention cannot {intervention.description}",
                where="embed_perturbed",
                expected="changes of genes: set_gene, drop_gene, swap_gene",
                fix="use a transformer for interventions on layers and heads",
            )
        at = vocabulary.gene_id(edit.gene)
        if edit.kind == "swap":
            other = vocabulary.gene_id(str(edit.other))
            order = np.arange(counts.shape[1])
            order[[at, other]] = [other, at]
            changed = changed[:, order]
        else:
            changed = _with(changed, at, 0.0 if edit.kind == "drop" else float(edit.value or 0.0))
    return changed


def _with(counts: sparse.csr_matrix, column: int, value: float) -> sparse.csr_matrix:
    """Counts with one column set to a value."""
    if not np.isfinite(value) or value < 0:
        raise InputError(
            f"a count cannot be set to {value:g}", where="embed_perturbed",
            expected="a count: 0 or more", fix="give another value",
        )  # fmt: skip
    kept = np.ones(counts.shape[1])
    kept[column] = 0.0
    rows = np.arange(counts.shape[0])
    added = sparse.csr_matrix(
        (np.full(len(rows), value), (rows, np.full(len(rows), column))), shape=counts.shape
    )
    changed = sparse.csr_matrix(counts @ sparse.diags(kept) + added)
    changed.eliminate_zeros()
    return changed
