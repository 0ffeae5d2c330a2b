import networkx as nx
import numpy as np
import pytest

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.bridges import bridges
from cellglass.geometry.graphs.knn import knn_graph


def as_edges(found):
    return {tuple(sorted((int(u), int(v)))) for u, v in found}


@pytest.mark.parametrize("seed", range(12))
def test_equals_networkx_on_sparse_graphs(seed, of_networkx):
    graph = nx.gnm_random_graph(40, 42, seed=seed)
    theirs = {tuple(sorted(e)) for e in nx.bridges(graph)}
    assert as_edges(bridges(of_networkx(graph))) == theirs
    assert theirs


def test_all_edges_of_a_tree_and_none_of_a_cycle(of_networkx):
    tree = nx.balanced_tree(2, 4)
    assert as_edges(bridges(of_networkx(tree))) == {tuple(sorted(e)) for e in tree.edges}
    assert bridges(of_networkx(nx.cycle_graph(9))) == ()


def test_long_paths_need_no_recursion(of_networkx):
    assert len(bridges(of_networkx(nx.path_graph(3000)))) == 2999


def test_bridges_that_were_added_are_found():
    rng = np.random.default_rng(0)
    far = np.vstack([rng.normal(size=(15, 3)), rng.normal(size=(15, 3)) + 50])
    graph = knn_graph(PointCloud.of(far), 4, bridge=True)
    assert as_edges(bridges(graph)) == {tuple(sorted(e)) for e in graph.bridges}
    assert bridges(knn_graph(PointCloud.of(far), 4)) == ()
