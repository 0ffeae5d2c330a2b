from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.communities import communities, edge_weights, stability
from cellglass.geometry.graphs.knn import knn_graph

METHODS = ("leiden", "louvain", "label_propagation")


def groups(n_groups=3, size=25, apart=4.0, seed=0):
    rng = np.random.default_rng(seed)
    middle = apart * np.eye(max(n_groups, 4))[:n_groups]
    return PointCloud.of(
        np.repeat(middle, size, axis=0) + 0.5 * rng.normal(size=(n_groups * size, 4))
    )


def made(graph, method, **options):
    weights = "none" if method == "label_propagation" else "similarity"
    return communities(graph, method=method, **{"weights": weights, **options})


@pytest.mark.parametrize("method", METHODS)
def test_planted_groups_are_not_mixed(method):
    found = made(knn_graph(groups(), 8), method)
    planted = np.repeat(np.arange(3), 25)
    for c in range(found.n_communities):
        assert len(set(planted[found.of_points == c])) == 1
    assert found.sizes.sum() == 75


def test_similarity_is_that_of_the_formula():
    graph = knn_graph(groups(), 5)
    sigma = np.median(graph.lengths.data)
    lengths = graph.lengths.toarray()
    expected = np.where(lengths > 0, np.exp(-(lengths**2) / (2 * sigma**2)), 0.0)
    assert edge_weights(graph).toarray() == pytest.approx(expected)
    assert (edge_weights(graph, "distance") != graph.lengths).nnz == 0
    assert set(edge_weights(graph, "none").data) == {1.0}


def test_modularity_is_that_of_networkx_on_the_same_weights(to_networkx):
    graph = knn_graph(groups(), 6)
    found = communities(graph, resolution=1.5)
    theirs = nx.from_scipy_sparse_array(edge_weights(graph))
    sets = [set(np.flatnonzero(found.labels == c)) for c in range(found.n_communities)]
    assert found.modularity == pytest.approx(nx.community.modularity(theirs, sets, resolution=1.5))


def test_distances_as_weights_hold_far_points_together():
    """The published error: a long edge between groups counts more than short ones in them."""
    rng = np.random.default_rng(0)
    tight = rng.normal(size=(24, 2))
    tight[12:, 1] += 60
    graph = knn_graph(PointCloud.of(tight), 4, bridge=True)
    right = communities(graph)
    wrong = communities(graph, weights="distance")
    (bridge,) = graph.bridges
    assert right.labels[bridge[0]] != right.labels[bridge[1]]
    assert wrong.labels[bridge[0]] == wrong.labels[bridge[1]]
    assert wrong.weights == "distance"


def test_same_and_pairs_say_the_same():
    cloud = groups()
    names = cloud.names
    found = communities(knn_graph(cloud, 8), resolution=0.2)
    matrix = found.same(names[:40], names[30:])
    place = found.of_points
    for i, j in ((0, 0), (3, 44), (39, 1)):
        assert matrix[i, j] == (place[i] == place[30 + j])
    sources, targets = zip(*combinations(names[20:30], 2), strict=True)
    features = found.pairs(sources, targets)
    expected = [
        float(place[int(s)] == place[int(t)]) for s, t in zip(sources, targets, strict=True)
    ]
    assert features["same_community"].tolist() == expected
    assert 0 < np.mean(expected) < 1


def test_equal_points_share_a_community():
    points = groups().points
    found = communities(knn_graph(PointCloud.of(np.vstack([points, points[:3]])), 6))
    assert (found.of_points[75:] == found.of_points[:3]).all()
    assert found.pairs(["0"], ["75"])["same_community"].tolist() == [1.0]
    assert found.names[75] == "75"


@pytest.mark.parametrize("method", METHODS)
def test_repeats_with_the_seed(method):
    graph = knn_graph(PointCloud.of(np.random.default_rng(0).normal(size=(80, 4))), 6)
    first, again = made(graph, method, seed=3), made(graph, method, seed=3)
    assert (first.labels == again.labels).all()
    others = [made(graph, method, seed=s).labels for s in range(8)]
    assert any((o != first.labels).any() for o in others)


def test_stability_is_the_mean_over_pairs():
    graph = knn_graph(PointCloud.of(np.random.default_rng(0).normal(size=(60, 4))), 6)
    found = [communities(graph, seed=s) for s in range(4)]
    theirs = [adjusted_rand_score(a.of_points, b.of_points) for a, b in combinations(found, 2)]
    assert stability(found) == pytest.approx(np.mean(theirs))
    clear = [communities(knn_graph(groups(apart=9.0), 20), resolution=0.5, seed=s) for s in (0, 1)]
    assert stability(clear) == 1.0


def test_partition_does_not_change_with_turning_moving_and_scaling():
    cloud = groups()
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
    moved = PointCloud.of(3 * cloud.points @ turn + 7)
    one, other = (communities(knn_graph(c, 6)) for c in (cloud, moved))
    assert (one.labels == other.labels).all()


def test_bad_input_is_refused():
    graph = knn_graph(groups(), 6)
    with pytest.raises(InputError, match="method is 'walktrap'"):
        communities(graph, method="walktrap")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="weights is 'length'"):
        communities(graph, weights="length")  # type: ignore[arg-type]
    for method in ("leiden", "louvain"):
        with pytest.raises(InputError, match="resolution is -1"):
            communities(graph, method=method, resolution=-1.0)
    with pytest.raises(InputError, match="for label propagation"):
        communities(graph, method="label_propagation")
    with pytest.raises(InputError, match="first gone"):
        communities(graph).same(["gone"], ["1"])
    one = communities(graph)
    with pytest.raises(InputError, match="1 partitions"):
        stability([one])
    with pytest.raises(InputError, match="2 sets of points"):
        stability([one, communities(knn_graph(groups(2), 6))])
