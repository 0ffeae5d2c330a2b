import numpy as np
import pytest
from scipy import stats

from cellglass.errors import InputError
from cellglass.stats.design import as_columns, standardised, van_der_waerden


def test_normal_scores_equal_scipy_and_share_ties():
    values = np.array([3.0, 1.0, 3.0, -7.0, 100.0])
    expected = stats.norm.ppf(stats.rankdata(values) / 6)
    assert van_der_waerden(values) == pytest.approx(expected)


def test_monotone_changes_of_a_score_change_nothing():
    values = np.random.default_rng(0).normal(size=200)
    assert np.array_equal(van_der_waerden(values), van_der_waerden(np.exp(5 * values)))


def test_scaling_uses_training_rows_only():
    rng = np.random.default_rng(0)
    covariates = rng.normal(3, 2, size=(50, 2))
    train = np.arange(50) < 30
    scaled = standardised(covariates, train)
    assert scaled[train].mean(0) == pytest.approx([0, 0], abs=1e-12)
    assert scaled[train].std(0) == pytest.approx([1, 1])
    changed = covariates.copy()
    changed[~train] *= 1e6
    assert np.array_equal(standardised(changed, train)[train], scaled[train])


def test_a_column_that_is_constant_in_training_becomes_zero():
    covariates = np.column_stack([np.full(6, 0.1), [1.0, 1, 1, 1, 5, 6]])
    scaled = standardised(covariates, np.arange(6) < 4)
    assert not scaled.any()


def test_columns_must_be_a_finite_table():
    assert as_columns([1, 2], "features").shape == (2, 1)
    assert as_columns(np.ones(2, np.float32), "features").dtype == np.float64
    with pytest.raises(InputError, match="1 values are not finite"):
        as_columns([[1.0, np.nan]], "features")
    with pytest.raises(InputError, match="pairs x columns"):
        as_columns(np.ones((2, 2, 2)), "features")
