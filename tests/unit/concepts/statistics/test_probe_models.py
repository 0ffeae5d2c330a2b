"""Classifiers of probes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from cellglass.concepts.statistics.probe_models import (
    Scaler,
    as_features,
    fit_logistic,
    fit_predict,
)
from cellglass.errors import InputError


def two_blobs(n: int = 80, gap: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    codes = np.arange(n) % 2
    return rng.normal(size=(n, 4)) + gap * codes[:, None], codes


@pytest.mark.parametrize("classifier", ["logistic", "knn"])
def test_separated_classes_are_named(classifier):
    x, codes = two_blobs()
    named, converged = fit_predict(x[:40], codes[:40], x[40:], classifier=classifier)
    assert converged
    assert (named == codes[40:]).mean() > 0.95


def test_scaling_is_that_of_training_cells():
    x, _ = two_blobs()
    scaled = Scaler(x[:40])(x[:40])
    np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(0), 1)
    np.testing.assert_allclose(Scaler(x[:40])(x[40:]), (x[40:] - x[:40].mean(0)) / x[:40].std(0))


def test_constant_features_stay_finite():
    x = np.column_stack([np.full(10, 0.1), np.arange(10.0)])
    np.testing.assert_allclose(Scaler(x)(x)[:, 0], 0, atol=1e-12)


def test_sparse_features_are_scaled_and_not_centred():
    x = np.maximum(two_blobs()[0], 0)
    scaled = Scaler(sparse.csr_matrix(x))(sparse.csr_matrix(x))
    assert sparse.issparse(scaled)
    np.testing.assert_allclose(scaled.toarray(), x / x.std(0))


@pytest.mark.parametrize("classifier", ["logistic", "knn"])
def test_sparse_and_dense_agree(classifier):
    x, codes = two_blobs(gap=1.0)
    x = np.maximum(x, 0)
    packed = sparse.csr_matrix(x)
    dense = fit_predict(x[:60], codes[:60], x[60:], classifier=classifier)[0]
    thin = fit_predict(packed[:60], codes[:60], packed[60:], classifier=classifier)[0]
    # distances are the same without centring; a penalty moves the logistic fit a little
    assert (dense == thin).mean() >= (1.0 if classifier == "knn" else 0.9)


def test_a_rare_class_is_not_outvoted():
    rng = np.random.default_rng(0)
    codes = np.r_[np.zeros(180, int), np.ones(20, int)]
    x = rng.normal(size=(200, 2)) + 1.5 * codes[:, None]
    for classifier in ("logistic", "knn"):
        named, _ = fit_predict(x, codes, x, classifier=classifier)
        assert named[codes == 1].mean() > 0.7


def test_too_few_steps_are_told_without_a_warning():
    x, codes = two_blobs(gap=0.5)
    assert not fit_logistic(x, codes, steps=1)[1]
    assert fit_logistic(x, codes)[1]


def test_one_class_names_itself():
    x, _ = two_blobs()
    assert (fit_predict(x[:9], np.full(9, 3), x[9:])[0] == 3).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [(np.full((4, 2), np.nan), "8 values"), (np.zeros((3, 2)), "shape"), (np.zeros((4, 0)), "0")],
)
def test_bad_features_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        as_features(values, 4)


def test_unknown_classifiers_are_refused():
    with pytest.raises(InputError, match="svm"):
        fit_predict(np.ones((2, 1)), np.array([0, 1]), np.ones((1, 1)), classifier="svm")  # type: ignore[arg-type]
