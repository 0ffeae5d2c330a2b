"""AUROC of sparse columns against scikit-learn and against DeLong by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from cellglass.concepts.statistics.inputs import as_columns
from cellglass.concepts.statistics.rank_auroc import rank_auroc
from cellglass.stats import mann_whitney_moments


@pytest.fixture(params=["sparse with ties", "dense"])
def problem(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    z = rng.integers(1, 6, size=(80, 9)).astype(float)
    if request.param == "dense":
        z = rng.gamma(1.0, size=z.shape)
    else:
        z *= rng.random(z.shape) < 0.4
        z[:, 4] = 0.0
    return z, rng.integers(0, 4, size=80)


def test_equals_scikit_learn(problem: tuple[np.ndarray, np.ndarray]):
    z, codes = problem
    found = rank_auroc(as_columns(z), codes, 4)
    for j in range(z.shape[1]):
        for label in range(4):
            expected = roc_auc_score(codes == label, z[:, j])
            assert found.auroc[j, label] == pytest.approx(expected, abs=1e-12)


def test_variance_is_that_of_placements(problem: tuple[np.ndarray, np.ndarray]):
    z, codes = problem
    found = rank_auroc(as_columns(z), codes, 4)
    for j in range(z.shape[1]):
        for label in range(4):
            pos, neg = z[codes == label, j], z[codes != label, j]
            wins = (pos[:, None] > neg) + 0.5 * (pos[:, None] == neg)
            expected = wins.mean(1).var(ddof=1) / pos.size + wins.mean(0).var(ddof=1) / neg.size
            assert found.variance[j, label] == pytest.approx(expected, abs=1e-12)


def test_null_variance_is_that_of_permuted_labels(problem: tuple[np.ndarray, np.ndarray]):
    z, codes = problem
    found = rank_auroc(as_columns(z), codes, 4)
    for j in (0, 8):
        _, sd = mann_whitney_moments(z[:, j], codes == 2)
        assert found.null_variance[j, 2] == pytest.approx(sd**2, rel=1e-9)


def test_p_follows_from_what_is_returned(problem: tuple[np.ndarray, np.ndarray]):
    z, codes = problem
    found = rank_auroc(as_columns(z), codes, 4)
    pos, neg = z[codes == 1, 0], z[codes != 1, 0]
    expected = stats.mannwhitneyu(pos, neg, method="asymptotic").pvalue
    away = abs(found.auroc[0, 1] - 0.5) - found.half_pair[1]
    p = 2 * stats.norm.sf(away / np.sqrt(found.null_variance[0, 1]))
    assert p == pytest.approx(expected, rel=1e-9)


def test_label_of_no_cell_or_all_cells_is_undefined():
    found = rank_auroc(as_columns(np.array([[1.0], [0.0]])), np.array([1, 1]), 2)
    assert np.isnan(found.auroc).all()
    assert np.isnan(found.null_variance).all()


def test_silent_unit_is_at_chance():
    found = rank_auroc(as_columns(np.array([[0.0], [0.0], [0.0]])), np.array([0, 1, 1]), 2)
    assert found.auroc.tolist() == [[0.5, 0.5]]
    assert found.null_variance.tolist() == [[0.0, 0.0]]
