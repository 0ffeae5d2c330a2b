from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.data import EdgeTable, gene_features
from cellglass.errors import InputError
from cellglass.models.capture import read_genes
from cellglass.models.datasets import CELLS, read_cells
from cellglass.models.fixed_edges import FixedEdges
from cellglass.models.inputs import prepare_study
from cellglass.models.tables import PERTURBED, table_params
from cellglass.runs.pipeline import INPUTS, SUMMARY
from cellglass.runs.sections import TableConfig
from cellglass.runs.study import Study


def score(source: str, target: str) -> float:
    """Any number that tells both names and their order."""
    return (sum(map(ord, source)) * 31 + sum(map(ord, target))) % 997 / 997


@pytest.fixture
def write_table(tmp_path: Path) -> Callable[..., Path]:
    """``write_table(sources, targets)``: a score of each pair of different genes."""

    def write(sources: Any, targets: Any, name: str = "mine.tsv") -> Path:
        rows = [(s, t, score(s, t)) for s in sources for t in targets if s != t]
        path = tmp_path / name
        frame = pd.DataFrame(rows, columns=["source", "target", "score"])
        frame.to_csv(path, sep="\t", index=False)
        return path

    return write


@pytest.fixture
def prepared(walk: Any, tmp_path: Path) -> Callable[..., Any]:
    """``prepared(cells, table, screens=...)``: folders of the preparing tasks."""

    def run(cells: Any, table: Path, screens: Any = (), **genes: Any) -> dict[str, Path]:
        study = Study(
            study="s", cells={"path": str(cells)}, tables=[str(table)], screens=list(screens),
            genes={"min_cells": 5} | genes, edges={"replicate_blocks": 3},
        )  # fmt: skip
        return walk(prepare_study(study), tmp_path / f"w{len(list(tmp_path.iterdir()))}")  # type: ignore[no-any-return]

    return run


@pytest.fixture
def cells(screen_files: Any, tmp_path: Path) -> Path:
    return Path(screen_files.write(screen_files.norman(), tmp_path / "norman.h5ad"))


def test_scores_keep_their_names_whatever_the_order(
    prepared: Any, write_table: Any, cells: Path, screen_files: Any
):
    genes = [*reversed(screen_files.GENES), "UNHEARD", "OF"]
    folders = prepared(cells, write_table(genes[::2], genes))
    held = FixedEdges.read(folders["genes/mine"])
    assert set(held.sources) == set(genes[::2]) & set(screen_files.GENES)
    assert set(held.targets) == set(screen_files.GENES)
    scores = held.candidate("mine").scores
    for i, source in enumerate(held.sources):
        for j, target in enumerate(held.targets):
            if source != target:
                assert scores[i, j] == pytest.approx(score(source, target))
    summary = json.loads((folders["genes/mine"] / SUMMARY).read_text())
    assert summary["evaluable_genes"] == 30
    assert summary["regulators"] == len(held.sources)
    assert summary["scored_pairs"] == held.evaluable.sum() == len(held.sources) * 29


def test_genes_come_with_their_columns_and_statistics(
    prepared: Any, write_table: Any, cells: Path, screen_files: Any
):
    folders = prepared(cells, write_table(screen_files.GENES[:4], screen_files.GENES[::-1]))
    table = read_genes(folders["genes/mine"])
    study = read_cells(folders[CELLS])
    assert table["gene"].tolist() == [study.cells.var_names[c] for c in table["column"]]
    features = gene_features(study.cells.X, study.cells.obs["n_counts"].to_numpy())
    for name in ("mean", "variance", "detection"):
        np.testing.assert_allclose(table[name], features[name].to_numpy()[table["column"]])
    counted = np.asarray((study.cells.X > 0).sum(0)).ravel()
    assert table["token_cells"].tolist() == counted[table["column"]].tolist()
    assert set(table.loc[table["row"], "gene"]) == set(screen_files.GENES[:4])
    held = FixedEdges.read(folders["genes/mine"])
    assert held.sources == tuple(table.loc[table["row"], "gene"])
    assert held.targets == tuple(table["gene"])


def test_a_source_that_is_no_target_has_a_column_that_is_never_judged(
    prepared: Any, write_table: Any, cells: Path
):
    folders = prepared(cells, write_table(["AHR"], ["LYZ", "GNLY"]))
    held = FixedEdges.read(folders["genes/mine"])
    assert set(held.targets) == {"AHR", "LYZ", "GNLY"}
    assert held.evaluable.sum() == 2


def test_genes_in_few_cells_are_out(
    prepared: Any, write_table: Any, screen_files: Any, tmp_path: Path
):
    adata = screen_files.norman()
    counts = adata.X.toarray()
    counts[4:, 16] = 0  # LYZ in four cells
    adata.X = sparse.csr_matrix(counts)
    cells = screen_files.write(adata, tmp_path / "few.h5ad")
    table = write_table(["AHR", "LYZ"], screen_files.GENES)
    held = FixedEdges.read(prepared(cells, table)["genes/mine"])
    assert "LYZ" not in (*held.sources, *held.targets)
    held = FixedEdges.read(prepared(cells, table, min_cells=2)["genes/mine"])
    assert "LYZ" in held.sources


# --- names that do not meet

ODD = {
    "neither": (["X1", "X2"], ["Y1", "Y2"]),
    "sources only": (["AHR", "FEV"], ["Y1", "Y2"]),
    "targets only": (["X1", "X2"], ["AHR", "FEV"]),
    "case": (["ahr", "fev"], ["gnly", "lyz"]),
}


@pytest.mark.parametrize("name", ODD)
def test_names_that_do_not_meet_the_cells(name: str, prepared: Any, write_table: Any, cells: Path):
    path = write_table(*ODD[name])
    with pytest.raises(InputError) as refused:
        prepared(cells, path)
    sources, targets = ODD[name]
    assert refused.value.found == (
        f"the edges name {', '.join(sources)} and {', '.join(targets)}, the cells AHR, FEV, KLF1"
    )
    assert refused.value.where == f"{path}, edge table"
    assert "same identifiers" in refused.value.fix


@pytest.mark.parametrize("named", [True, False])
def test_edges_by_symbols_and_cells_by_ensembl_ids(
    named: bool, prepared: Any, write_table: Any, screen_files: Any, tmp_path: Path
):
    """The layout of Replogle's own files: ids in the index, symbols in a column."""
    columns = {"gene_name": list(screen_files.GENES)} if named else {"chromosome": "1"}
    var = pd.DataFrame(columns, index=list(screen_files.ENSEMBL))
    cells = screen_files.write(screen_files.replogle(var=var), tmp_path / "ids.h5ad")
    path = write_table(screen_files.GENES[:5], screen_files.GENES)
    if not named:
        with pytest.raises(InputError, match="the cells ENSG00000000001"):
            prepared(cells, path)
        return
    folders = prepared(cells, path)
    genes = read_genes(folders["genes/mine"])
    assert genes["gene"].tolist() == [screen_files.GENES[c] for c in genes["column"]]
    assert FixedEdges.read(folders["genes/mine"]).sources == screen_files.GENES[:5]
    # edges by ids go by ids
    path = write_table(screen_files.ENSEMBL[:5], screen_files.ENSEMBL, "ids.tsv")
    assert FixedEdges.read(prepared(cells, path)["genes/ids"]).sources == screen_files.ENSEMBL[:5]


def test_a_file_that_is_no_edge_table(prepared: Any, cells: Path, tmp_path: Path):
    path = tmp_path / "mine.tsv"
    path.write_text("hello\nworld\n")
    with pytest.raises(InputError) as refused:
        prepared(cells, path)
    assert str(path) in refused.value.where
    path.write_text("source\ttarget\tscore\nAHR\tFEV\thigh\n")
    with pytest.raises(InputError, match="values are no numbers; the first is 'high'"):
        prepared(cells, path)


# --- perturbed genes


def test_perturbed_genes_that_are_not_measured_still_have_scores(
    prepared: Any, write_table: Any, screen_files: Any, tmp_path: Path
):
    """Norman measures almost none of its targets; an edge table may know them nevertheless."""
    adata = screen_files.norman()
    unmeasured = ["AHR", "FEV", "KLF1", "MAP2K6"]
    adata = adata[:, ~adata.var_names.isin(unmeasured)].copy()
    path = screen_files.write(adata, tmp_path / "norman.h5ad")
    table = write_table(["AHR", "KLF1", "FOXL2"], ["LYZ", "GNLY", "ACTB", "KLF1"])
    everything = screen_files.write(screen_files.norman(), tmp_path / "all.h5ad")
    for cells, name in (("screen:norman", "genes/mine"), (everything, "genes/mine@norman")):
        folder = prepared(cells, table, [str(path)])[name]
        genes = read_genes(folder)
        assert set(genes["gene"]) == {"LYZ", "GNLY", "ACTB"}
        assert genes["row"].sum() == 0
        held = FixedEdges.read(folder / PERTURBED)
        assert held.sources == ("AHR", "KLF1", "FOXL2")  # FEV and MAP2K6 have no score
        assert held.targets == tuple(genes["gene"])
        scores = held.candidate("mine").scores
        for i, source in enumerate(held.sources):
            np.testing.assert_allclose(scores[i], [score(source, t) for t in held.targets])
        summary = json.loads((folder / SUMMARY).read_text())
        assert (summary["regulators"], summary["scored_pairs"]) == (0, 0)
        assert "0 of the 5 perturbed genes" in summary["note"]


def test_no_perturbed_gene_has_a_score(prepared: Any, write_table: Any, cells: Path):
    folders = prepared("screen:norman", write_table(["LYZ"], ["GNLY", "ACTB"]), [str(cells)])
    assert not (folders["genes/mine"] / PERTURBED).exists()
    assert FixedEdges.read(folders["genes/mine"]).sources == ("LYZ",)


# --- keys


def test_the_key_changes_with_the_file(write_table: Any, tmp_path: Path):
    config = TableConfig(path=str(write_table(["A"], ["B"])))
    before = table_params(config)
    assert before == table_params(config)
    assert before["name"] == "mine"
    write_table(["A"], ["B", "C"])
    assert table_params(config)["sha256"] != before["sha256"]
    with pytest.raises(InputError, match="there is no such file"):
        table_params(TableConfig(path=str(tmp_path / "none.tsv")))


def test_hashes_of_inputs_are_noted(prepared: Any, write_table: Any, cells: Path):
    path = write_table(["AHR"], ["LYZ"])
    noted = json.loads((prepared(cells, path)["genes/mine"] / INPUTS).read_text())
    assert noted == {"mine": table_params(TableConfig(path=str(path)))["sha256"]}


def test_pairs_in_too_few_cells_are_judged_no_more_than_by_score(
    prepared: Any, cells: Path, tmp_path: Path
):
    scores, counts = np.array([[0.1, 0.2, 0.3]]), np.array([[0, 1, 9]])
    table = EdgeTable(scores, ("AHR",), ("LYZ", "GNLY", "ACTB"), counts, min_count=5)
    held = FixedEdges.read(prepared(cells, table.write(tmp_path / "p.parquet"))["genes/p"])
    assert held.evaluable.sum() == table.evaluable.sum() == 1


def test_the_column_of_counts_decides_here_as_it_does_for_score(
    prepared: Any, cells: Path, tmp_path: Path
):
    path = tmp_path / "p.tsv"
    path.write_text(
        "source\ttarget\tscore\tcount\nAHR\tLYZ\t0.1\t0\nAHR\tGNLY\t0.2\t1\nAHR\tACTB\t0.3\t9\n"
    )
    held = FixedEdges.read(prepared(cells, path)["genes/p"])
    assert held.evaluable.sum() == EdgeTable.read(path).evaluable.sum() == 2
