"""Best F1: thresholds by brute force, and never chosen on the cells they are judged on."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from cellglass.concepts.statistics.best_f1 import best_f1, validation_cells
from cellglass.errors import InputError


@pytest.fixture
def problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    labels = rng.choice(list("abc"), size=120)
    z = rng.integers(0, 6, size=(120, 5)) * (rng.random((120, 5)) < 0.6) * 1.0
    z[:, 0] += 2.0 * (labels == "a")
    return z, labels, rng.random(120) < 0.5


def test_threshold_is_the_best_of_all(problem: tuple[np.ndarray, np.ndarray, np.ndarray]):
    z, labels, validation = problem
    for row in best_f1(z, labels, validation=validation).itertuples():
        x, truth = z[:, int(row.unit.split()[1])], labels == row.label
        inner = {
            value: f1_score(truth[validation], x[validation] >= value)
            for value in np.unique(x[validation])
            if value > 0
        }
        assert row.f1_validation == pytest.approx(max(inner.values()))
        highest = max(v for v, f1 in inner.items() if f1 == max(inner.values()))
        next_lower = max([v for v in inner if v < highest], default=0.0)
        assert row.threshold == pytest.approx((highest + next_lower) / 2)
        called = x[~validation] >= row.threshold
        assert row.f1 == pytest.approx(f1_score(truth[~validation], called))
        assert row.precision == pytest.approx(precision_score(truth[~validation], called))
        assert row.recall == pytest.approx(recall_score(truth[~validation], called))
        assert row.f1_low <= row.f1 <= row.f1_high


def test_noise_is_not_flattered():
    rng = np.random.default_rng(2)
    labels = np.where(rng.random(60) < 0.2, "rare", "rest")
    z = rng.gamma(1.0, size=(60, 300))
    table = best_f1(z, labels, seed=3).query("label == 'rare'")
    assert table.f1_validation.mean() > table.f1.mean() + 0.05


def test_unit_that_never_fires_on_validation_calls_nothing():
    z = np.array([[0.0], [0.0], [1.0], [1.0]])
    table = best_f1(z, list("abab"), validation=[True, True, False, False])
    assert table.threshold.isna().all()
    assert table.f1.eq(0).all()
    assert table.precision.isna().all()


def test_split_keeps_donors_whole():
    donors = np.repeat(list("uvwxyz"), 20)
    chosen = validation_cells(120, donors=donors, seed=1)
    assert chosen.sum() == 60
    for donor in "uvwxyz":
        assert len(set(chosen[donors == donor])) == 1
    np.testing.assert_array_equal(chosen, validation_cells(120, donors=donors, seed=1))
    table = best_f1(np.ones((120, 1)), np.tile(list("ab"), 60), donors=donors)
    assert table.split.eq("donor").all()
    one = best_f1(np.ones((120, 1)), np.tile(list("ab"), 60), donors=["u"] * 120)
    assert one.split.eq("cell").all()


def test_one_sided_split_is_refused():
    with pytest.raises(InputError, match="0 validation and 2 test cells"):
        best_f1(np.ones((2, 1)), ["a", "b"], validation=[False, False])
