"""Gene statistics against dense NumPy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

from cellglass.data.features import FeatureAccumulator, gene_features
from cellglass.errors import InputError


def slow_features(counts: np.ndarray, n_counts: np.ndarray) -> tuple[np.ndarray, ...]:
    logs = np.log1p(counts.astype(np.float64) / n_counts[:, None] * 1e4)
    return logs.mean(axis=0), logs.var(axis=0), (counts > 0).mean(axis=0)


def totals_of(counts: sparse.csr_matrix) -> np.ndarray:
    return np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()


def test_against_dense_numpy(whole_counts: sparse.csr_matrix) -> None:
    n_counts = totals_of(whole_counts) + np.arange(60)  # totals over more genes than those here
    table = gene_features(whole_counts, n_counts, [f"g{j}" for j in range(80)])
    mean, variance, detection = slow_features(whole_counts.toarray(), n_counts)
    np.testing.assert_allclose(table["mean"], mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(table["variance"], variance, rtol=1e-10, atol=1e-11)
    np.testing.assert_array_equal(table["detection"], detection)
    assert table.index[3] == "g3"
    assert (table.dtypes == np.float64).all()


def test_real_cells(shared_data: Callable[[str], Path]) -> None:
    counts = anndata.read_h5ad(shared_data("single_cell/pbmc_kang2018_donors.h5ad")).X
    table = gene_features(counts, totals_of(counts))
    for name, oracle in zip(
        table.columns, slow_features(counts.toarray(), totals_of(counts)), strict=True
    ):
        np.testing.assert_allclose(table[name], oracle, rtol=1e-10, atol=1e-11)


def test_bits_do_not_depend_on_chunks_or_order(whole_counts: sparse.csr_matrix) -> None:
    n_counts, rng = totals_of(whole_counts), np.random.default_rng(0)
    whole = FeatureAccumulator(80)
    whole.add(whole_counts, n_counts)
    for chunk in (1, 7, 33):
        order, parts = rng.permutation(60), []
        for start in range(0, 60, chunk):
            part = FeatureAccumulator(80)
            rows = order[start : start + chunk]
            part.add(whole_counts[rows], n_counts[rows])
            parts.append(part)
        total = FeatureAccumulator(80)
        for i in rng.permutation(len(parts)):
            total.merge(parts[i])
        assert total.n_cells == 60
        for name in ("mean", "variance", "detection"):
            assert getattr(total, name).tobytes() == getattr(whole, name).tobytes()


def test_many_cells_do_not_overflow() -> None:
    """The largest possible value (one gene holds all counts) in very many cells."""
    counts = sparse.csr_matrix(np.ones((2000, 1), dtype=np.float32))
    part = FeatureAccumulator(1)
    part.add(counts, np.ones(2000))
    total = FeatureAccumulator(1)
    for _ in range(18):  # 2**18 x 2,000 = half a billion cells
        doubled = FeatureAccumulator(1)
        doubled.merge(part)
        doubled.merge(part)
        part = doubled
    total.merge(part)
    assert total.n_cells == 2000 * 2**18
    assert total.mean[0] == pytest.approx(np.log1p(1e4), rel=1e-13)
    assert total.variance[0] == pytest.approx(0, abs=1e-11)


def test_constant_genes_have_no_variance() -> None:
    counts = sparse.csr_matrix(np.tile([[3.0, 1.0]], (50, 1)))
    assert gene_features(counts, np.full(50, 4.0))["variance"].max() < 1e-12


def test_input_is_left_alone(whole_counts: sparse.csr_matrix) -> None:
    before = whole_counts.copy()
    gene_features(whole_counts, totals_of(whole_counts))
    assert (before != whole_counts).nnz == 0


def test_empty_cells_count_as_zero() -> None:
    counts = sparse.csr_matrix(np.array([[2.0], [0.0]]))
    table = gene_features(counts, np.array([2.0, 0.0]))
    assert table["detection"].tolist() == [0.5]
    assert table["mean"].tolist() == pytest.approx([np.log1p(1e4) / 2])


def test_stored_zeros_are_not_detected() -> None:
    counts = sparse.csr_matrix(np.array([[2.0, 1.0], [3.0, 1.0]]))
    counts.data[0] = 0.0
    assert gene_features(counts, np.array([5.0, 5.0]))["detection"].tolist() == [0.5, 1.0]


def test_errors(whole_counts: sparse.csr_matrix) -> None:
    with pytest.raises(InputError, match="one total per cell"):
        gene_features(whole_counts, np.ones(3))
    with pytest.raises(InputError, match="has no total"):
        gene_features(whole_counts, np.zeros(60))
    with pytest.raises(InputError, match="no cells"):
        FeatureAccumulator(3).table()
    with pytest.raises(InputError, match="3 genes"):
        FeatureAccumulator(3).add(whole_counts, totals_of(whole_counts))
    with pytest.raises(InputError, match="4 genes"):
        FeatureAccumulator(3).merge(FeatureAccumulator(4))
