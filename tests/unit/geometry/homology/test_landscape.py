import numpy as np
import pytest
from gudhi.representations import Landscape

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.landscape import landscape
from cellglass.geometry.homology.persistence import Persistence, persistence


def bars(**more):
    return persistence(PointCloud.of(np.random.default_rng(0).normal(size=(50, 3))), **more)


def test_landscape_equals_sorted_tents():
    held, at = bars(), np.linspace(0, 2.5, 30)
    found = landscape(held, at, levels=3)
    for j, t in enumerate(at):
        tents = sorted((max(0.0, min(t - b, d - t)) for b, d in held.finite(1)), reverse=True)
        np.testing.assert_allclose(found[:, j], tents[:3])
    assert found[0].max() > 0


def test_landscape_equals_gudhi():
    held = bars()
    low, high = held.finite(1).min(), held.finite(1).max()
    theirs = Landscape(num_landscapes=4, resolution=50, sample_range=[low, high]).fit_transform(
        [held.finite(1)]
    )[0]
    found = landscape(held, np.linspace(low, high, 50), levels=4)
    # GUDHI turns the diagram by 45 degrees, which stretches its tents by the root of 2
    np.testing.assert_allclose(found.ravel() * np.sqrt(2), theirs, atol=1e-12)


def test_missing_levels_are_zero():
    held = Persistence((np.empty((0, 2)), np.array([[1.0, 2.0]])), ("A",), "euclidean")
    assert landscape(held, [1.5], levels=3).tolist() == [[0.5], [0.0], [0.0]]
    empty = Persistence((np.empty((0, 2)), np.empty((0, 2))), ("A",), "euclidean")
    assert landscape(empty, [1.5], levels=2).tolist() == [[0.0], [0.0]]


def test_components_are_those_of_the_reduced_homology():
    assert landscape(bars(), [0.1], dimension=0).shape == (5, 1)


def test_bad_input_is_told():
    with pytest.raises(InputError, match="bars of H1 have no end"):
        landscape(bars(max_length=1.2), [0.5])
    with pytest.raises(InputError, match="0 levels"):
        landscape(bars(), [0.5], levels=0)
    with pytest.raises(InputError, match="lengths"):
        landscape(bars(), [-0.5])
