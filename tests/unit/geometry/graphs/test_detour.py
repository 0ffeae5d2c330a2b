import networkx as nx
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cellglass.errors import InputError
from cellglass.geometry import PointCloud, knn_graph
from cellglass.geometry.graphs.detour import detour_features, distortion


def cloud(n=70, width=3, seed=0):
    return PointCloud.of(np.random.default_rng(seed).normal(size=(n, width)))


def ends(n, size=150, seed=0):
    """Pairs of different points, by name."""
    rng = np.random.default_rng(seed)
    one = rng.integers(n, size=size)
    other = (one + rng.integers(1, n, size=size)) % n
    return [str(i) for i in one], [str(i) for i in other]


def by_formula(graph, sources, targets, neighbours):
    """Pair by pair on networkx distances."""
    network = nx.from_scipy_sparse_array(graph.lengths)
    way = dict(nx.all_pairs_dijkstra_path_length(network))

    def ball(u):
        radius = sorted(way[u].values())[neighbours]  # the first is the node itself
        return {w for w, d in way[u].items() if d <= radius * (1 + 1e-12)}

    points = graph.nodes.points
    ratio, deficit = [], []
    for s, t in zip(sources, targets, strict=True):
        u, v = graph.places([s, t]).tolist()
        ratio.append(way[u][v] / np.linalg.norm(points[u] - points[v]))
        deficit.append(1 - len(ball(u) & ball(v)) / len(ball(u) | ball(v)))
    return ratio, deficit


@pytest.mark.parametrize("neighbours", [1, 8])
@pytest.mark.parametrize("entries", [1 << 22, 200])
def test_equals_the_formula_on_networkx(neighbours, entries, monkeypatch):
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", entries)
    graph = knn_graph(cloud(), 5, bridge=True)
    sources, targets = ends(70)
    found = detour_features(graph, sources, targets, neighbours=neighbours)
    ratio, deficit = by_formula(graph, sources, targets, neighbours)
    assert np.allclose(found["detour"], ratio, rtol=1e-12)
    assert np.allclose(found["convexity_deficit"], deficit, atol=1e-15)
    assert (found.sources, found.targets) == (tuple(sources), tuple(targets))


def test_half_a_circle_is_pi_over_2_of_its_diameter():
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    graph = knn_graph(PointCloud.of(np.column_stack([np.cos(angle), np.sin(angle)])), 2)
    found = detour_features(graph, ["0", "0", "0"], ["100", "1", "2"])
    assert found["detour"][0] == pytest.approx(np.pi / 2, rel=1e-3)
    assert found["detour"][1] == pytest.approx(1.0)
    # Balls reach 4 to either side: around opposite ends none in common, one step apart 8 of 10.
    assert found["convexity_deficit"].tolist() == pytest.approx([1.0, 1 - 8 / 10, 1 - 7 / 11])
    # The 7th and the 8th are equally far, up to the rounding of either way around.
    names = graph.cloud.names
    found = detour_features(graph, names, [*names[1:], names[0]], neighbours=7)
    assert np.allclose(found["convexity_deficit"], 1 - 8 / 10)


def test_on_a_line_nothing_is_a_detour():
    graph = knn_graph(PointCloud.of(np.arange(20.0)[:, None]), 2)
    sources, targets = ends(20)
    assert np.allclose(detour_features(graph, sources, targets)["detour"], 1.0, rtol=1e-14)
    assert distortion(graph) == pytest.approx(1.0, abs=1e-14)


def test_equal_points_have_no_detour_and_copies_change_no_other_pair():
    points = cloud().points
    sources, targets = ends(70)
    before = detour_features(knn_graph(PointCloud.of(points), 6), sources, targets)
    more = knn_graph(PointCloud.of(np.concatenate([points, np.repeat(points[:4], 20, axis=0)])), 6)
    after = detour_features(more, [*sources, "0", "0"], [*targets, "70", "0"])
    assert np.array_equal(after["detour"][:-2], before["detour"])
    assert np.array_equal(after["convexity_deficit"][:-2], before["convexity_deficit"])
    assert np.isnan(after["detour"][-2:]).all()
    assert after["convexity_deficit"][-2:].tolist() == [0.0, 0.0]
    assert distortion(more) == distortion(knn_graph(PointCloud.of(points), 6))


@pytest.mark.parametrize("entries", [1 << 22, 200])
def test_distortion_is_the_mean_detour(entries, monkeypatch):
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", entries)
    graph = knn_graph(cloud(), 6)
    network = nx.from_scipy_sparse_array(graph.lengths)
    way = dict(nx.all_pairs_dijkstra_path_length(network))
    straight = cdist(graph.nodes.points, graph.nodes.points)
    ratio = {u: [way[u][v] / straight[u, v] for v in range(70) if v != u] for u in range(70)}
    assert distortion(graph) == pytest.approx(np.mean(list(ratio.values())), rel=1e-12)
    some = distortion(graph, ["5", "60", "5"])
    assert some == pytest.approx(np.mean(ratio[5] + ratio[60]), rel=1e-12)


def test_no_pairs():
    assert detour_features(knn_graph(cloud(), 6), [], [])["detour"].shape == (0,)


def test_what_cannot_be_measured_is_told():
    graph = knn_graph(cloud(9), 3)
    with pytest.raises(InputError, match="9 neighbours in a graph of 9 nodes"):
        detour_features(graph, ["0"], ["1"], neighbours=9)
    with pytest.raises(InputError, match="2 sources and 1 targets"):
        detour_features(graph, ["0", "1"], ["1"])
    with pytest.raises(InputError, match="the first X"):
        detour_features(graph, ["0"], ["X"])
    with pytest.raises(InputError, match="no pair of different points"):
        distortion(graph, [])
    pieces = knn_graph(PointCloud.of([[0.0], [1.0], [9.0], [10.0]]), 1)
    for measure in (lambda: detour_features(pieces, ["0"], ["1"]), lambda: distortion(pieces)):
        with pytest.raises(InputError, match="2 components of 2, 2 points"):
            measure()
