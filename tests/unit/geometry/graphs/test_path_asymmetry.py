from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.geodesics import geodesics
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.graphs.path_asymmetry import path_asymmetry, torsion_asymmetry
from cellglass.geometry.graphs.path_turning import path_turning
from cellglass.geometry.graphs.paths import shortest_paths
from cellglass.geometry.support import Support

N = 40
CLOUD = PointCloud.of(np.random.default_rng(0).normal(size=(N, 4)))
GRAPH = knn_graph(CLOUD, 4, bridge=True)


def support(values, names):
    return Support(values, names, names, ("made up",))


SUPPORT = support(np.random.default_rng(1).uniform(size=(N, N)), CLOUD.names)
NONE = support(np.zeros((N, N)), CLOUD.names)
SOURCES = [str(i) for i in range(15)]
TARGETS = [str(i) for i in range(20, 35)]


def test_equals_networkx_on_the_directed_graph():
    directed = nx.DiGraph()
    held = GRAPH.lengths.tocoo()
    for u, v, length in zip(held.row, held.col, held.data, strict=True):
        directed.add_edge(int(u), int(v), weight=length / (0.35 + SUPPORT.values[u, v]))
    found = path_asymmetry(GRAPH, SUPPORT, SOURCES, TARGETS)
    for i, (s, t) in enumerate(zip(map(int, SOURCES), map(int, TARGETS), strict=True)):
        there, back = (nx.dijkstra_path(directed, *ends) for ends in ((s, t), (t, s)))
        lengths = [nx.path_weight(directed, p, "weight") for p in (there, back)]
        mean = [np.mean([SUPPORT.values[u, v] for u, v in pairwise(p)]) for p in (there, back)]
        assert found["path_there"][i] == pytest.approx(lengths[0])
        assert found["path_back"][i] == pytest.approx(lengths[1])
        assert found["path_log_ratio"][i] == pytest.approx(np.log(lengths[1] / lengths[0]))
        assert found["path_mean"][i] == pytest.approx(np.mean(lengths))
        assert found["path_hop_gap"][i] == len(back) - len(there)
        assert found["path_support_gap"][i] == pytest.approx(mean[0] - mean[1])
        assert found["path_margin"][i] == SUPPORT.values[s, t] - SUPPORT.values[t, s]
    assert len(found.values) == 7
    assert np.abs(found["path_log_ratio"]).min() > 0


def test_reversed_pairs_have_opposite_gaps():
    there = path_asymmetry(GRAPH, SUPPORT, SOURCES, TARGETS)
    back = path_asymmetry(GRAPH, SUPPORT, TARGETS, SOURCES)
    for name in ("path_log_ratio", "path_hop_gap", "path_support_gap", "path_margin"):
        assert back[name] == pytest.approx(-there[name], abs=1e-12)
    assert back["path_mean"] == pytest.approx(there["path_mean"])


def test_without_support_ways_are_geodesics_and_nothing_is_asymmetric():
    found = path_asymmetry(GRAPH, NONE, SOURCES, TARGETS)
    straight = geodesics(GRAPH).pairs(SOURCES, TARGETS)
    assert found["path_there"] == pytest.approx(straight / 0.35)
    for name in ("path_log_ratio", "path_hop_gap", "path_support_gap", "path_margin"):
        assert np.abs(found[name]).max() < 1e-12
    twisted = torsion_asymmetry(GRAPH, NONE, SOURCES, TARGETS, missing=0.0)
    gaps = [v for name, v in twisted.values.items() if name.endswith("_gap")]
    assert len(gaps) == 6
    assert np.abs(gaps).max() < 1e-9


def test_support_along_a_line_makes_it_easier_there():
    line = knn_graph(PointCloud.of(np.arange(6.0)[:, None] ** 1.1), 1, bridge=True)
    along = support(np.eye(6, k=1), line.cloud.names)
    found = path_asymmetry(line, along, ["0", "4"], ["4", "0"])
    assert found["path_log_ratio"] == pytest.approx(np.log(1.35 / 0.35) * np.array([1, -1]))
    assert found["path_support_gap"].tolist() == [1.0, -1.0]


def test_torsion_holds_17_features_of_both_ways():
    found = torsion_asymmetry(GRAPH, SUPPORT, SOURCES, TARGETS, missing=0.0)
    assert len(found.values) == 17
    gaps = path_asymmetry(GRAPH, SUPPORT, SOURCES, TARGETS)
    assert found["path_margin"].tolist() == gaps["path_margin"].tolist()
    held = GRAPH.lengths.tocoo()
    lengths = GRAPH.lengths.copy().tocoo()
    lengths.data = held.data / (0.35 + SUPPORT.values[held.row, held.col])
    there = path_turning(
        shortest_paths(GRAPH, SOURCES, TARGETS, lengths=lengths.tocsr()), missing=0.0
    )
    assert found["torsion_sd_there"] == pytest.approx(there["torsion_sd"])
    assert found["turning_mean_gap"] == pytest.approx(
        found["turning_mean_there"] - found["turning_mean_back"]
    )
    assert np.abs(found["torsion_mean_gap"]).max() > 0


def test_a_point_and_itself_have_no_ratio():
    found = path_asymmetry(GRAPH, SUPPORT, ["3"], ["3"])
    assert np.isnan(found["path_log_ratio"][0])
    assert found["path_there"][0] == 0.0


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="floor is 0"):
        path_asymmetry(GRAPH, SUPPORT, SOURCES, TARGETS, floor=0.0)
    doubled = PointCloud.of(np.vstack([CLOUD.points, CLOUD.points[:2]]))
    with pytest.raises(InputError, match="2 points equal"):
        path_asymmetry(knn_graph(doubled, 4, bridge=True), SUPPORT, SOURCES, TARGETS)
    few = support(np.zeros((3, 3)), ("0", "1", "2"))
    with pytest.raises(InputError, match="37 names are unknown"):
        path_asymmetry(GRAPH, few, SOURCES, TARGETS)
    apart = PointCloud.of(np.vstack([CLOUD.points[:20], CLOUD.points[:20] + 99]))
    with pytest.raises(InputError, match="2 components"):
        path_asymmetry(knn_graph(apart, 12), NONE, SOURCES, TARGETS)
