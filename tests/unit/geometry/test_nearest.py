import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.neighbors import NearestNeighbors

from cellglass.errors import InputError
from cellglass.geometry.nearest import nearest

GRID = arrays(
    np.float64,
    st.tuples(st.integers(3, 25), st.integers(1, 3)),
    elements=st.integers(-3, 3).map(float),
)


def by_differences(points, k):
    """Index and distance by sorting all distances of each point, equal ones by index."""
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    index = np.argsort(distance, axis=1, kind="stable")[:, :k]
    return index, np.take_along_axis(distance, index, 1)


@settings(deadline=None)
@given(GRID, st.integers(1, 24))
def test_equals_sorting_all_distances_also_where_they_tie(points, k):
    k = min(k, len(points) - 1)
    index, distance = nearest(points, k)
    expected = by_differences(points, k)
    assert index.tolist() == expected[0].tolist()
    assert distance.tolist() == expected[1].tolist()


@pytest.mark.parametrize(("n", "width", "k"), [(300, 2, 15), (200, 50, 40), (60, 3, 59)])
def test_equals_sklearn(n, width, k):
    points = np.random.default_rng(n).normal(size=(n, width))
    index, distance = nearest(points, k)
    found = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(points).kneighbors()
    assert np.array_equal(index, found[1])
    assert np.allclose(distance, found[0], rtol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e5])
def test_near_points_are_told_apart_by_their_differences(offset):
    """The matrix product has no digits left for points this near."""
    rng = np.random.default_rng(0)
    points = np.repeat(rng.normal(size=(10, 20)) * 10, 8, axis=0) + offset
    points += rng.normal(size=points.shape) * 1e-7
    index, distance = nearest(points, 5)
    expected = by_differences(points, 5)
    assert np.array_equal(index, expected[0])
    assert np.allclose(distance, expected[1], rtol=1e-14)


def test_a_far_point_costs_the_others_no_digits():
    points = np.random.default_rng(1).normal(size=(80, 4))
    points[3] = 1e9
    assert np.array_equal(nearest(points, 6)[0], by_differences(points, 6)[0])


def test_result_does_not_depend_on_blocks(monkeypatch):
    points = np.random.default_rng(2).normal(size=(97, 7))
    whole = nearest(points, 9)
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 500)
    for a, b in zip(nearest(points, 9), whole, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("k", [0, 5, 9])
def test_as_many_neighbours_as_there_are_other_points(k):
    with pytest.raises(InputError, match=f"{k} neighbours among 5 points"):
        nearest(np.arange(10.0).reshape(5, 2), k)
