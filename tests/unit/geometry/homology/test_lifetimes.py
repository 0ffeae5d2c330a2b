import math

import numpy as np
import pytest
from gudhi.representations import Entropy

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.lifetimes import Lifetimes, lifetimes
from cellglass.geometry.homology.persistence import persistence


def found(**more):
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(60, 4)))
    return persistence(cloud, **more)


def test_summaries_equal_their_formulas():
    bars = found()
    held = lifetimes(bars)
    by_hand = [death - birth for birth, death in bars.bars[1]]
    assert held.total == pytest.approx(math.fsum(by_hand))
    assert held.longest == max(by_hand)
    assert held.count == len(by_hand)
    assert held.values.tolist() == sorted(by_hand, reverse=True)
    assert held.n_infinite == 0


def test_entropy_equals_gudhi():
    bars = found()
    expected = Entropy(mode="scalar").fit_transform([bars.finite(1)])[0, 0]
    assert lifetimes(bars).entropy == pytest.approx(expected)


def test_infinite_bars_are_counted_and_not_summed():
    assert lifetimes(found(), 0).n_infinite == 1
    cut = found(max_length=1.5)
    held = lifetimes(cut)
    assert held.n_infinite == cut.infinite(1).size > 0
    assert np.isfinite(held.total)


def test_no_bar():
    held = Lifetimes(np.empty(0), 0)
    assert (held.total, held.longest, held.count) == (0.0, 0.0, 0)
    assert math.isnan(held.entropy)


def test_dimension_that_was_not_computed():
    with pytest.raises(InputError, match="dimension 2"):
        lifetimes(found(), 2)
