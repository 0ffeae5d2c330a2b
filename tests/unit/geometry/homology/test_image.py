import numpy as np
import pytest
from gudhi.representations import PersistenceImage
from scipy.integrate import dblquad
from scipy.stats import norm

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.image import persistence_image
from cellglass.geometry.homology.persistence import Persistence, persistence


def bars(**more):
    return persistence(PointCloud.of(np.random.default_rng(0).normal(size=(40, 3))), **more)


def test_a_pixel_is_the_integral_over_its_area():
    two = np.array([[0.8, 1.0], [1.0, 1.5]])
    held = Persistence((np.empty((0, 2)), two), ("A",), "euclidean")
    births, lifetimes, width = [0.8, 1.0, 1.1], [0.0, 0.2, 0.5], 0.15
    found = persistence_image(held, births, lifetimes, bandwidth=width)

    def surface(lifetime, birth):
        return sum(
            (d - b) * norm.pdf(birth, b, width) * norm.pdf(lifetime, d - b, width)
            for b, d in held.finite(1)
        )

    for i, j in [(0, 0), (1, 1), (1, 0)]:
        area = dblquad(surface, *births[j : j + 2], *lifetimes[i : i + 2], epsabs=1e-9)[0]
        assert found[i, j] == pytest.approx(area, abs=1e-7)


def test_image_equals_gudhi_where_pixels_are_small():
    held, width = bars(), 0.2
    births, lifetimes = np.linspace(0.5, 2.0, 61), np.linspace(0.0, 1.0, 41)
    found = persistence_image(held, births, lifetimes, bandwidth=width)
    centre = (births[1:] + births[:-1]) / 2, (lifetimes[1:] + lifetimes[:-1]) / 2
    theirs = PersistenceImage(
        bandwidth=width, weight=lambda bar: bar[1], resolution=[60, 40],
        im_range=[centre[0][0], centre[0][-1], centre[1][0], centre[1][-1]],
    ).fit_transform([held.finite(1)])[0].reshape(40, 60)  # fmt: skip
    # GUDHI takes the density at one place a pixel
    density = found / (np.diff(births)[0] * np.diff(lifetimes)[0])
    np.testing.assert_allclose(density, theirs, atol=2e-3 * theirs.max())


def test_the_whole_plane_holds_all_weight():
    held = bars()
    whole = persistence_image(held, [-50.0, 50.0], [-50.0, 50.0], bandwidth=0.1)
    lengths = held.finite(1) @ [-1.0, 1.0]
    assert whole[0, 0] == pytest.approx(lengths.sum())
    counted = persistence_image(
        held, [-50.0, 50.0], [-50.0, 50.0], bandwidth=0.1, weight=np.ones_like
    )
    assert counted[0, 0] == pytest.approx(lengths.size)


def test_no_bar_is_an_empty_image():
    line = persistence(PointCloud.of([[1.0], [2.0], [4.0]]))
    assert not persistence_image(line, [0, 1], [0, 1, 2], bandwidth=0.1).any()


def test_bad_input_is_told():
    with pytest.raises(InputError, match="bandwidth is 0"):
        persistence_image(bars(), [0, 1], [0, 1], bandwidth=0)
    with pytest.raises(InputError, match="births"):
        persistence_image(bars(), [1, 0], [0, 1], bandwidth=0.1)
    with pytest.raises(InputError, match="lifetimes"):
        persistence_image(bars(), [0, 1], [0], bandwidth=0.1)
    with pytest.raises(InputError, match="have no end"):
        persistence_image(bars(max_length=1.2), [0, 1], [0, 1], bandwidth=0.1)
