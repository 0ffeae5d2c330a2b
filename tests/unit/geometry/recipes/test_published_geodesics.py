"""The published geodesics: right without equal points, Euclidean under another name with them."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry import PointCloud, geodesics, knn_graph
from cellglass.geometry.recipes.published_geodesics import published_geodesics


def curve(n: int = 80, seed: int = 0) -> np.ndarray:
    """Points along three quarters of a circle: the way round is longer than across."""
    turn = np.sort(np.random.default_rng(seed).uniform(0, 1.5 * np.pi, n))
    return np.column_stack([np.cos(turn), np.sin(turn)])


def test_without_equal_points_it_is_geodesic():
    cloud = PointCloud.of(curve())
    found = published_geodesics(cloud, 6)
    ours = geodesics(knn_graph(cloud, 6))
    assert not found.fell_back
    assert found.guard.state == "passed"
    assert np.allclose(found.distances.values, ours.values)


def test_rows_of_zeros_make_all_of_it_euclidean():
    points = curve() + 2.0
    points[::4] = 0.0
    cloud = PointCloud.of(points)
    found = published_geodesics(cloud, 6)
    assert found.fell_back
    assert found.n_unreachable > 0
    assert found.guard.state == "failed"
    straight = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert np.allclose(found.distances.values, straight)
    ours = geodesics(knn_graph(cloud.without_zeros(), 6, bridge=True))
    kept = ~cloud.zero
    assert ours.values.max() > 1.2 * straight[np.ix_(kept, kept)].max()


def test_bridges_join_components_by_the_shortest_edge():
    rng = np.random.default_rng(1)
    points = np.vstack([rng.normal(size=(20, 3)), rng.normal(size=(20, 3)) + 30])
    found = published_geodesics(PointCloud.of(points), 4)
    assert not found.fell_back
    across = np.linalg.norm(points[:20, None] - points[None, 20:], axis=2)
    i, j = np.unravel_index(across.argmin(), across.shape)
    assert np.isclose(found.distances.values[i, 20 + j], across[i, j])


def test_paths_are_those_of_networkx():
    points = np.random.default_rng(2).normal(size=(25, 3))
    found = published_geodesics(PointCloud.of(points), 5)
    graph = nx.Graph()
    length = np.linalg.norm(points[:, None] - points[None], axis=2)
    for i in range(25):
        for j in np.argsort(length[i])[1:6]:
            graph.add_edge(i, int(j), weight=length[i, j])
    if nx.is_connected(graph):
        expected = dict(nx.all_pairs_dijkstra_path_length(graph))
        for i in range(25):
            assert np.allclose(found.distances.values[i], [expected[i][j] for j in range(25)])
    assert nx.is_connected(graph)


def test_too_many_neighbours_are_refused():
    with pytest.raises(InputError, match="30 neighbours of 25 points"):
        published_geodesics(PointCloud.of(np.eye(25)), 30)
