"""Rewired graphs of nearest neighbours."""

import networkx as nx
import numpy as np
import pytest
from scipy.spatial.distance import pdist

from cellglass.errors import InputError, StudyError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.geodesics import geodesics
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.nulls.rewiring import LengthMatchedRewiring, Rewiring


def gaussian(n=80, d=4, k=6, seed=0):
    return knn_graph(PointCloud.of(np.random.default_rng(seed).normal(size=(n, d))), k)


GRAPH = gaussian()


def as_networkx(graph):
    return nx.from_scipy_sparse_array(graph.lengths)


@pytest.mark.parametrize("kind", [Rewiring, LengthMatchedRewiring])
def test_draws_are_simple_connected_graphs_with_the_same_degrees(kind):
    null = kind(GRAPH)
    for seed in range(3):
        drawn = null.draw(np.random.default_rng(seed))
        new, old = as_networkx(drawn), as_networkx(GRAPH)
        assert dict(new.degree) == dict(old.degree)
        assert nx.number_of_selfloops(new) == 0
        assert nx.is_connected(new)
        assert drawn.n_components == 1
        points = GRAPH.nodes.points
        for a, b, told in new.edges(data="weight"):
            assert told == pytest.approx(np.linalg.norm(points[a] - points[b]))
        assert (drawn.lengths != drawn.lengths.T).nnz == 0
        both = set(map(frozenset, new.edges)) & set(map(frozenset, old.edges))
        report = null.report(drawn)
        assert report.kept_share == pytest.approx(len(both) / old.number_of_edges())
        assert report.jaccard == pytest.approx(len(both) / (2 * len(old.edges) - len(both)))
        assert report.degrees_kept
        assert geodesics(drawn).values.shape == (80, 80)


def test_draws_differ_and_repeat_with_their_seed():
    null = Rewiring(GRAPH)
    one, again, other = (null.draw(np.random.default_rng(s)) for s in (1, 1, 2))
    assert (one.lengths != again.lengths).nnz == 0
    assert (one.lengths != other.lengths).nnz > 0


def test_checks_say_what_is_kept_and_what_happens_to_lengths():
    check = Rewiring(GRAPH).check(draws=5)
    assert check.passed
    assert 0.7 < check.mean_changed < 0.95
    assert "in a wrong bin of length" in check.messages[0]
    null = Rewiring(GRAPH)
    assert null.report(null.draw(np.random.default_rng(0))).mean_length_ratio > 1.2


def test_matching_keeps_lengths_within_the_tolerance():
    for tolerance in (0.0, 0.03, 0.1):
        null = LengthMatchedRewiring(GRAPH, tolerance=tolerance)
        reports = [null.report(null.draw(np.random.default_rng(s))) for s in range(3)]
        assert max(r.length_difference for r in reports) <= tolerance
        assert all(r.kept_share < 1.0 for r in reports)
    free = Rewiring(GRAPH)
    assert free.report(free.draw(np.random.default_rng(0))).length_difference > 0.3


def test_forced_share_is_what_random_pairs_of_like_length_keep():
    null = LengthMatchedRewiring(GRAPH, length_bins=5)
    distances = pdist(GRAPH.nodes.points)
    lengths = np.array([w for _, _, w in as_networkx(GRAPH).edges(data="weight")])
    edges = np.quantile(lengths, [0, 0.2, 0.4, 0.6, 0.8, 1])
    edges[0], edges[-1] = 0, edges[-1] + 1e-9
    m, n = (np.histogram(x, edges)[0] for x in (lengths, distances))
    assert null.forced_share() == pytest.approx((m**2 / n).sum() / lengths.size, rel=0.02)
    assert f"{null.forced_share():.0%} of the edges would stay" in null.remarks()[-1]


def test_a_chain_that_is_too_short_is_told():
    check = Rewiring(gaussian(200), steps=60).check(draws=3)
    assert not check.passed
    assert "not mixed after 60 attempts" in check.messages[0]
    curve = [kept for _, kept in Rewiring(GRAPH).mixing_curve]
    assert curve[-2] - curve[-1] < 0.03


def test_a_complete_graph_cannot_move_and_says_so():
    check = Rewiring(gaussian(n=8, k=7)).check(draws=3)
    assert not check.passed
    assert "3 of 3 draws equal the data" in check.messages[0]


def test_a_graph_that_falls_apart_is_an_error_and_one_that_is_apart_is_not():
    points = np.random.default_rng(0).normal(size=(150, 2))
    tree = knn_graph(PointCloud.of(points), 1, bridge=True)  # nearly never one after swaps
    assert tree.n_components == 1
    with pytest.raises(StudyError, match="none of 50 rewired graphs is connected"):
        Rewiring(tree).draw(np.random.default_rng(0))
    apart = np.concatenate([np.zeros((20, 2)), np.full((20, 2), 99.0)])
    cloud = PointCloud.of(apart + np.random.default_rng(0).normal(size=(40, 2)))
    graph = knn_graph(cloud, 4)
    assert graph.n_components == 2
    null = Rewiring(graph)
    assert not null.needs_connected
    assert null.report(null.draw(np.random.default_rng(0))).degrees_kept


def test_equal_points_are_one_node():
    points = np.random.default_rng(0).normal(size=(30, 3))
    graph = knn_graph(PointCloud.of(np.concatenate([points, points[:5]])), 4)
    drawn = Rewiring(graph).draw(np.random.default_rng(0))
    assert len(drawn.cloud) == 35
    assert drawn.lengths.shape == (30, 30)
    assert drawn.lengths.data.min() > 0
    assert geodesics(drawn).values[0, 30] == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rewiring(gaussian(n=2, k=1)), "a graph of 1 edges"),
        (lambda: Rewiring(GRAPH, steps=0), "steps is 0"),
        (lambda: Rewiring(GRAPH, length_bins=0), "length_bins is 0"),
        (lambda: LengthMatchedRewiring(GRAPH, tolerance=1.5), "tolerance is 1.5"),
    ],
)
def test_refuses(make, message):
    with pytest.raises(InputError, match=message):
        make()
