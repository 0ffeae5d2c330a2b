import numpy as np
import pytest
from scipy import optimize, special

from cellglass.stats import score_test
from cellglass.stats.design import standardised
from cellglass.stats.logistic import fit_logistic, held_out_predictor, linear_predictor


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    design = rng.normal(size=(800, 3))
    labels = rng.random(800) < special.expit(design @ [0.8, -0.4, 0.0] - 1)
    return design, labels, rng


def test_fit_minimises_the_penalised_likelihood(problem):
    design, labels, _ = problem
    signs = np.where(labels, 1.0, -1.0)

    def loss(w):
        return np.logaddexp(0, -signs * (w[0] + design @ w[1:])).sum() + 0.5 * w[1:] @ w[1:]

    expected = optimize.minimize(loss, np.zeros(4), method="BFGS", tol=1e-10).x
    assert fit_logistic(design, labels) == pytest.approx(expected, abs=1e-5)


def test_held_out_rows_have_no_part_in_the_fit(problem):
    design, labels, rng = problem
    train = rng.random(800) < 0.7
    odds = held_out_predictor(5.0 * design + 2.0, labels, train, ~train)
    scaled = standardised(design, train)
    expected = linear_predictor(fit_logistic(scaled[train], labels[train]), scaled[~train])
    assert odds == pytest.approx(expected)
    other = np.where(train, labels, ~labels)
    assert held_out_predictor(5.0 * design + 2.0, other, train, ~train) == pytest.approx(odds)


def test_score_test_equals_statsmodels(problem):
    import statsmodels.api as sm

    design, labels, rng = problem
    full = np.column_stack([np.ones(800), design])
    model = sm.GLM(labels.astype(float), full, family=sm.families.Binomial()).fit(tol=1e-12)
    extra = rng.normal(size=(800, 2)) + 0.3 * labels[:, None]
    z = score_test(full, model.fittedvalues, labels, extra)
    for k in range(2):
        chi2 = model.score_test(exog_extra=extra[:, [k]])[0]
        assert z[k] ** 2 == pytest.approx(chi2.item(), rel=1e-6)


def test_score_test_has_the_sign_and_calibration_of_z(problem):
    design, labels, rng = problem
    full = np.column_stack([np.ones(800), design])
    fitted = special.expit(linear_predictor(fit_logistic(design, labels), design))
    noise = rng.normal(size=(800, 3000))
    z = score_test(full, fitted, labels, noise)
    assert z.std() == pytest.approx(1.0, abs=0.05)
    assert z.mean() == pytest.approx(0.0, abs=0.08)
    signal = labels[:, None] + rng.normal(size=(800, 1))
    assert score_test(full, fitted, labels, signal)[0] > 5
    assert score_test(full, fitted, labels, -signal)[0] < -5


def test_score_test_away_from_the_maximum_uses_what_the_columns_do_not_explain(problem):
    # With a penalty X'(y - p) is not 0; the candidate's part within the columns must not count.
    design, labels, rng = problem
    full = np.column_stack([np.ones(800), design])
    shrunk = special.expit(0.5 * linear_predictor(fit_logistic(design, labels), design))
    candidate = design[:, [0]] + 0.5 * rng.normal(size=(800, 1))
    weight = np.sqrt(shrunk * (1 - shrunk))[:, None]
    slopes = np.linalg.lstsq(full * weight, candidate * weight, rcond=None)[0]
    left = candidate - full @ slopes
    expected = (left.T @ (labels - shrunk)) / np.sqrt((left**2 * weight**2).sum())
    assert score_test(full, shrunk, labels, candidate) == pytest.approx(expected, rel=1e-9)


def test_a_column_that_is_already_in_the_model_has_z_zero(problem):
    design, labels, _ = problem
    full = np.column_stack([np.ones(800), design])
    fitted = special.expit(linear_predictor(fit_logistic(design, labels), design))
    copies = np.column_stack([design[:, 0] * 2 + 1, np.ones(800), np.zeros(800)])
    assert score_test(full, fitted, labels, copies).tolist() == [0.0, 0.0, 0.0]
