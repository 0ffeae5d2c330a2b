from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.data.cells import open_cells
from cellglass.data.prepare import prepare, stored_per_row
from cellglass.errors import InputError, ScaleError


@pytest.fixture
def adata(whole_counts: sparse.csr_matrix) -> anndata.AnnData:
    """60 cells, cells 5 and 6 empty, genes 70 and 71 silent."""
    dense = whole_counts.toarray()
    dense[5:7] = 0
    dense[:, 70:72] = 0
    obs = pd.DataFrame(
        {"type": ["T"] * 40 + ["B"] * 20, "donor": ["d1", "d2"] * 30, "one": "x"},
        index=[f"c{i}" for i in range(60)],
    )
    obs.loc["c9", "type"] = ""
    var = pd.DataFrame(index=[f"G{j}" for j in range(80)])
    return anndata.AnnData(sparse.csr_matrix(dense), obs=obs, var=var)


def test_report_by_hand(adata: anndata.AnnData) -> None:
    prepared = prepare(adata, strata="type", donor="donor")
    report = prepared.report
    assert prepared.cells.tolist() == [i for i in range(60) if i not in (5, 6)]
    assert (report.n_cells_in_data, report.n_cells, report.n_genes) == (60, 58, 80)
    assert (report.n_empty_cells, report.empty_cells) == (2, ("c5", "c6"))
    silent = np.flatnonzero(np.asarray(adata.X.sum(axis=0)).ravel() == 0)
    assert report.n_empty_genes == len(silent) >= 2
    assert set(report.empty_genes) <= {f"G{j}" for j in silent}
    assert report.columns["strata"]["sizes"] == {"B": 20, "T": 37, "unlabelled": 1}
    assert report.columns["donor"]["sizes"] == {"d1": 29, "d2": 29}
    sums = np.asarray(adata.X.sum(axis=1)).ravel()
    sums = sums[sums > 0]
    assert report.n_counts == (sums.min(), np.median(sums), sums.max())
    assert any("2 cells without any count" in note for note in report.notes)
    assert any("1 cells have no strata" in note for note in report.notes)
    counts = prepared.counts()
    assert (counts.matrix != adata.X[prepared.cells]).nnz == 0
    assert prepared.labels["donor"].codes.shape == (58,)


def test_report_is_json(adata: anndata.AnnData) -> None:
    text = json.dumps(prepare(adata, strata="type").report.to_dict())
    assert json.loads(text)["scale"]["kind"] == "counts"


def test_choice_of_cells_keeps_strata(adata: anndata.AnnData) -> None:
    prepared = prepare(adata, strata="type", max_cells=20, seed=3)
    assert len(prepared.cells) == 20
    assert prepared.report.columns["strata"]["sizes"] == {"B": 7, "T": 12, "unlabelled": 1}
    assert np.array_equal(prepared.cells, prepare(adata, strata="type", max_cells=20, seed=3).cells)
    assert not {5, 6} & set(prepared.cells.tolist())


def test_backed_gives_the_same(adata: anndata.AnnData, tmp_path: Path) -> None:
    adata.write_h5ad(tmp_path / "a.h5ad")
    dense = adata.copy()
    dense.X = adata.X.toarray()
    dense.write_h5ad(tmp_path / "dense.h5ad")
    expected = prepare(adata, strata="type", max_cells=30).report.to_dict()
    for name in ("a", "dense"):
        backed = open_cells(tmp_path / f"{name}.h5ad", backed=True)
        assert prepare(backed, strata="type", max_cells=30).report.to_dict() == expected
        backed.file.close()


def test_cells_of_stored_zeros_are_empty_too(adata: anndata.AnnData) -> None:
    adata.X.data[adata.X.indptr[0] : adata.X.indptr[1]] = 0
    assert stored_per_row(adata.X)[0] > 0
    report = prepare(adata).report
    assert report.empty_cells == ("c0", "c5", "c6")
    assert prepare(adata).cells[0] == 1
    assert report.n_counts[0] > 0


def test_all_empty() -> None:
    empty = anndata.AnnData(sparse.csr_matrix((4, 3), dtype=np.float32))
    with pytest.raises(InputError, match="none of the 4 cells has a count"):
        prepare(empty)


def test_columns(adata: anndata.AnnData) -> None:
    with pytest.raises(InputError, match=r"no column 'types'(?s:.*)where: strata(?s:.*)'type'"):
        prepare(adata, strata="types")
    with pytest.raises(InputError, match=r"column 'one' has too few levels(?s:.*)where: batch"):
        prepare(adata, batch="one")
    with pytest.raises(InputError, match=r"where: donor"):
        prepare(adata, donor="nobody")


def test_scale(adata: anndata.AnnData) -> None:
    z = adata.copy()
    z.X = z.X.toarray() - 1.5
    with pytest.raises(ScaleError, match=r"X is scaled(?s:.*)raw counts"):
        prepare(z)


def test_vocabulary(adata: anndata.AnnData) -> None:
    known = {f"G{j}": j + 100 for j in range(40)}
    prepared = prepare(adata, vocabulary=known)
    assert prepared.gene_map is not None
    assert prepared.report.mapping is not None
    assert prepared.report.mapping["mapped"] == 40
    used = adata.X[prepared.cells]
    share = used[:, :40].sum() / used.sum()
    assert prepared.report.mapping["share_of_counts_kept"] == pytest.approx(share)
    with pytest.raises(InputError, match="no gene is in the vocabulary"):
        prepare(adata, vocabulary={"ENSG00000141510": 0}, kind="ensembl")


def test_real_donors(shared_data: Callable[[str], Path]) -> None:
    adata = open_cells(shared_data("single_cell/pbmc_kang2018_donors.h5ad"))
    report = prepare(adata, donor="donor", strata="cell_type", batch="condition").report
    assert report.n_cells == 1556
    assert len(report.columns["strata"]["sizes"]) == 5
    assert set(report.columns["donor"]["sizes"]) == {"101", "107"}
    assert report.identifiers == "symbol"


def test_cells_that_were_not_asked_for_are_not_called_empty():
    matrix = np.ones((6, 3), "float32")
    matrix[[1, 4]] = 0
    adata = anndata.AnnData(matrix)
    found = prepare(adata, within=np.array([0, 1, 2]), seed=1)
    assert found.cells.tolist() == [0, 2]
    assert found.report.n_empty_cells == 1
    assert prepare(adata, seed=1).report.n_empty_cells == 2
