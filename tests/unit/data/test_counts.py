from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.data.counts import count_source, counts_of, iter_counts
from cellglass.data.matrices import sample_rows
from cellglass.data.scale import SAMPLE
from cellglass.errors import InputError, ScaleError


def cp10k(counts: sparse.csr_matrix, target: float = 1e4) -> sparse.csr_matrix:
    totals = np.asarray(counts.sum(axis=1)).ravel()
    out = counts.copy()
    out.data = (counts.data * np.repeat(target / totals, np.diff(counts.indptr))).astype(np.float32)
    return out


def log_cp10k(counts: sparse.csr_matrix, target: float = 1e4) -> sparse.csr_matrix:
    out = cp10k(counts, target)
    out.data = np.log1p(out.data)
    return out


def z_scores(counts: sparse.csr_matrix) -> np.ndarray:
    log = log_cp10k(counts).toarray()
    return np.asarray((log - log.mean(0)) / (log.std(0) + 1e-6), dtype=np.float32)


def cells_of(matrix: object, **kwargs: object) -> anndata.AnnData:
    n, g = matrix.shape  # type: ignore[attr-defined]
    obs = pd.DataFrame(index=[f"cell{i}" for i in range(n)])
    var = pd.DataFrame(index=[f"GENE{j}" for j in range(g)])
    return anndata.AnnData(matrix, obs=obs, var=var, **kwargs)


def same(a: sparse.csr_matrix, b: sparse.csr_matrix) -> bool:
    return a.shape == b.shape and (a != b).nnz == 0


def test_x_with_counts_is_taken_as_it_is(whole_counts: sparse.csr_matrix) -> None:
    found = counts_of(cells_of(whole_counts))
    assert found.source == "X"
    assert found.matrix.dtype == np.float32
    assert same(found.matrix, whole_counts)
    assert found.n_counts_source == "row sums"
    assert np.array_equal(found.n_counts, np.asarray(whole_counts.sum(axis=1)).ravel())


def test_search_order(whole_counts: sparse.csr_matrix) -> None:
    """X with counts, then a layer of counts, then raw (also recovered), then X recovered."""
    log, z = log_cp10k(whole_counts), z_scores(whole_counts)
    both = cells_of(log, layers={"counts": whole_counts})
    both.raw = cells_of(log)
    assert counts_of(both).source == "counts"
    del both.layers["counts"]
    assert counts_of(both).source == "raw"
    scaled = cells_of(z)
    scaled.raw = cells_of(log)
    found = counts_of(scaled)
    assert found.source == "raw"
    assert same(found.matrix, whole_counts)
    assert any("passed over X is scaled" in note for note in found.notes)
    only = counts_of(cells_of(log))
    assert (only.source, only.report.kind) == ("X", "log1p_cp10k")
    assert same(only.matrix, whole_counts)


def test_a_layer_called_raw_does_not_hide_raw(whole_counts: sparse.csr_matrix) -> None:
    adata = cells_of(z_scores(whole_counts), layers={"raw": z_scores(whole_counts)})
    adata.raw = cells_of(log_cp10k(whole_counts))
    assert same(counts_of(adata).matrix, whole_counts)
    adata.layers["raw"] = whole_counts * 2
    assert same(counts_of(adata).matrix, whole_counts * 2)  # a layer of counts comes first
    assert same(counts_of(adata, layer="raw").matrix, whole_counts * 2)


def test_notes_tell_only_what_was_passed_over(whole_counts: sparse.csr_matrix) -> None:
    (note,) = counts_of(cells_of(log_cp10k(whole_counts))).notes
    assert note.startswith("counts from X: recovered, log1p of counts per 10,000")


def test_cells_without_own_evidence_are_told(whole_counts: sparse.csr_matrix) -> None:
    """Two of the cells hold one gene only: its count cannot be told from its value."""
    few = whole_counts.tolil()
    few[:2, 1:] = 0
    few[:2, 0] = 3
    logged = log_cp10k(few.tocsr())
    report = counts_of(cells_of(logged)).report
    assert any("2 cells hold one distinct value only" in e for e in report.evidence)


def test_raw_brings_its_own_genes(whole_counts: sparse.csr_matrix) -> None:
    adata = cells_of(whole_counts)
    adata.raw = adata
    few = adata[:, :10].copy()
    few.X = z_scores(whole_counts)[:, :10]
    found = counts_of(few)
    assert found.source == "raw"
    assert len(found.genes) == found.matrix.shape[1] == 80


def test_layer_can_be_named(whole_counts: sparse.csr_matrix) -> None:
    adata = cells_of(z_scores(whole_counts), layers={"logs": log_cp10k(whole_counts)})
    with pytest.raises(ScaleError, match=r"layers\['logs'\] can be used: pass layer='logs'"):
        counts_of(adata)
    assert same(counts_of(adata, layer="logs").matrix, whole_counts)
    with pytest.raises(InputError, match=r"no layer 'log'(?s:.*)did you mean 'logs'"):
        counts_of(adata, layer="log")
    with pytest.raises(ScaleError, match="z-scores or residuals"):
        counts_of(adata, layer="X")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_kind_of_recovery_is_exact(whole_counts: sparse.csr_matrix, dtype: type) -> None:
    for matrix in (
        log_cp10k(whole_counts),
        log_cp10k(whole_counts, 1e6),
        cp10k(whole_counts),
        whole_counts.log1p(),
    ):
        assert same(counts_of(cells_of(matrix.astype(dtype))).matrix, whole_counts)


def test_result_does_not_depend_on_the_chunk(whole_counts: sparse.csr_matrix) -> None:
    source = count_source(cells_of(log_cp10k(whole_counts)))
    assert same(source.read(chunk=7).matrix, source.read(chunk=1000).matrix)
    parts = [c.matrix for _, c in iter_counts(source, np.arange(3, 50), chunk=11)]
    assert same(sparse.vstack(parts, format="csr"), whole_counts[3:50])


def test_every_value_is_checked_not_only_the_sample(whole_counts: sparse.csr_matrix) -> None:
    many = sparse.vstack([whole_counts] * 20, format="csr")  # 1,200 cells, 512 are examined
    source = count_source(cells_of(many))
    assert 1 not in sample_rows(1200, SAMPLE)
    spoiled = many.copy()
    spoiled.data[spoiled.indptr[1]] += 0.5
    with pytest.raises(ScaleError, match=r"1 values are not whole counts.*'cell1', gene 'GENE0'"):
        counts_of(cells_of(spoiled))
    logged = log_cp10k(many)
    logged.data[logged.indptr[1]] *= 1.01
    with pytest.raises(ScaleError, match=r"scale of the others: log1p_cp10k.*'cell1'"):
        counts_of(cells_of(logged))
    assert same(source.read().matrix, many)


def test_faults_outside_the_sample_are_found(whole_counts: sparse.csr_matrix) -> None:
    """Cell 1 of 1,200 is not among the cells examined first."""
    many = sparse.vstack([whole_counts] * 20, format="csr")
    negative = many.copy()
    negative.data[negative.indptr[1]] = -2
    with pytest.raises(InputError, match=r"1 counts are negative.*'cell1', gene 'GENE0': -2"):
        counts_of(cells_of(negative))
    short = cells_of(many.toarray())
    short.obs["n_counts"] = np.asarray(many.sum(axis=1), dtype=np.float64).ravel()
    short.obs.iloc[1, 0] -= 1
    with pytest.raises(InputError, match=r"1 cells have a total smaller.*the first is 'cell1'"):
        counts_of(short)


def test_rounding_too_coarse_for_one_count_is_refused() -> None:
    """2 decimals are enough for small counts but not for 5,000 in a cell that was not examined."""
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 6, size=(1200, 30)).astype(np.float64)
    counts[:, 0] = 1
    good = counts.copy()
    counts[1, 3] = 5000
    for matrix, fine in ((good, True), (counts, False)):
        totals = matrix.sum(axis=1) + 300
        adata = cells_of(np.round(np.log1p(matrix / totals[:, None] * 1e4), 2))
        adata.obs["n_counts"] = totals
        if fine:
            assert same(counts_of(adata).matrix, sparse.csr_matrix(matrix))
        else:
            with pytest.raises(ScaleError, match=r"1 values are not whole.*'cell1', gene 'GENE3'"):
                counts_of(adata)


def test_negative_counts_are_named(whole_counts: sparse.csr_matrix) -> None:
    bad = whole_counts.copy()
    bad.data[bad.indptr[4]] = -3
    bad.data[bad.indptr[9]] = -1
    with pytest.raises(InputError, match=r"2 counts are negative.*cell 'cell4', gene 'GENE0': -3"):
        counts_of(cells_of(bad))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_non_finite_counts_are_named(whole_counts: sparse.csr_matrix, value: float) -> None:
    bad = whole_counts.copy()
    bad.data[bad.indptr[4]] = value
    with pytest.raises(InputError, match=r"1 values are NaN or infinite.*'cell4', gene 'GENE0'"):
        counts_of(cells_of(bad))


def test_non_finite_x_does_not_hide_good_counts(whole_counts: sparse.csr_matrix) -> None:
    z = z_scores(whole_counts)
    z[0, 0] = np.nan
    found = counts_of(cells_of(z, layers={"counts": whole_counts}))
    assert found.source == "counts"
    assert any("NaN or infinite" in note for note in found.notes)


def test_scale_error_tells_every_place(whole_counts: sparse.csr_matrix) -> None:
    adata = cells_of(z_scores(whole_counts))
    adata.raw = cells_of(np.log2(1 + cp10k(whole_counts).toarray()))
    with pytest.raises(ScaleError) as caught:
        counts_of(adata)
    text = str(caught.value)
    assert "X is scaled" in text
    assert "raw is log_other: log2(1 + x)" in text
    assert "what to do" in text


def test_totals_of_the_cells(whole_counts: sparse.csr_matrix) -> None:
    adata = cells_of(whole_counts[:, :40])
    totals = np.asarray(whole_counts.sum(axis=1)).ravel()
    adata.obs["n_counts"] = totals
    found = counts_of(adata)
    assert found.n_counts_source == "obs['n_counts']"
    assert np.array_equal(found.n_counts, totals)
    logged = cells_of(log_cp10k(whole_counts)[:, :40])
    logged.obs["n_counts"] = totals
    assert counts_of(logged).report.scaling == "n_counts"
    assert same(counts_of(logged).matrix, whole_counts[:, :40])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda t: t * 0.1, "not whole numbers"),
        (lambda t: np.floor(t / 2), "less than the"),
        (lambda t: np.full_like(t, 1e6), "in every cell although"),
        (lambda t: np.where(t > 500, np.nan, t), "missing"),
        (lambda t: t.astype(str), ""),
    ],
)
def test_columns_that_cannot_be_totals(
    whole_counts: sparse.csr_matrix, change: Callable, word: str
) -> None:
    adata = cells_of(whole_counts)
    totals = np.asarray(whole_counts.sum(axis=1), dtype=np.float64).ravel()
    adata.obs["n_counts"] = change(totals)
    found = counts_of(adata)
    if word:
        assert found.n_counts_source == "row sums"
        assert any(word in note for note in found.notes)
        with pytest.raises(InputError, match=word):
            counts_of(adata, n_counts="n_counts")
    else:  # numbers as text are numbers
        assert found.n_counts_source == "obs['n_counts']"


def test_totals_named_wrongly(whole_counts: sparse.csr_matrix) -> None:
    adata = cells_of(whole_counts)
    adata.obs["total_umi"] = 1
    with pytest.raises(InputError, match=r"no column 'total_umis'(?s:.*)'total_umi'"):
        counts_of(adata, n_counts="total_umis")
    with pytest.raises(InputError, match="one total per cell"):
        counts_of(adata, n_counts=np.ones(3))


def test_huge_counts_are_refused() -> None:
    with pytest.raises(InputError, match="float32 is exact"):
        counts_of(cells_of(np.array([[2.0**24 + 2, 1.0], [1.0, 1.0]])))


def test_backed_files_are_read_in_part(
    whole_counts: sparse.csr_matrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells_of(log_cp10k(whole_counts)).write_h5ad(tmp_path / "a.h5ad")
    cells_of(whole_counts.toarray()).write_h5ad(tmp_path / "dense.h5ad")
    for name in ("a", "dense"):
        adata = anndata.read_h5ad(tmp_path / f"{name}.h5ad", backed="r")
        found = counts_of(adata, cells=np.array([0, 5, 59]))
        assert same(found.matrix, whole_counts[[0, 5, 59]])
        assert found.cells.tolist() == ["cell0", "cell5", "cell59"]
        adata.file.close()


def test_backed_reading_touches_only_the_rows_wanted(
    whole_counts: sparse.csr_matrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = sparse.vstack([whole_counts] * 40, format="csr")
    cells_of(many).write_h5ad(tmp_path / "a.h5ad")
    adata = anndata.read_h5ad(tmp_path / "a.h5ad", backed="r")
    source = count_source(adata)
    read: list[int] = []
    original = h5py.Dataset.__getitem__

    def spy(self: h5py.Dataset, key: object, *args: object, **kwargs: object) -> object:
        out = original(self, key, *args, **kwargs)
        if self.name == "/X/data":
            read.append(np.size(out))
        return out

    monkeypatch.setattr(h5py.Dataset, "__getitem__", spy)
    source.read(np.arange(100, 150))
    assert 0 < sum(read) <= many[100:150].nnz
    adata.file.close()


def test_pbmc68k_reduced_is_recovered_exactly() -> None:
    spec = importlib.util.find_spec("scanpy")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("needs scanpy's data set (pip install cellglass[scanpy])")
    path = Path(spec.submodule_search_locations[0]) / "datasets/10x_pbmc68k_reduced.h5ad"
    from cellglass.data.cells import open_cells

    adata = open_cells(path)
    found = counts_of(adata)
    raw = adata.raw.X.copy()
    totals = np.repeat(adata.obs["n_counts"].to_numpy(dtype=float), np.diff(raw.indptr))
    linear = np.expm1(raw.data.astype(float)) * totals / 1e4
    raw.data = np.rint(linear).astype(np.float32)
    assert same(found.matrix, raw)
    assert (found.source, found.report.decimals, found.report.target_sum) == ("raw", 3, 1e4)
    assert found.n_counts_source == "obs['n_counts']"
    assert np.abs(linear - raw.data).max() < 0.11  # specs/performance.md, section 5
    del adata.obs["n_counts"]  # by the smallest value of each cell
    again = counts_of(adata)
    assert again.report.scaling == "smallest value"
    assert same(again.matrix, raw)


@pytest.mark.parametrize("name", ["norman2019_k562_crispra", "mcfaline2023_gbm_crispri"])
def test_published_log_values_recover_the_counts(
    shared_data: Callable[[str], Path], name: str
) -> None:
    adata = anndata.read_h5ad(shared_data(f"perturbation/{name}.h5ad"))
    found = counts_of(adata, layer="lognorm")
    assert same(found.matrix, adata.X)
    assert found.source == "lognorm"


@pytest.mark.parametrize(
    "name",
    [
        "single_cell/pbmc_10x_three_technologies",
        "single_cell/pbmc_kang2018_donors",
        "single_cell/pbmc_zheng2017_sorted",
        "perturbation/papalexi2021_thp1_crisprko",
    ],
)
def test_log_of_shared_counts_recovers_them(shared_data: Callable[[str], Path], name: str) -> None:
    counts = anndata.read_h5ad(shared_data(f"{name}.h5ad")).X[:600]
    assert same(counts_of(cells_of(log_cp10k(counts))).matrix, counts)
