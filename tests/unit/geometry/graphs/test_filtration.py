import networkx as nx
import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.distances import Distances
from cellglass.geometry.graphs.euclidean import euclidean
from cellglass.geometry.graphs.filtration import (
    filtration_features,
    graph_filtration,
    pair_thresholds,
)

QUANTILES, SUPPORTS = [0.05, 0.1, 0.3, 0.9], [0.0, 0.5, 0.8]


def distances(n=25, seed=0):
    return euclidean(PointCloud.of(np.random.default_rng(seed).normal(size=(n, 2))))


def support(n=25, seed=1):
    held = np.random.default_rng(seed).random((n, n))
    return (held + held.T) / 2


def graph_of(values, second, longest, least):
    graph = nx.Graph()
    graph.add_nodes_from(range(len(values)))
    graph.add_edges_from(
        (i, j) for i in range(len(values)) for j in range(i)
        if values[i, j] <= longest and (second is None or second[i, j] >= least)
    )  # fmt: skip
    return graph


@pytest.mark.parametrize("second", [None, support()])
def test_counts_equal_networkx(second):
    held = distances()
    found = graph_filtration(held, quantiles=QUANTILES, support=second, support_quantiles=SUPPORTS)
    assert found.cycle_rank.shape == (4, 1 if second is None else 3)
    for i, longest in enumerate(found.distance_at):
        for j, least in enumerate(found.support_at):
            graph = graph_of(held.values, second, longest, least)
            assert found.edges[i, j] == graph.number_of_edges()
            assert found.components[i, j] == nx.number_connected_components(graph)
            assert found.cycle_rank[i, j] == len(nx.cycle_basis(graph))


@pytest.mark.parametrize("second", [None, support()])
def test_features_equal_networkx(second):
    held = distances()
    names = held.sources
    pairs = [(0, 1), (3, 20), (7, 9), (24, 2), (11, 12)]
    sources, targets = ([names[p[k]] for p in pairs] for k in (0, 1))
    found = filtration_features(
        held, sources, targets, quantiles=QUANTILES, support=second, support_quantiles=SUPPORTS
    )
    grid = graph_filtration(held, quantiles=QUANTILES, support=second, support_quantiles=SUPPORTS)
    graphs = [
        graph_of(held.values, second, longest, least)
        for longest in grid.distance_at for least in grid.support_at
    ]  # fmt: skip
    for at, (a, b) in enumerate(pairs):
        ranks = [len(nx.cycle_basis(g)) for g in graphs if g.has_edge(a, b)]
        assert found["joined"][at] == pytest.approx(len(ranks) / len(graphs))
        expected = np.mean(ranks) if ranks else np.nan
        np.testing.assert_allclose(found["cycle_rank"][at], expected)
        connected = np.mean([nx.has_path(g, a, b) for g in graphs])
        assert found["connected"][at] == pytest.approx(connected)


def test_a_pair_in_no_graph_has_no_cycle_rank():
    held = distances()
    a, b = np.unravel_index(held.values.argmax(), held.values.shape)
    found = filtration_features(held, [held.sources[a]], [held.sources[b]], quantiles=[0.2, 0.5])
    assert np.isnan(found["cycle_rank"][0])
    assert found["joined"][0] == 0.0


def test_cycle_rank_without_support_is_a_function_of_the_distance():
    held = distances(40)
    rows, columns = np.triu_indices(40, 1)
    sources, targets = rows.astype(str).tolist(), columns.astype(str).tolist()
    found = filtration_features(held, sources, targets, quantiles=[0.2, 0.5, 1.0])
    order = np.argsort(held.pairs(sources, targets))
    assert (np.diff(found["cycle_rank"][order]) >= 0).all()


def test_thresholds_are_values_that_occur():
    values = np.array([[0.0, 1, 5], [1, 0, 3], [5, 3, 0]])
    assert pair_thresholds(values, [0.0, 0.3, 0.5, 1.0], "q").tolist() == [1.0, 3.0, 3.0, 5.0]


def test_bad_input_is_told():
    with pytest.raises(InputError, match="quantiles"):
        graph_filtration(distances(), quantiles=[1.5])
    with pytest.raises(InputError, match="support of shape"):
        graph_filtration(distances(), support=np.zeros((2, 2)))
    with pytest.raises(InputError, match="finite numbers"):
        graph_filtration(distances(), support=np.full((25, 25), np.nan))
    with pytest.raises(InputError, match="symmetric"):
        graph_filtration(distances(), support=np.random.default_rng(0).random((25, 25)))
    with pytest.raises(InputError, match="1 points"):
        graph_filtration(Distances(np.zeros((1, 1)), ("A",), ("A",), "geodesic"))
    with pytest.raises(InputError, match="X"):
        filtration_features(distances(), ["X"], ["1"])
