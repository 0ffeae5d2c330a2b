from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.data import prepare
from cellglass.errors import InputError
from cellglass.models.datasets import (
    CELLS,
    UNLABELLED,
    edges_name,
    genes_name,
    no_genes,
    read_cells,
    write_cells,
)
from cellglass.stats.parquet import write_parquet

EDGES = {"replicate_blocks": 3, "group_cells": 8}


def test_names_of_tasks_tell_subject_and_data_set():
    assert genes_name("m") == genes_name("m", CELLS) == "genes/m"
    assert genes_name("m", "screen/papalexi") == "genes/m@papalexi"
    assert edges_name("m") == "capture/m"
    assert edges_name("m", untrained=True) == "capture/m-untrained"
    assert edges_name("m", "screen/s", untrained=True) == "capture/m@s-untrained"
    names = {
        edges_name(m, d, untrained=u)
        for m in ("a", "b")
        for d in (CELLS, "screen/s", "screen/t")
        for u in (False, True)
    }
    assert len(names) == 12


def cells(n: int = 40, var: pd.DataFrame | None = None) -> anndata.AnnData:
    rng = np.random.default_rng(3)
    counts = rng.poisson(2.0, (n, 6)).astype(np.float32)
    table = pd.DataFrame(index=[f"G{i}" for i in range(6)]) if var is None else var
    obs = pd.DataFrame(
        {"type": rng.choice(["a", "b", None], n), "donor": [f"d{i % 2}" for i in range(n)]},
        index=[f"c{i}" for i in range(n)],
    )
    return anndata.AnnData(sparse.csr_matrix(counts), obs=obs, var=table)


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Any]:
    """``stored(adata, rows=..., **of prepare)``: written, and read again."""

    def run(adata: anndata.AnnData, rows: Any = (), donor: str | None = None, **more: Any) -> Any:
        folder = tmp_path / f"d{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        chosen = prepare(adata, donor=donor, **more)
        write_cells(folder, adata, chosen, donor=donor, edges=EDGES, seed=1, rows=rows)
        return read_cells(folder)

    return run


def test_cells_within_some_are_the_only_ones(stored: Callable[..., Any]):
    """What a screen needs: its controls, with their own counts, donors and labels."""
    adata, within = cells(), np.arange(3, 40, 3)
    study = stored(adata, rows=["X", "G1"], donor="donor", strata="type", within=within)
    assert sorted(study.cells.obs_names) == sorted(adata.obs_names[within])
    same = adata[study.cells.obs_names]
    np.testing.assert_array_equal(study.cells.X.toarray(), same.X.toarray())
    np.testing.assert_array_equal(study.cells.obs["n_counts"], np.asarray(same.X.sum(1)).ravel())
    assert np.array(study.blocks)[study.block].tolist() == same.obs["donor"].tolist()
    expected = same.obs["type"].astype(object).where(same.obs["type"].notna(), UNLABELLED)
    assert study.labels.tolist() == expected.tolist()
    assert study.forced == ("X", "G1")
    assert study.unit == "donor"
    assert study.report["n_cells"] == len(within)


def test_without_rows_nothing_is_forced(stored: Callable[..., Any]):
    study = stored(cells())
    assert study.forced == ()
    assert study.labels is None
    assert (study.unit, len(study.blocks)) == ("fold of cells", 3)


def test_a_column_called_gene_does_not_rename_the_genes(stored: Callable[..., Any]):
    """As Replogle's obs has, some files have a column 'gene' in var, here of other names."""
    ids = [f"ENSG{i:011d}" for i in range(6)]
    for column in ("gene", "index", "_gene"):
        var = pd.DataFrame({column: ids, "n": range(6)}, index=[f"G{i}" for i in range(6)])
        study = stored(cells(var=var))
        assert study.cells.var_names.tolist() == [f"G{i}" for i in range(6)]
        assert study.cells.var[column].tolist() == ids
        assert "n" not in study.cells.var  # texts only: what identifiers are looked up in


def test_identifiers_of_any_kind_of_column_survive(stored: Callable[..., Any]):
    ids = [f"ENSG{i:011d}" for i in range(6)]
    var = pd.DataFrame({"ensembl_id": pd.Categorical(ids, [*ids, "unused"])}, index=list("ABCDEF"))
    assert stored(cells(var=var)).cells.var["ensembl_id"].tolist() == ids


def test_further_columns_stay_with_their_cells(tmp_path: Path):
    adata = cells()
    adata.obs["site"] = [f"s{i % 3}" for i in range(adata.n_obs)]
    adata.obs.loc[adata.obs_names[:2], "site"] = None
    chosen = prepare(adata)
    write_cells(tmp_path, adata, chosen, donor=None, edges=EDGES, seed=1, columns=["site"])
    found = read_cells(tmp_path)
    expected = adata.obs["site"].fillna("unlabelled")[found.cells.obs_names]
    assert found.columns["site"].tolist() == expected.tolist()
    part = read_cells(tmp_path, slice(5, 9))
    assert part.columns["site"].tolist() == expected.tolist()[5:9]


def test_a_further_column_that_is_not_there_is_told(tmp_path: Path):
    adata = cells()
    with pytest.raises(InputError, match="no column 'sites'"):
        write_cells(
            tmp_path, adata, prepare(adata), donor=None, edges=EDGES, seed=1, columns=["sites"]
        )


def test_the_table_of_no_genes_can_be_written_and_asked(tmp_path: Path):
    write_parquet(no_genes(), tmp_path / "genes.parquet", {})
    table = pd.read_parquet(tmp_path / "genes.parquet")
    assert len(table) == 0
    assert table.loc[table["row"], "gene"].tolist() == []
    assert int(table["row"].sum()) == 0
