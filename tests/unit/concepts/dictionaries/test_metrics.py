from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import r2_score

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.dictionaries.metrics import (
    baseline_fits,
    dictionary_fit,
    linear_fit,
    survey,
)
from cellglass.concepts.dictionaries.row_source import CellRows
from cellglass.concepts.transform import Transform

RNG = np.random.default_rng(0)
H = (RNG.normal(size=(300, 6)) * [1, 2, 3, 1, 1, 1] + 5).astype(np.float32)
TRAIN, HELD = np.arange(200), np.arange(200, 300)


def some_dictionary() -> Dictionary:
    decoder = RNG.normal(size=(15, 6))
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    return Dictionary("topk", decoder * 0.5, np.full(15, -0.1), decoder, np.zeros(6),
                      Transform.fit(H[TRAIN]), k=2)  # fmt: skip


def test_dictionary_fit_by_hand():
    d = some_dictionary()
    found = dictionary_fit(d, CellRows(H, HELD))
    h, codes = H[HELD].astype(float), d.encode(H[HELD]).toarray()
    error = h - d.reconstruct(H[HELD])
    assert found.n_cells == 100
    assert found.fvu == pytest.approx((error**2).sum() / ((h - h.mean(0)) ** 2).sum(), rel=1e-5)
    assert found.r2 == 1 - found.fvu
    variance_weighted = r2_score(h, h - error, multioutput="variance_weighted")
    assert found.r2 == pytest.approx(variance_weighted, rel=1e-5)
    assert found.r2_scalar_mean == pytest.approx(
        1 - (error**2).sum() / ((h - h.mean()) ** 2).sum(), rel=1e-5
    )
    assert found.l0 == (codes > 0).sum(1).mean()
    assert found.l1 == pytest.approx(codes.sum(1).mean(), rel=1e-6)
    assert found.dead_share == (codes.sum(0) == 0).mean()


def test_survey_of_training_cells():
    known = survey(CellRows(H, TRAIN))
    np.testing.assert_allclose(known.mean, H[TRAIN].mean(0, dtype=float))
    np.testing.assert_allclose(known.covariance, np.cov(H[TRAIN].T, bias=True), rtol=1e-6)
    transform = Transform.fit(H[TRAIN])
    assert known.variance(transform) == pytest.approx(6, rel=1e-6)
    assert known.sha256 == survey(CellRows(H[TRAIN])).sha256
    assert known.sha256 != survey(CellRows(H, TRAIN[::-1])).sha256


def test_baselines_are_learnt_on_training_cells_and_measured_on_others():
    found = baseline_fits(CellRows(H, HELD), survey(CellRows(H, TRAIN)), [2])
    pca = PCA(2, svd_solver="full").fit(H[TRAIN].astype(float))
    back = pca.inverse_transform(pca.transform(H[HELD].astype(float)))
    wanted = r2_score(H[HELD], back, multioutput="variance_weighted")
    assert found["pca 2"].r2 == pytest.approx(wanted, rel=1e-6)
    constant = np.broadcast_to(H[TRAIN].mean(0), (100, 6))
    wanted = r2_score(H[HELD], constant, multioutput="variance_weighted")
    assert found["constant"].r2 == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(("gamma", "wanted"), [(0.1, 0.01), (5.0, 0.96), (30.0, 0.999)])
def test_scalar_mean_flatters_the_constant_predictor(gamma: float, wanted: float):
    """Concepts 1.5: 0.008, 0.962 and 0.9989 were measured on other draws."""
    rng = np.random.default_rng(1)
    common = rng.normal(size=512)
    h = rng.normal(size=(2000, 512)) + gamma * np.sqrt(512) * common / np.linalg.norm(common)
    found = linear_fit(CellRows(h), h.mean(0), np.zeros((0, 512)))
    assert found.r2 == pytest.approx(0, abs=1e-4)
    assert found.r2_scalar_mean == pytest.approx(wanted, abs=0.01 if gamma < 10 else 0.001)


def test_cells_without_variance_have_no_r2():
    found = linear_fit(CellRows(np.ones((4, 3))), np.ones(3), np.zeros((0, 3)))
    assert np.isnan(found.fvu)
    assert np.isnan(found.r2_scalar_mean)
