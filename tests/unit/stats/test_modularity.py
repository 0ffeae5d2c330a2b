import networkx as nx
import numpy as np
import pytest
from scipy import sparse

from cellglass.errors import InputError
from cellglass.stats.modularity import modularity, require_weights


def weighted(seed=0, n=30):
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(n, 0.2, seed=seed)
    for u, v in graph.edges:
        graph[u][v]["weight"] = rng.uniform(0.1, 2)
    return graph, sparse.csr_matrix(nx.to_scipy_sparse_array(graph))


@pytest.mark.parametrize("resolution", [0.5, 1.0, 2.0])
def test_equals_networkx(resolution):
    graph, weights = weighted()
    labels = np.random.default_rng(1).integers(4, size=30)
    groups = [set(np.flatnonzero(labels == c)) for c in range(4)]
    theirs = nx.community.modularity(graph, groups, resolution=resolution)
    assert modularity(weights, labels, resolution=resolution) == pytest.approx(theirs, abs=1e-12)


def test_names_of_communities_do_not_matter_and_one_has_none():
    _, weights = weighted()
    labels = np.random.default_rng(1).integers(3, size=30)
    named = np.array(["x", "a", "m"])[labels]
    assert modularity(weights, named) == pytest.approx(modularity(weights, labels))
    assert modularity(weights, np.zeros(30)) == pytest.approx(0.0)
    assert modularity(7 * weights, labels) == pytest.approx(modularity(weights, labels))


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ([[0, 1], [2, 0]], "not symmetric"),
        ([[0, -1], [-1, 0]], "not negative"),
        ([[0, 0], [0, 0]], "not all 0"),
        ([[0, np.inf], [np.inf, 0]], "finite"),
        ([[0, 1, 0], [1, 0, 0]], "square"),
    ],
)
def test_weights_that_are_none_are_refused(weights, found):
    with pytest.raises(InputError, match=found):
        require_weights(sparse.csr_matrix(np.array(weights, dtype=float)), "modularity")


def test_labels_must_fit():
    with pytest.raises(InputError, match="one group an item"):
        modularity(weighted()[1], np.zeros(29))
