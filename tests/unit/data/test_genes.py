from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.data.gene_table import GeneTable
from cellglass.data.genes import map_genes, sum_columns
from cellglass.errors import InputError

SYMBOLS = {"CD3E": 10, "LYZ": 3, "NA": 5, "SEPTIN1": 8, "ENSG00000000099": 9}
ENSEMBL = {"<pad>": 0, "ENSG00000198851": 4, "ENSG00000090382": 7, "ENSG00000141510": 2}
LABELS = {"ENSG00000198851": "CD3E", "ENSG00000090382": "LYZ", "ENSG00000141510": "TP53"}


def var(*index: str, **columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=list(index))


def test_exact_symbols() -> None:
    found = map_genes(var("LYZ", "other", "NA"), SYMBOLS, kind="symbol")
    assert found.vocabulary_ids.tolist() == [3, -1, 5]
    assert found.names.tolist() == ["LYZ", "", "NA"]
    report = found.report
    assert (report.mapped, report.lost, report.by_route) == (2, ("other",), {"exact": 2})
    assert report.used_column == "index"


def test_ids_with_versions_in_a_column() -> None:
    table = var("CD3E", "LYZ", gene_ids=["ENSG00000198851.13", "ENSG00000090382"])
    found = map_genes(table, ENSEMBL, kind="ensembl")
    assert found.vocabulary_ids.tolist() == [4, 7]
    assert found.report.used_column == "gene_ids"
    assert found.report.by_route == {"version": 1, "exact": 1}
    assert found.report.identifiers == "ensembl"


@pytest.mark.parametrize(
    "name", ["ensembl_id", "gene_ids", "feature_id", "Ensembl_Gene_ID", "gene_id"]
)
def test_usual_columns_of_ids(name: str) -> None:
    table = var("a", "b", **{name: ["ENSG00000198851", "ENSG00000090382"]})
    assert map_genes(table, ENSEMBL, kind="ensembl").report.mapped == 2


@pytest.mark.parametrize("name", ["gene_name", "gene_symbols", "feature_name", "symbol"])
def test_usual_columns_of_symbols(name: str) -> None:
    table = var("ENSG00000198851", "ENSG00000090382", **{name: ["CD3E", "LYZ"]})
    found = map_genes(table, SYMBOLS, kind="symbol")
    assert (found.report.mapped, found.report.used_column) == (2, name)


def test_genes_missing_in_the_best_column_are_looked_up_in_others() -> None:
    table = var("CD3E", "Lysozyme", feature_name=["", "LYZ"], gene_name=["CD3E", None])
    found = map_genes(table, SYMBOLS, kind="symbol")
    assert found.vocabulary_ids.tolist() == [10, 3]
    assert found.report.by_route == {"exact": 1, "column feature_name": 1}


def test_aliases_and_old_ids() -> None:
    aliases = {"SEPT1": "SEPTIN1", "ENSG00000000001": "ENSG00000000099"}
    found = map_genes(
        var("sept1", "ENSG00000000001.2", "LYZ"), SYMBOLS, kind="symbol", aliases=aliases
    )
    assert found.vocabulary_ids.tolist() == [8, 9, 3]
    assert found.report.by_route == {"exact": 1, "alias": 2}


def test_an_exact_name_beats_an_alias() -> None:
    found = map_genes(var("LYZ"), SYMBOLS, kind="symbol", aliases={"LYZ": "CD3E"})
    assert found.names.tolist() == ["LYZ"]


def test_best_column_where_names_must_be_translated() -> None:
    table = var("1", "2", "3", gene_name=["CD3E", "LYZ", "TP53"])
    found = map_genes(table, ENSEMBL, kind="ensembl", symbols=LABELS)
    assert found.report.used_column == "gene_name"
    assert found.report.identifiers == "symbol"


def test_an_alias_beats_another_case() -> None:
    found = map_genes(var("lyz", "CD3E"), SYMBOLS, kind="symbol", aliases={"LYZ": "SEPTIN1"})
    assert found.names.tolist() == ["SEPTIN1", "CD3E"]
    assert found.report.by_route == {"alias": 1, "exact": 1}


def test_symbols_where_ids_are_expected_are_mapped_and_reported() -> None:
    found = map_genes(var("CD3E", "LYZ", "XYZ"), ENSEMBL, kind="ensembl", symbols=LABELS)
    assert found.vocabulary_ids.tolist() == [4, 7, -1]
    assert found.report.by_route == {"symbol": 2}
    assert found.report.identifiers == "symbol"
    assert any("translated" in note for note in found.report.notes)
    twice = {**LABELS, "ENSG00000141510": "LYZ"}  # LYZ would mean two ids
    assert map_genes(var("CD3E", "LYZ"), ENSEMBL, kind="ensembl", symbols=twice).report.lost == (
        "LYZ",
    )


def test_ids_where_symbols_are_expected_need_a_table() -> None:
    table = GeneTable(
        (("CD3E", "ENSG00000198851"), ("SEPTIN1", "ENSG00000180096")), (("SEPT1", "SEPTIN1"),)
    )
    found = map_genes(var("ENSG00000198851.3", "x"), SYMBOLS, kind="symbol", table=table)
    assert found.report.by_route == {"ensembl": 1}
    found = map_genes(var("SEPT1", "LYZ"), SYMBOLS, kind="symbol", table=table)
    assert found.report.by_route == {"exact": 1, "alias": 1}
    old = map_genes(var("SEPT1"), {"ENSG00000180096": 0}, kind="ensembl", table=table)
    assert old.report.by_route == {"symbol": 1}


def test_case_is_the_last_resort_and_remarked() -> None:
    found = map_genes(var("Cd3e", "Lyz"), SYMBOLS, kind="symbol")
    assert found.report.by_route == {"case": 2}
    assert any("another species" in note for note in found.report.notes)
    two = map_genes(var("abc", "x"), {"ABC": 0, "Abc": 1, "x": 2}, kind="symbol")
    assert two.vocabulary_ids.tolist() == [-1, 2]  # two spellings fit: neither is taken


def test_columns_of_one_gene_are_summed() -> None:
    aliases = {"OLDLYZ": "LYZ"}
    found = map_genes(var("OLDLYZ", "lost", "CD3E", "LYZ"), SYMBOLS, kind="symbol", aliases=aliases)
    assert found.report.collapsed == {"LYZ": ("LYZ", "OLDLYZ")} or found.report.collapsed == {
        "LYZ": ("OLDLYZ", "LYZ")
    }
    counts = np.array([[1, 9, 2, 4], [0, 9, 3, 0]], dtype=np.float32)
    collapsed = found.collapse(sparse.csr_matrix(counts))
    assert found.unique_ids.tolist() == [3, 10]
    assert found.unique_names.tolist() == ["LYZ", "CD3E"]
    assert collapsed.toarray().tolist() == [[5, 2], [0, 3]]
    assert collapsed.dtype == np.float32
    assert found.collapse(counts).toarray().tolist() == [[5, 2], [0, 3]]
    with pytest.raises(InputError, match="the matrix has 3 columns"):
        found.collapse(counts[:, :3])


def test_share_of_counts() -> None:
    found = map_genes(var("LYZ", "lost"), SYMBOLS, kind="symbol", counts=[30, 10])
    assert found.report.share_of_counts_kept == 0.75
    assert map_genes(var("LYZ"), SYMBOLS, kind="symbol").report.share_of_counts_kept is None
    with pytest.raises(InputError, match="one total per gene"):
        map_genes(var("LYZ"), SYMBOLS, kind="symbol", counts=[1, 2])


def test_no_gene_at_all() -> None:
    table = var("CD3E", "LYZ", "XYZ", ensembl_id=["a b", "", "?"])
    with pytest.raises(InputError) as caught:
        map_genes(table, ENSEMBL, kind="ensembl")
    text = str(caught.value)
    assert "index: symbol ('CD3E', 'LYZ', 'XYZ')" in text
    assert "ensembl_id: unknown" in text
    assert "ensembl identifiers such as 'ENSG00000198851', 'ENSG00000090382'" in text
    assert "<pad>" not in text


def test_few_genes_are_remarked() -> None:
    notes = map_genes(var("LYZ", "x", "y"), SYMBOLS, kind="symbol").report.notes
    assert any("only 1 of 3 genes" in note for note in notes)


def test_report_is_json() -> None:
    report = map_genes(var("LYZ", "x"), SYMBOLS, kind="symbol").report
    assert json.loads(json.dumps(report.to_dict()))["lost"] == ["x"]


def test_sum_columns_against_a_loop() -> None:
    rng = np.random.default_rng(0)
    matrix, target = rng.integers(0, 5, (20, 30)), rng.integers(-1, 6, 30)
    expected = np.zeros((20, 6), dtype=int)
    for j, t in enumerate(target):
        if t >= 0:
            expected[:, t] += matrix[:, j]
    for given in (matrix, sparse.csc_matrix(matrix)):
        assert np.array_equal(sum_columns(given, target, 6).toarray(), expected)


def test_scgpt_vocabulary(shared_data: Callable[[str], Path]) -> None:
    vocabulary = json.loads(shared_data("models/scgpt/vocab.json").read_text())
    adata = anndata.read_h5ad(shared_data("single_cell/pbmc_kang2018_ifnb.h5ad"))
    plain = map_genes(adata.var, vocabulary, kind="symbol")
    assert plain.report.by_route["exact"] == sum(g in vocabulary for g in adata.var_names)
    table = GeneTable.from_files(shared_data("gene_info/human_genes_gencode.tsv.gz"))
    better = map_genes(adata.var, vocabulary, kind="symbol", table=table)
    assert better.report.mapped > plain.report.mapped + 400  # renamed genes, through their ids
    collapsed = better.collapse(adata.X)
    kept = adata.X[:, better.vocabulary_ids >= 0].sum()
    assert collapsed.sum() == kept
    assert collapsed.shape[1] == better.report.n_vocabulary_genes


def test_geneformer_vocabulary(shared_data: Callable[[str], Path]) -> None:
    def load(name: str) -> dict:
        return dict(pickle.loads(shared_data(f"models/geneformer_v2/{name}.pkl").read_bytes()))

    tokens = {k: int(v) for k, v in load("token_dictionary_gc104M").items()}
    aliases = load("ensembl_mapping_dict_gc104M")
    adata = anndata.read_h5ad(shared_data("single_cell/pbmc_zheng2017_sorted.h5ad"))
    by_id = map_genes(adata.var, tokens, kind="ensembl")
    assert by_id.report.used_column == "ensembl_id"
    assert by_id.report.mapped == sum(i in tokens for i in adata.var["ensembl_id"])
    with pytest.raises(InputError, match="index: symbol"):
        map_genes(adata.var[[]], tokens, kind="ensembl")
    by_alias = map_genes(adata.var[[]], tokens, kind="ensembl", aliases=aliases)
    assert by_alias.report.by_route.keys() == {"alias"}
    assert by_alias.report.mapped > 0.9 * by_id.report.mapped
    same = (by_id.vocabulary_ids >= 0) & (by_alias.vocabulary_ids >= 0)
    agree = by_id.vocabulary_ids[same] == by_alias.vocabulary_ids[same]
    assert agree.mean() > 0.99
