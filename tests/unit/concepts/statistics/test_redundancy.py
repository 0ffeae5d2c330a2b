"""Units that fire together or point the same way, against dense counting."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.statistics.redundancy import coactivation, collinearity


@pytest.fixture
def z() -> np.ndarray:
    rng = np.random.default_rng(1)
    dense = (rng.random((300, 12)) < 0.2) * 1.0
    dense[:, 5] = dense[:, 2]
    dense[:, 7] = 0.0
    return dense


def test_edges_against_counting(z: np.ndarray):
    table = coactivation(z, least_together=3, least_pmi=-np.inf)
    found = {(r.unit_a, r.unit_b): r for r in table.itertuples()}
    pairs = 0
    for i in range(12):
        for j in range(i + 1, 12):
            both = int(((z[:, i] > 0) & (z[:, j] > 0)).sum())
            if both < 3:
                assert (f"unit {i}", f"unit {j}") not in found
                continue
            row = found[f"unit {i}", f"unit {j}"]
            pairs += 1
            expected = np.log2(both / 300 / (z[:, i].mean() * z[:, j].mean()))
            assert row.pmi == pytest.approx(expected)
            assert row.low < row.pmi < row.high
            assert (row.n_both, row.n_a, row.n_b) == (both, z[:, i].sum(), z[:, j].sum())
            assert row.npmi == pytest.approx(expected / -np.log2(both / 300))
    assert pairs == len(table)
    assert table.pmi.is_monotonic_decreasing


def test_twins_lead(z: np.ndarray):
    top = coactivation(z).iloc[0]
    assert (top.unit_a, top.unit_b) == ("unit 2", "unit 5")
    assert top.npmi == pytest.approx(1.0)


def test_defaults_leave_out_rare_and_repelling_pairs(z: np.ndarray):
    table = coactivation(z)
    assert (table.n_both >= 10).all()
    assert (table.pmi > 0).all()


def test_counts_may_exceed_a_byte():
    table = coactivation(np.ones((400, 2)), least_pmi=-1.0)
    assert table.n_both.tolist() == [400]
    assert table.pmi.tolist() == [0.0]


def test_collinearity_against_dense():
    rows = np.random.default_rng(2).normal(size=(30, 5))
    rows[4] = -2 * rows[9] + 0.01
    table = collinearity(rows)
    normed = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosine = normed @ normed.T
    np.fill_diagonal(cosine, 0)
    np.testing.assert_allclose(table.collinearity, np.abs(cosine).max(1), atol=1e-6)
    assert table.collinear_with[4] == "unit 9"
    assert table.collinear_cosine[4] < -0.99


def test_single_unit_has_no_other():
    assert collinearity([[1.0, 2.0]]).collinearity.isna().all()
