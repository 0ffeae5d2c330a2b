import inspect

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats import (
    CrossFit,
    auroc,
    cross_fitted_residuals,
    out_of_sample_r2,
    residual_r2,
)


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


def prominent(rng, regulators=100, genes=1000):
    """Well-detected genes, whose statistics hardly vary, and a score that only repeats them."""
    detection = 1 - 0.05 * rng.random(genes) ** 2
    mean = 2 + 0.5 * rng.random(genes) + 20 * (detection - 0.97)
    variance = 0.3 + 0.02 * rng.random(genes)
    i, j = (a.ravel() for a in np.indices((regulators, genes)))
    covariates = np.column_stack([mean[i], variance[i], mean[j], variance[j], detection[j]])
    level = (detection - detection.mean()) / detection.std()
    level += 0.5 * (variance - variance.mean()) / variance.std()
    score = 0.001 * level[j] + 0.001 * rng.normal(size=i.size)
    return covariates, score, rng.random(i.size) < 1 / (1 + np.exp(3.5 - level[j]))


def test_float32_least_squares_kept_what_gene_level_covariates_explain():
    """The published defect: 78 % "retained" where 18 % was right, from a fit in float32.

    Solvers cut off singular values below the precision of the type times the number of pairs:
    in float32, most of the covariates. Ours takes the same float32 values.
    """
    import torch

    covariates, score, labels = prominent(np.random.default_rng(0))
    raw = auroc(score, labels) - 0.5
    assert raw > 0.15
    narrow = torch.tensor(np.column_stack([np.ones(len(score)), covariates]), dtype=torch.float32)
    target = torch.tensor(score, dtype=torch.float32)[:, None]
    slopes = torch.linalg.lstsq(narrow, target, driver="gelsd").solution
    wrong = (target - narrow @ slopes).numpy()[:, 0]
    assert (auroc(wrong, labels) - 0.5) / raw > 0.4
    ours = cross_fitted_residuals(covariates.astype(np.float32), score.astype(np.float32))
    assert ours.dtype == np.float64
    assert abs(auroc(ours, labels) - 0.5) / raw < 0.1
    wide = np.column_stack([np.ones(len(score)), covariates])
    oracle = score - wide @ np.linalg.lstsq(wide, score, rcond=None)[0]
    assert np.corrcoef(ours, oracle)[0, 1] > 0.9999


def test_float32_is_not_offered():
    for function in (cross_fitted_residuals, residual_r2, CrossFit, CrossFit.residuals):
        assert not {"dtype", "precision"} & set(inspect.signature(function).parameters)


def test_covariates_that_repeat_one_another_change_nothing():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(300, 3)), rng.normal(size=300)
    doubled = np.column_stack([x, x[:, 0] - 2 * x[:, 1], np.full(300, 7.0)])
    assert cross_fitted_residuals(doubled, y) == pytest.approx(
        cross_fitted_residuals(x, y), abs=1e-10
    )


def test_a_covariate_that_only_one_fold_holds_does_no_harm():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(200, 2)), rng.normal(size=200)
    single = np.zeros(200)
    single[17] = 1.0
    found = cross_fitted_residuals(np.column_stack([x, single]), y)
    assert np.isfinite(found).all()
    assert abs(found[17]) < 5.0


def test_one_fit_serves_many_scores_and_seeds():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 3))
    fit = CrossFit(x)
    for seed in (1, 2):
        for score in rng.normal(size=(3, 200)):
            left = fit.residuals(score, seed=seed, task="t")
            assert np.array_equal(left, cross_fitted_residuals(x, score, seed=seed, task="t"))


def test_boosted_residuals_take_out_what_no_line_follows():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(3000, 2))
    score = np.abs(x[:, 0]) + 0.5 * (x[:, 0] * x[:, 1] > 0) + 0.3 * rng.normal(size=3000)
    assert residual_r2(x, score) < 0.05
    boosted = cross_fitted_residuals(x, score, model="boosted")
    assert 0.75 < out_of_sample_r2(score, boosted) < 0.95
    assert residual_r2(x, score, model="boosted") == out_of_sample_r2(score, boosted)


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
    with pytest.raises(InputError, match="model is 'ridge'"):
        cross_fitted_residuals(np.arange(9.0), np.arange(9.0), model="ridge")
    with pytest.raises(InputError, match="5 scores for 6 pairs"):
        cross_fitted_residuals(np.arange(6.0), np.arange(5.0))
