import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats import auroc, cross_fitted_residuals, residual_r2


def test_residuals_equal_least_squares_fold_by_fold():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3)), rng.normal(size=200)
    found = cross_fitted_residuals(x, y, n_folds=4, seed=7, task="t")
    folds = generator(7, "t").permutation(200) % 4
    for fold in range(4):
        train = folds != fold
        design = np.column_stack([np.ones(200), x])
        slopes = np.linalg.solve(design[train].T @ design[train], design[train].T @ y[train])
        assert found[~train] == pytest.approx((y - design @ slopes)[~train], abs=1e-10)


def test_float32_covariates_on_awkward_scales_do_not_spoil_the_fit():
    # Large offsets and unlike scales: least squares in float32 leaves much of the fit behind.
    rng = np.random.default_rng(0)
    x = np.column_stack([1000 + rng.random(5000), 1e-4 * rng.random(5000)]).astype(np.float32)
    score = (3 * (x[:, 0].astype(float) - 1000) + 2e4 * x[:, 1]).astype(np.float32)
    assert residual_r2(x, score) > 0.999999


def test_r2_is_out_of_sample():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 40)), rng.normal(size=60)
    assert residual_r2(x, y) < 0  # in sample it would be about 0.7
    x, y = rng.normal(size=(4000, 3)), rng.normal(size=4000)
    assert residual_r2(x, x[:, 0] + y) == pytest.approx(0.5, abs=0.03)


def test_residual_of_a_gene_level_score_has_no_signal_left():
    rng = np.random.default_rng(0)
    prominence = rng.normal(size=4000)
    labels = rng.random(4000) < 1 / (1 + np.exp(2 - prominence))
    score = prominence + 0.1 * rng.normal(size=4000)
    left = cross_fitted_residuals(prominence, score)
    assert auroc(score, labels) > 0.7
    assert abs(auroc(left, labels) - 0.5) < 0.04


def test_seed_decides_the_folds():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=50), rng.normal(size=50)
    a = cross_fitted_residuals(x, y, seed=1)
    assert np.array_equal(a, cross_fitted_residuals(x, y, seed=1))
    assert not np.array_equal(a, cross_fitted_residuals(x, y, seed=2))


def test_impossible_fits_are_refused():
    with pytest.raises(InputError, match="constant"):
        residual_r2(np.arange(9.0), np.ones(9))
    with pytest.raises(InputError, match="more training pairs than covariates"):
        cross_fitted_residuals(np.ones((6, 5)), np.arange(6.0))
    with pytest.raises(InputError, match="5 scores for 6 pairs"):
        cross_fitted_residuals(np.arange(6.0), np.arange(5.0))
