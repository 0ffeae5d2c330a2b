from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.data import cells as module
from cellglass.data.cells import iter_chunks, notes, open_cells
from cellglass.errors import InputError


def cells_of(matrix: object, genes: list[str] | None = None) -> anndata.AnnData:
    n, g = matrix.shape  # type: ignore[attr-defined]
    obs = pd.DataFrame({"type": ["a"] * n}, index=[f"c{i}" for i in range(n)])
    var = pd.DataFrame(index=genes or [f"G{j}" for j in range(g)])
    with duplicates_allowed():
        return anndata.AnnData(matrix, obs=obs, var=var)


@contextmanager
def duplicates_allowed() -> Iterator[None]:
    """Silence anndata where a test makes duplicated names; `open_cells` must not warn itself."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*names are not unique.*")
        yield


@pytest.fixture
def path(tmp_path: Path, whole_counts: sparse.csr_matrix) -> Path:
    file = tmp_path / "cells.h5ad"
    cells_of(whole_counts).write_h5ad(file)
    return file


def test_open_reads_the_file(path: Path, whole_counts: sparse.csr_matrix) -> None:
    adata = open_cells(path)
    assert not adata.isbacked
    assert (whole_counts != adata.X).nnz == 0
    assert notes(adata) == []
    assert open_cells(str(path)).shape == adata.shape


def test_missing_file_names_its_neighbours(path: Path) -> None:
    with pytest.raises(InputError, match=r"does not exist(?s:.*)did you mean 'cells.h5ad'"):
        open_cells(path.with_name("cell.h5ad"))
    with pytest.raises(InputError, match="does not exist"):
        open_cells("/nowhere/at/all.h5ad")
    with pytest.raises(InputError, match="folder"):
        open_cells(path.parent)


def test_other_formats_are_named(tmp_path: Path) -> None:
    text = tmp_path / "cells.csv"
    text.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="not HDF5"):
        open_cells(text)
    (tmp_path / "empty.h5ad").write_bytes(b"")
    with pytest.raises(InputError, match="empty"):
        open_cells(tmp_path / "empty.h5ad")
    with h5py.File(tmp_path / "tenx.h5", "w") as file:
        file.create_group("matrix")
    with pytest.raises(InputError, match=r"holds matrix(?s:.*)read_10x_h5"):
        open_cells(tmp_path / "tenx.h5")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
def test_truncated_files_are_recognised(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"truncated or damaged(?s:.*)copy or download"):
        open_cells(path)


def test_truncated_real_file(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    content = shared_data("single_cell/pbmc_kang2018_donors.h5ad").read_bytes()
    cut = tmp_path / "cut.h5ad"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="truncated or damaged"):
        open_cells(cut)


def test_damaged_values_are_recognised(tmp_path: Path, whole_counts: sparse.csr_matrix) -> None:
    file = tmp_path / "cells.h5ad"
    cells_of(whole_counts).write_h5ad(file, compression="gzip")
    with h5py.File(file) as content:
        data = content["X/data"]
        where, size = data.id.get_chunk_info(0).byte_offset, data.id.get_chunk_info(0).size
    raw = bytearray(file.read_bytes())
    raw[where : where + size] = bytes(size)
    file.write_bytes(raw)
    with pytest.raises(InputError, match="truncated or damaged"):
        open_cells(file, backed=False)


def test_backed_above_a_size_that_counts_decompressed_values(
    path: Path, monkeypatch: pytest.MonkeyPatch, whole_counts: sparse.csr_matrix
) -> None:
    cells_of(whole_counts).write_h5ad(path, compression="gzip")
    monkeypatch.setattr(module, "BACKED_ABOVE", whole_counts.nnz * 8)
    adata = open_cells(path)  # data 4 bytes and indices 4 bytes a value, and the row pointer
    assert adata.isbacked
    adata.file.close()
    monkeypatch.setattr(module, "BACKED_ABOVE", whole_counts.nnz * 20)
    assert not open_cells(path).isbacked


def test_columns_first_cannot_be_backed(tmp_path: Path, whole_counts: sparse.csr_matrix) -> None:
    file = tmp_path / "csc.h5ad"
    cells_of(whole_counts.tocsc()).write_h5ad(file)
    with pytest.raises(InputError, match=r"stored by columns(?s:.*)tocsr"):
        open_cells(file, backed=True)
    assert not open_cells(file).isbacked


def test_chunks_cover_the_cells_wanted(path: Path, whole_counts: sparse.csr_matrix) -> None:
    wanted = np.array([1, 4, 5, 30, 31, 59])
    for backed in (True, False):
        adata = open_cells(path, backed=backed)
        got = list(iter_chunks(adata, wanted, chunk=4))
        assert [len(cells) for cells, _ in got] == [4, 2]
        assert np.array_equal(np.concatenate([cells for cells, _ in got]), wanted)
        stacked = sparse.vstack([m for _, m in got], format="csr")
        assert (stacked != whole_counts[wanted]).nnz == 0
        if backed:
            adata.file.close()


def test_chunks_of_a_layer(whole_counts: sparse.csr_matrix) -> None:
    adata = cells_of(whole_counts)
    adata.layers["double"] = whole_counts * 2
    _, part = next(iter_chunks(adata, chunk=3, layer="double"))
    assert (part != whole_counts[:3] * 2).nnz == 0
    with pytest.raises(InputError, match=r"no layer 'duble'(?s:.*)'double'"):
        next(iter_chunks(adata, layer="duble"))


def test_duplicated_cells_are_made_unique_with_a_note(
    tmp_path: Path, whole_counts: sparse.csr_matrix
) -> None:
    adata = cells_of(whole_counts)
    with duplicates_allowed():
        adata.obs_names = ["x", "x", *adata.obs_names[2:]]
    opened = open_cells(adata)
    assert opened.obs_names.is_unique
    assert notes(opened) == ["1 duplicated cell names were made unique by a suffix"]
    assert adata.obs_names[:2].tolist() == ["x", "x"]  # the caller's object is left alone
    assert notes(adata) == []
    with duplicates_allowed():
        adata.write_h5ad(tmp_path / "a.h5ad")
    for backed in (True, False):
        again = open_cells(tmp_path / "a.h5ad", backed=backed)
        assert again.obs_names.is_unique
        assert len(notes(again)) == 1
        if backed:
            again.file.close()


def test_duplicated_genes_are_an_error_or_summed(whole_counts: sparse.csr_matrix) -> None:
    names = [f"G{j}" for j in range(80)]
    names[10], names[11] = "G3", "G3"
    adata = cells_of(whole_counts, names)
    with pytest.raises(InputError, match=r"1 gene names are duplicated: 'G3'(?s:.*)collapse='sum'"):
        open_cells(adata)
    summed = open_cells(adata, collapse="sum")
    assert summed.n_vars == 78
    dense = whole_counts.toarray()
    expected = dense[:, 3] + dense[:, 10] + dense[:, 11]
    assert np.array_equal(summed[:, "G3"].X.toarray().ravel(), expected)
    assert summed.X.sum() == whole_counts.sum()
    assert summed.var_names.tolist() == list(dict.fromkeys(names))
    assert summed.obs["type"].tolist() == adata.obs["type"].tolist()
    assert "2 columns were summed" in notes(summed)[0]


def test_logs_are_not_summed_as_logs(whole_counts: sparse.csr_matrix) -> None:
    """Two columns of log1p values must be turned into counts before they are added."""
    names = [f"G{j}" for j in range(79)] + ["G0"]
    totals = np.asarray(whole_counts.sum(axis=1))
    logged = np.log1p(whole_counts.toarray() / totals * 1e4)
    summed = open_cells(cells_of(logged, names), collapse="sum")
    dense = whole_counts.toarray()
    assert np.array_equal(summed[:, "G0"].X.toarray().ravel(), dense[:, 0] + dense[:, 79])


def test_backed_genes_cannot_be_summed(tmp_path: Path, whole_counts: sparse.csr_matrix) -> None:
    adata = cells_of(whole_counts, [f"G{j}" for j in range(79)] + ["G0"])
    with duplicates_allowed():
        adata.write_h5ad(tmp_path / "a.h5ad")
    with pytest.raises(InputError, match="backed=False"):
        open_cells(tmp_path / "a.h5ad", backed=True, collapse="sum")


def test_backed_object_with_duplicated_cells_is_not_touched(
    tmp_path: Path, whole_counts: sparse.csr_matrix
) -> None:
    cells_of(whole_counts).write_h5ad(tmp_path / "a.h5ad")
    backed = anndata.read_h5ad(tmp_path / "a.h5ad", backed="r")
    backed.obs.index = ["x", "x", *backed.obs_names[2:]]
    with pytest.raises(InputError, match="obs_names_make_unique"):
        open_cells(backed)
    backed.file.close()
