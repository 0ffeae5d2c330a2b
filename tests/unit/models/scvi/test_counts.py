from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from cellglass.errors import InputError
from cellglass.models.scvi.counts import gene_counts
from cellglass.models.vocabulary import Vocabulary

VOCABULARY = Vocabulary({"LYZ": 0, "CD3E": 1, "MS4A1": 2})


def of(names: list[str], values: Any, **layers: Any) -> AnnData:
    cells = AnnData(
        sparse.csr_matrix(np.asarray(values, dtype=np.float32)), var=pd.DataFrame(index=names)
    )
    for name, layer in layers.items():
        cells.layers[name] = sparse.csr_matrix(np.asarray(layer, dtype=np.float32))
    return cells


def test_columns_come_in_the_order_of_the_model() -> None:
    cells = of(["CD3E", "OTHER", "MS4A1", "LYZ"], [[1, 4, 0, 2], [0, 3, 5, 0]])
    found = gene_counts(cells, VOCABULARY, layer=None, missing_genes="error")
    assert found.matrix.toarray().tolist() == [[2, 1, 0], [0, 0, 5]]
    assert found.missing == ()
    assert found.note == ""
    assert found.share_of_counts == pytest.approx(8 / 15)


def test_missing_genes_are_refused_with_their_names() -> None:
    cells = of(["CD3E", "OTHER"], [[1, 3]])
    with pytest.raises(InputError, match=r"2 of the model's 3 genes .*LYZ, MS4A1") as caught:
        gene_counts(cells, VOCABULARY, layer=None, missing_genes="error")
    assert "25.0%" in str(caught.value)
    assert "missing_genes='zero'" in caught.value.fix


def test_missing_genes_are_zero_where_that_was_declared() -> None:
    cells = of(["CD3E", "OTHER"], [[1, 3]])
    found = gene_counts(cells, VOCABULARY, layer=None, missing_genes="zero")
    assert found.matrix.toarray().tolist() == [[0, 1, 0]]
    assert found.missing == ("LYZ", "MS4A1")
    assert "2 of 3 genes" in found.note
    assert "25.0%" in found.note


def test_ensembl_ids_are_found_with_any_version() -> None:
    vocabulary = Vocabulary({"ENSG00000090382": 0, "ENSG00000198851": 1}, kind="ensembl")
    cells = of(["ENSG00000198851.4", "ENSG00000090382.12"], [[1, 2]])
    found = gene_counts(cells, vocabulary, layer=None, missing_genes="error")
    assert found.matrix.toarray().tolist() == [[2, 1]]


def test_the_layer_of_the_setup_is_read_where_there_is_one() -> None:
    cells = of(["LYZ", "CD3E", "MS4A1"], [[1, 1, 1]], umis=[[7, 0, 1]])
    found = gene_counts(cells, VOCABULARY, layer="umis", missing_genes="error")
    assert found.matrix.toarray().tolist() == [[7, 0, 1]]
    other = gene_counts(cells, VOCABULARY, layer="elsewhere", missing_genes="error")
    assert other.matrix.toarray().tolist() == [[1, 1, 1]]


def test_another_word_for_missing_genes_is_refused() -> None:
    with pytest.raises(InputError, match="missing_genes is 'nan'"):
        gene_counts(of(["LYZ"], [[1]]), VOCABULARY, layer=None, missing_genes="nan")  # type: ignore[arg-type]
