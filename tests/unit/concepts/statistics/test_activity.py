"""Frequency and sparsity of units against the obvious formulas on dense arrays."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from cellglass.concepts.statistics.activity import l0_distribution, strongest, unit_activity
from cellglass.errors import InputError


@pytest.fixture
def z() -> np.ndarray:
    rng = np.random.default_rng(1)
    dense = rng.gamma(1.0, size=(60, 7)) * (rng.random((60, 7)) < 0.3)
    dense[:, 3] = 0.0
    return dense


def slow_gini(x: np.ndarray) -> float:
    return float(np.abs(x[:, None] - x[None]).sum() / (2 * x.size**2 * x.mean()))


def test_against_dense_formulas(z: np.ndarray):
    table = unit_activity(sparse.csr_matrix(z))
    for j in range(z.shape[1]):
        row, x = table.iloc[j], z[:, j]
        assert row.frequency == pytest.approx((x > 0).mean())
        assert row["max"] == x.max()
        assert row["mean"] == pytest.approx(x.mean())
        if j == 3:
            assert row.dead
            assert np.isnan([row.gini, row.hoyer, row.mean_active]).all()
            continue
        assert row.mean_active == pytest.approx(x[x > 0].mean())
        assert row.gini == pytest.approx(slow_gini(x))
        root = np.sqrt(x.size)
        assert row.hoyer == pytest.approx((root - x.sum() / np.linalg.norm(x)) / (root - 1))


def test_sparsity_at_its_ends():
    z = np.zeros((50, 2))
    z[:, 0], z[7, 1] = 2.0, 3.0
    table = unit_activity(z)
    assert table.gini.tolist() == pytest.approx([0.0, 0.98])
    assert table.hoyer.tolist() == pytest.approx([0.0, 1.0])


def test_strongest_counts_each_cell_once(z: np.ndarray):
    counted = strongest(z)
    silent = int((z.sum(1) == 0).sum())
    assert counted.sum() == len(z) - silent
    expected = np.bincount(z.argmax(1)[z.sum(1) > 0], minlength=z.shape[1])
    np.testing.assert_array_equal(counted, expected)


def test_l0_distribution_is_that_of_the_rows(z: np.ndarray):
    table = l0_distribution(z)
    expected = (z > 0).sum(1)
    for row in table.itertuples():
        assert row.n_cells == (expected == row.l0).sum()
    assert table.n_cells.sum() == len(z)
    assert table.cumulative.iloc[-1] == pytest.approx(1.0)


def test_donors_are_the_unit_from_six_on():
    rng = np.random.default_rng(2)
    donors = np.repeat([f"d{i}" for i in range(8)], 50)
    by_donor = np.repeat((np.arange(8) % 2).astype(float), 50)  # all cells or none of a donor
    z = np.stack([by_donor, (rng.random(400) < 0.5).astype(float)], axis=1)
    over_cells = unit_activity(z)
    over_donors = unit_activity(z, donors=donors)
    assert over_donors.inference_unit.eq("donor").all()
    assert over_donors.n.eq(8).all()
    width = over_donors.frequency_high - over_donors.frequency_low
    assert width[0] > 5 * (over_cells.frequency_high - over_cells.frequency_low)[0]
    # t of seven degrees on eight shares of 0 or 1
    assert width[0] / 2 == pytest.approx(2.3646 * np.std(np.arange(8) % 2, ddof=1) / 8**0.5, 1e-3)
    few = unit_activity(z, donors=np.repeat(["a", "b"], 200))
    assert few.note.eq("conditional on the donors").all()
    assert few.inference_unit.eq("cell").all()


def test_cells_without_a_donor_are_refused():
    with pytest.raises(InputError, match="1 of 2 cells have no donor"):
        unit_activity(np.ones((2, 1)), donors=["a", None])
