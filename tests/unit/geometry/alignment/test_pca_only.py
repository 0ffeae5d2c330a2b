import numpy as np

from cellglass.geometry.alignment.pca_only import PcaOnly


def test_it_learns_nothing_from_pairs():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(30, 5)), rng.normal(size=(30, 7))
    fitted = PcaOnly(4).fit(first, second)
    shuffled = PcaOnly(4).fit(first, second[rng.permutation(30)])
    for one, other in zip(fitted.transform(first, second), shuffled.transform(first, second),
                          strict=True):  # fmt: skip
        assert np.allclose(one, other)
    assert not PcaOnly.trained


def test_both_sides_have_unit_norm():
    rng = np.random.default_rng(0)
    first, second = 9 * rng.normal(size=(30, 5)), rng.normal(size=(30, 3))
    one, other = PcaOnly().fit(first, second).transform(first, second)
    assert one.shape == other.shape == (30, 3)
    assert np.allclose([np.linalg.norm(one), np.linalg.norm(other)], 1)


def test_it_misses_a_rotated_copy_whose_axes_it_cannot_order():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 20))
    turned = rows @ np.linalg.qr(rng.normal(size=(20, 20)))[0] + 0.3 * rng.normal(size=(200, 20))
    costs = PcaOnly().fit(rows, turned).costs(rows, turned)
    assert (costs.argmin(1) == np.arange(200)).mean() < 0.2
