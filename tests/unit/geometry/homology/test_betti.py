import itertools

import numpy as np
import pytest
from gudhi.representations import BettiCurve

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.betti import betti_curve, euler_curve
from cellglass.geometry.homology.persistence import persistence
from cellglass.geometry.homology.rips import square_lengths


def cloud(n=50, seed=0):
    return PointCloud.of(np.random.default_rng(seed).normal(size=(n, 3)))


@pytest.mark.parametrize("dimension", [0, 1])
def test_curve_equals_a_count_and_gudhi(dimension):
    bars = persistence(cloud())
    at = np.linspace(0, 3, 41)
    found = betti_curve(bars, at, dimension)
    alive = [sum(b <= t < d for b, d in bars.bars[dimension]) for t in at]
    assert found.tolist() == alive
    theirs = BettiCurve(predefined_grid=at).fit_transform([bars.bars[dimension]])[0]
    assert found.tolist() == theirs.tolist()


def test_a_bar_is_closed_at_its_birth_and_open_at_its_death():
    bars = persistence(PointCloud.of([[1.0, 1], [2, 1], [2, 2], [1, 2]]))
    birth, death = bars.finite(1)[0]
    assert betti_curve(bars, [birth, death]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("seed", range(4))
def test_euler_curve_is_the_alternating_count_of_simplices(seed):
    # 7 points have no homology above H2, so that the sum over H0 to H2 is complete
    points = cloud(7, seed)
    lengths = square_lengths(points)
    at = np.linspace(0, lengths.max() + 0.1, 25)
    counted = np.zeros(at.size)
    for size in range(1, 8):
        for chosen in itertools.combinations(range(7), size):
            diameter = lengths[np.ix_(chosen, chosen)].max()
            counted += (-1) ** (size - 1) * (at >= diameter)
    assert euler_curve(persistence(points, 2), at).tolist() == counted.tolist()


def test_lengths_beyond_the_filtration_are_refused():
    bars = persistence(cloud(), max_length=1.0)
    assert betti_curve(bars, [0.5, 1.0]).shape == (2,)
    with pytest.raises(InputError, match=r"numbers from 0 to 1, the longest edge"):
        betti_curve(bars, [0.5, 1.1])
    with pytest.raises(InputError, match="lengths from -1 to 2"):
        betti_curve(persistence(cloud()), [-1.0, 2.0])
    with pytest.raises(InputError, match="lengths from nan"):
        betti_curve(bars, [np.nan])
    with pytest.raises(InputError, match="1-d array"):
        euler_curve(bars, np.zeros((2, 2)))
    with pytest.raises(InputError, match="dimension 2"):
        betti_curve(bars, [0.5], 2)
