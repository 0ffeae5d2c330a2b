import networkx as nx
import numpy as np
import pytest
from scipy import sparse

from cellglass.errors import InputError
from cellglass.geometry.graphs.label_propagation import label_propagation


def sparse_of(graph):
    return sparse.csr_matrix(nx.to_scipy_sparse_array(graph, weight=None, dtype=float))


def outnumbered(graph, labels):
    """Nodes whose label is not among the most frequent of their neighbours."""
    found = []
    for u in graph:
        around = np.bincount([labels[v] for v in graph[u]], minlength=max(labels) + 1)
        if graph[u] and around[labels[u]] < around.max():
            found.append(u)
    return found


def test_planted_blocks_are_found():
    planted = np.repeat(np.arange(3), 20)
    graph = nx.stochastic_block_model([20] * 3, 0.01 + 0.59 * np.eye(3), seed=0)
    assert (label_propagation(sparse_of(graph)) == planted).all()


@pytest.mark.parametrize("seed", range(5))
def test_ends_where_no_label_is_outnumbered(seed):
    graph = nx.watts_strogatz_graph(60, 6, 0.1, seed=seed)
    labels = label_propagation(sparse_of(graph), sweeps=200, seed=seed)
    assert outnumbered(graph, labels.tolist()) == []


def test_one_sweep_may_not_be_enough():
    graph = nx.watts_strogatz_graph(60, 6, 0.1, seed=0)
    assert outnumbered(graph, label_propagation(sparse_of(graph), sweeps=1).tolist())


def test_ties_are_drawn_evenly():
    """The middle of a path takes either end's label, or both take its."""
    path = sparse_of(nx.path_graph(3))
    weights = sparse.csr_matrix(path)
    first = [label_propagation(weights, seed=s)[0] for s in range(20)]
    assert set(first) == {0}  # all three end alike
    square = sparse_of(nx.cycle_graph(4))
    counts = [label_propagation(square, seed=s).max() + 1 for s in range(60)]
    assert {1, 2} == set(counts)


def test_weights_do_not_count_but_zeros_are_no_edges():
    graph = sparse_of(nx.watts_strogatz_graph(40, 4, 0.1, seed=0))
    heavy = graph.copy()
    heavy.data = np.random.default_rng(0).uniform(0.1, 9, heavy.nnz)
    assert (label_propagation(heavy) == label_propagation(graph)).all()
    none = graph.copy()
    none.data[:] = 0.0
    assert sorted(label_propagation(none)) == list(range(40))


def test_repeats_with_the_seed():
    graph = sparse_of(nx.watts_strogatz_graph(60, 6, 0.3, seed=0))
    assert (label_propagation(graph, seed=3) == label_propagation(graph, seed=3)).all()


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="0 sweeps"):
        label_propagation(sparse_of(nx.path_graph(3)), sweeps=0)
