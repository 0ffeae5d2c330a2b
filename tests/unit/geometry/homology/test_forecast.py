import math

import numpy as np
import pytest

from cellglass.errors import InputError, ResourceError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.distances import Distances
from cellglass.geometry.homology import forecast as module
from cellglass.geometry.homology.forecast import (
    forecast,
    lasting_share,
    memory_needed,
    require_memory,
)
from cellglass.geometry.homology.rips import rips_bars, square_lengths


def gaussian(n, seed=0):
    return PointCloud.of(np.random.default_rng(seed).normal(size=(n, 10)))


def ring(n, seed=0):
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0, 2 * np.pi, n)
    points = rng.normal(0, 0.1, (n, 10))
    points[:, 0] += 3 * np.cos(turn)
    points[:, 1] += 3 * np.sin(turn)
    return PointCloud.of(points)


def test_simplices_are_all_sets_of_points():
    found = forecast(gaussian(50), 1)
    assert found.simplices == math.comb(50, 3)
    assert (found.n_points, found.max_dimension) == (50, 1)
    assert 0 < found.memory < found.memory_most
    assert found.seconds > 0


def test_a_long_loop_needs_more():
    flat, round_ = forecast(gaussian(2_000)), forecast(ring(2_000))
    assert flat.lasting < 0.05 < 0.15 < round_.lasting < 0.5
    # measured peaks of fresh processes: 0.26 and 4.3 GB (see the constants)
    assert 0.2e9 < flat.memory < 1.5e9
    assert 2e9 < round_.memory < 9e9
    assert forecast(ring(2_000), collapse=True).memory < 0.5e9


def test_share_equals_enumeration():
    lengths = square_lengths(ring(25))
    bars = rips_bars(lengths, 1)[1]
    birth, death = bars[(bars[:, 1] - bars[:, 0]).argmax()]
    inside = [
        birth < max(lengths[i, j], lengths[i, k], lengths[j, k]) <= death
        for i in range(25) for j in range(i) for k in range(j)
    ]  # fmt: skip
    assert lasting_share(lengths, bars, 1) == pytest.approx(np.mean(inside), abs=0.02)
    assert lasting_share(lengths, np.empty((0, 2)), 1) == 0.0


def test_number_of_points_that_fit_is_exact():
    cloud = gaussian(300)
    with pytest.raises(ResourceError) as caught:
        require_memory(cloud, 1, limit=2e6)
    told = str(caught.value)
    assert "H1 of 300 points is forecast to need" in told
    assert "2.0 MB (memory_limit)" in told
    assert "collapse=True" in told
    fit = int(told.split("take at most ")[1].split()[0])
    share = forecast(cloud).lasting
    assert memory_needed(fit, 1, share, collapse=None) <= 2e6
    assert memory_needed(fit + 1, 1, share, collapse=None) > 2e6


def test_a_probe_decides_between_the_bounds(monkeypatch):
    flat, round_ = gaussian(400), ring(400)
    between = forecast(flat).memory * 1.5
    assert between < forecast(round_).memory < forecast(flat).memory_most
    require_memory(flat, 1, limit=between)
    with pytest.raises(ResourceError, match=r"needs?|forecast"):
        require_memory(round_, 1, limit=between)
    require_memory(round_, 1, limit=between, collapse=True)
    # below the upper bound nothing is probed
    monkeypatch.setattr(module, "rips_bars", None)
    require_memory(round_, 1, limit=forecast_bound(400))


def forecast_bound(n):
    return memory_needed(n, 1, 1.0, collapse=None)


def test_free_memory_is_the_limit_by_default(monkeypatch):
    monkeypatch.setattr(module, "_free", lambda: 1e5)
    with pytest.raises(ResourceError, match=r"0\.1 MB \(free memory\)"):
        require_memory(gaussian(300), 2)


def test_distances_are_forecast_too():
    cloud = ring(60)
    held = Distances(square_lengths(cloud), cloud.names, cloud.names, "euclidean")
    assert forecast(held).lasting == forecast(cloud).lasting


def test_bad_input_is_told():
    with pytest.raises(InputError, match="max_dimension is -1"):
        forecast(gaussian(10), -1)
    with pytest.raises(InputError, match="1 distinct points"):
        forecast(gaussian(1))
