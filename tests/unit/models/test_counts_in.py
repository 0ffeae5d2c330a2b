from __future__ import annotations

from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.errors import InputError, ScaleError
from cellglass.models import Vocabulary
from cellglass.models.counts_in import row, vocabulary_counts

WORDS = Vocabulary({"A": 5, "B": 1, "C": 3}, {"<pad>": 0})


def data(counts: Any, genes: list[str], **options: Any) -> anndata.AnnData:
    obs = pd.DataFrame(options.pop("obs", {}), index=[f"c{i}" for i in range(len(counts))])
    matrix = sparse.csr_matrix(np.array(counts, np.float32))
    return anndata.AnnData(matrix, obs=obs, var=pd.DataFrame(index=genes), **options)


def test_counts_over_the_vocabulary_in_order_of_ids() -> None:
    found = vocabulary_counts(data([[1, 2, 4], [0, 3, 5]], ["A", "B", "X"]), WORDS)
    assert found.ids.tolist() == [1, 5]
    assert found.matrix.toarray().tolist() == [[2, 1], [3, 0]]
    assert found.n_counts.tolist() == [7, 8]  # genes that are not in the vocabulary count too
    assert found.cell_names == ["c0", "c1"]
    report = found.mapping.report
    assert (report.n_genes, report.mapped, report.lost) == (3, 2, ("X",))


def test_totals_are_those_given_where_they_are() -> None:
    cells = data([[1, 2], [0, 3]], ["A", "B"], obs={"n_counts": [30.0, 40.0]})
    assert vocabulary_counts(cells, WORDS).n_counts.tolist() == [30, 40]


def test_aliases_are_summed_with_their_gene_and_reported() -> None:
    cells = data([[1, 2, 4]], ["A", "old-a", "B"])
    found = vocabulary_counts(cells, WORDS, aliases={"OLD-A": "A"})
    assert found.matrix.toarray().tolist() == [[4, 3]]
    assert found.mapping.report.collapsed == {"A": ("A", "old-a")}


def test_symbols_are_mapped_to_an_ensembl_vocabulary() -> None:
    words = Vocabulary({"ENSG00000000005": 2}, kind="ensembl", symbols={"ENSG00000000005": "TNMD"})
    found = vocabulary_counts(data([[7, 1]], ["TNMD", "LYZ"]), words)
    assert (found.ids.tolist(), found.matrix.toarray().tolist()) == ([2], [[7]])


def test_counts_may_lie_in_a_layer() -> None:
    cells = data([[1, 2]], ["A", "B"])
    cells.layers["mine"] = cells.X * 3
    assert vocabulary_counts(cells, WORDS, layer="mine").matrix.toarray().tolist() == [[6, 3]]


def test_cells_without_a_gene_of_the_vocabulary_are_named() -> None:
    cells = data([[0, 4], [1, 0], [0, 1], [0, 2], [0, 9]], ["A", "X"])
    with pytest.raises(InputError, match=r"4 of 5 cells .*\(c0, c2, c3, \.\.\.\)"):
        vocabulary_counts(cells, WORDS)
    found = vocabulary_counts(cells, WORDS, allow_empty=True)
    assert found.matrix.toarray().ravel().tolist() == [0, 1, 0, 0, 0]


def test_no_gene_at_all_and_no_counts_are_refused() -> None:
    with pytest.raises(InputError, match="vocabulary"):
        vocabulary_counts(data([[1, 2]], ["X", "Y"]), WORDS)
    scaled = data([[0.3, 1.7], [-0.2, 2.2]], ["A", "B"])
    with pytest.raises((ScaleError, InputError)):
        vocabulary_counts(scaled, WORDS)


def test_a_row_holds_positive_entries_only() -> None:
    matrix = sparse.csr_matrix(([2.0, 0.0, 5.0], [1, 2, 3], [0, 3, 3]), shape=(2, 4))
    columns, values = row(matrix, 0)
    assert (columns.tolist(), values.tolist()) == ([1, 3], [2, 5])
    assert values.dtype == np.float64
    assert row(matrix, 1)[0].tolist() == []
