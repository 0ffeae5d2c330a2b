import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.cca import Cca


def qr_correlations(first, second):
    """Cosines of the principal angles: the canonical correlations without a ridge."""
    bases = [np.linalg.qr(side - side.mean(0))[0] for side in (first, second)]
    return np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)


def related(n=80, d=6, e=5, seed=0):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n, 3))
    return (shared @ rng.normal(size=(3, d)) + rng.normal(size=(n, d)),
            shared @ rng.normal(size=(3, e)) + rng.normal(size=(n, e)))  # fmt: skip


def test_correlations_are_cosines_of_principal_angles():
    first, second = related()
    centred = first - first.mean(0), second - second.mean(0)
    found = Cca(ridge=0.0, floor=1e-12).canonical(*centred)[2]
    assert np.allclose(found, qr_correlations(first, second), atol=1e-10)


def test_scores_correlate_by_the_canonical_correlations():
    first, second = related()
    method = Cca(ridge=0.0, floor=1e-12)
    one, other = method.fit(first, second).transform(first, second)
    between = np.corrcoef(one.T, other.T)[:5, 5:]
    assert np.allclose(between, np.diag(qr_correlations(first, second)), atol=1e-9)
    assert np.allclose(np.cov(one.T), np.eye(5), atol=1e-9)


def test_the_ridge_against_the_formula():
    first, second = related()
    a, b = (side - side.mean(0) for side in (first, second))
    n = len(a)
    c1, c2 = a.T @ a / (n - 1) + 1e-3 * np.eye(6), b.T @ b / (n - 1) + 1e-3 * np.eye(5)
    product = np.linalg.solve(c1, a.T @ b / (n - 1)) @ np.linalg.solve(c2, b.T @ a / (n - 1))
    expected = np.sqrt(np.sort(np.linalg.eigvals(product).real)[::-1][:5])
    assert np.allclose(Cca(scale_free=False).canonical(a, b)[2], expected, atol=1e-9)


def test_the_unit_of_a_side_does_not_matter_unless_as_published():
    first, second = related()
    for scale_free in (True, False):
        method = Cca(scale_free=scale_free, ridge=0.1)
        plain = method.fit(first, second).costs(first, second)
        scaled = method.fit(1e-3 * first, second).costs(1e-3 * first, second)
        assert np.allclose(plain, scaled) is scale_free


def test_the_floor_keeps_flat_directions_finite():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(30, 5)) * [1, 1, 1, 1e-9, 1e-9]
    fitted = Cca(ridge=0.0).fit(first, first)
    assert np.abs(fitted.left).max() < 1e3


def test_components_kept():
    first, second = related()
    assert Cca(shared=2).fit(first, second).left.shape == (6, 2)
    assert Cca(components=3).fit(first, second).left.shape == (3, 3)


@pytest.mark.parametrize("wrong", [{"shared": 0}, {"ridge": -1.0}, {"floor": 0.0}])
def test_bad_settings_are_refused(wrong):
    with pytest.raises(InputError, match="CCA"):
        Cca(**wrong)
