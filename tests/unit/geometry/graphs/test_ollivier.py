import sys

import networkx as nx
import numpy as np
import pytest
from scipy.optimize import linprog

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.graphs.ollivier import ollivier


def by_linear_programme(graph, u, v, laziness):
    """1 - W1 over all nodes with path lengths of networkx."""
    hops = dict(nx.all_pairs_shortest_path_length(graph))
    n = graph.number_of_nodes()
    start, end = np.zeros(n), np.zeros(n)
    for walk, x in ((start, u), (end, v)):
        walk[x] = laziness
        for w in graph[x]:
            walk[w] = (1 - laziness) / graph.degree(x)
    cost = np.array([[hops[i][j] for j in range(n)] for i in range(n)], dtype=float)
    leaves, comes = np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))
    solved = linprog(cost.ravel(), A_eq=np.vstack([leaves, comes]), b_eq=np.append(start, end))
    return 1 - solved.fun


@pytest.mark.parametrize("laziness", [0.0, 0.5])
def test_equals_a_linear_programme(laziness, of_networkx):
    graph = nx.connected_watts_strogatz_graph(14, 4, 0.4, seed=1)
    found = ollivier(of_networkx(graph), laziness=laziness)
    for (u, v), value in zip(found.edges.tolist(), found.values, strict=True):
        assert value == pytest.approx(by_linear_programme(graph, u, v, laziness), abs=1e-7)
    assert len(found.edges) == graph.number_of_edges()


@pytest.mark.parametrize("n", [3, 5, 8])
def test_complete_graph(n, of_networkx):
    assert ollivier(of_networkx(nx.complete_graph(n))).values == pytest.approx(
        np.full(n * (n - 1) // 2, (n - 2) / (n - 1))
    )


@pytest.mark.parametrize("n", [4, 5, 6, 12])
def test_cycle_is_flat(n, of_networkx):
    assert ollivier(of_networkx(nx.cycle_graph(n))).values == pytest.approx(np.zeros(n), abs=1e-9)


def test_lazy_walk_on_a_complete_graph(of_networkx):
    """Half of the walk stays: n / (2 (n - 1)), as Lin, Lu and Yau give it."""
    found = ollivier(of_networkx(nx.complete_graph(6)), laziness=0.5).values
    assert found == pytest.approx(np.full(15, 6 / 10))


def test_edge_of_a_tree(of_networkx):
    tree = nx.balanced_tree(3, 3)
    found = ollivier(of_networkx(tree))
    for (u, v), value in zip(found.edges.tolist(), found.values, strict=True):
        du, dv = tree.degree(u), tree.degree(v)
        assert value == pytest.approx(-2 * max(0.0, 1 - 1 / du - 1 / dv), abs=1e-9)


def test_pairs_that_are_no_edges_have_no_value_of_their_own():
    points = np.random.default_rng(0).normal(size=(20, 3))
    graph = knn_graph(PointCloud.of(np.vstack([points, points[:1]])), 3)
    found = ollivier(graph)
    u, v = found.edges[7]
    far = next(w for w in range(20) if w != u and graph.lengths[u, w] == 0)
    pairs = found.pairs([str(u), str(v), str(u), "0"], [str(v), str(u), str(far), "20"])
    assert pairs["ollivier"][:2].tolist() == [found.values[7]] * 2
    assert np.isnan(pairs["ollivier"][2:]).all()
    nodes = found.nodes.values
    mine = [x for edge, x in zip(found.edges.tolist(), found.values, strict=True) if u in edge]
    assert nodes[u] == pytest.approx(np.mean(mine))
    assert pairs["ollivier_mean"][0] == pytest.approx((nodes[u] + nodes[v]) / 2)


def test_bridge_between_groups_is_the_most_negative():
    rng = np.random.default_rng(0)
    far = np.vstack([rng.normal(size=(12, 3)), rng.normal(size=(12, 3)) + 30])
    graph = knn_graph(PointCloud.of(far), 5, bridge=True)
    found = ollivier(graph)
    assert tuple(found.edges[found.values.argmin()].tolist()) in {
        tuple(sorted(e)) for e in graph.bridges
    }


def test_bad_input_is_refused(of_networkx, monkeypatch):
    graph = of_networkx(nx.complete_graph(3))
    with pytest.raises(InputError, match="laziness is 1"):
        ollivier(graph, laziness=1.0)
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(InputError, match="POT is not installed"):
        ollivier(graph)
