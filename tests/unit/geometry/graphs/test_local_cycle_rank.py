import networkx as nx
import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.distances import Distances
from cellglass.geometry.graphs.euclidean import euclidean
from cellglass.geometry.graphs.filtration import pair_thresholds
from cellglass.geometry.graphs.local_cycle_rank import local_cycle_rank

QUANTILES = [0.02, 0.1, 0.3, 0.6]


def distances(n=40, seed=0):
    return euclidean(PointCloud.of(np.random.default_rng(seed).normal(size=(n, 2))))


def by_networkx(values, a, b, neighbours):
    others = [w for w in range(len(values)) if w not in (a, b)]
    near = sorted(others, key=lambda w: (values[a, w] + values[b, w], w))[:neighbours]
    nodes = [a, b, *near]
    ranks = []
    for longest in pair_thresholds(values, QUANTILES, "q"):
        graph = nx.Graph()
        graph.add_nodes_from(nodes)
        pairs = [(i, j) for i in nodes for j in nodes if i < j]
        graph.add_edges_from(pair for pair in pairs if values[pair] <= longest)
        ranks.append(len(nx.cycle_basis(graph)) / len(nodes))
    return np.mean(ranks)


@pytest.mark.parametrize("neighbours", [1, 5, 12])
def test_rank_equals_networkx(neighbours):
    held = distances()
    pairs = [(0, 1), (3, 39), (10, 30), (22, 4)]
    found = local_cycle_rank(
        held, [held.sources[a] for a, _ in pairs], [held.sources[b] for _, b in pairs],
        neighbours=neighbours, quantiles=QUANTILES,
    )  # fmt: skip
    expected = [by_networkx(held.values, a, b, neighbours) for a, b in pairs]
    np.testing.assert_allclose(found["cycle_rank"], expected)


def test_blocks_change_nothing(monkeypatch):
    held = distances()
    sources, targets = held.sources[:20], held.sources[20:]
    whole = local_cycle_rank(held, sources, targets)
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 1)
    parts = local_cycle_rank(held, sources, targets)
    np.testing.assert_array_equal(whole["cycle_rank"], parts["cycle_rank"])


def test_equal_points_are_joined_at_once():
    values = np.zeros((4, 4))
    values[3, :3] = values[:3, 3] = 1.0
    held = Distances(values, tuple("ABCD"), tuple("ABCD"), "geodesic")
    found = local_cycle_rank(held, ["A"], ["B"], neighbours=2, quantiles=[0.0, 1.0])
    # a triangle of equal points and one alone; then all six edges
    assert found["cycle_rank"].tolist() == [(1 / 4 + 3 / 4) / 2]


def test_bad_input_is_told():
    held = distances()
    with pytest.raises(InputError, match="39 neighbours of a pair among 40 points"):
        local_cycle_rank(held, ["0"], ["1"], neighbours=39)
    with pytest.raises(InputError, match="a point with itself, the first 5"):
        local_cycle_rank(held, ["0", "5"], ["1", "5"])
    with pytest.raises(InputError, match="X"):
        local_cycle_rank(held, ["X"], ["1"])
    with pytest.raises(InputError, match="quantiles"):
        local_cycle_rank(held, ["0"], ["1"], quantiles=[])
