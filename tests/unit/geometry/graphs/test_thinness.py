import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry import PointCloud, geodesics, knn_graph
from cellglass.geometry.graphs.euclidean import euclidean
from cellglass.geometry.graphs.thinness import thinness


def graph_of(n=60, width=3, k=5, seed=0):
    points = np.random.default_rng(seed).normal(size=(n, width))
    return knn_graph(PointCloud.of(points), k, bridge=True)


def ends(n, size=80, seed=0):
    rng = np.random.default_rng(seed)
    one = rng.integers(n, size=size)
    other = (one + rng.integers(1, n, size=size)) % n
    return [str(i) for i in one], [str(i) for i in other]


def by_formula(graph, matrix, u, v, most):
    near = {*graph.lengths[u].indices.tolist(), *graph.lengths[v].indices.tolist()} - {u, v}
    thirds = sorted(near, key=lambda w: (matrix[u, w] + matrix[v, w], w))[:most]
    deltas = []
    for w in thirds:
        a, b, c = matrix[u, v], matrix[u, w], matrix[v, w]
        deltas.append(0.5 * max(0.0, a + b + c - 2 * max(a, b, c)))
    return np.mean(deltas)


@pytest.mark.parametrize("metric", ["euclidean", "geodesic"])
@pytest.mark.parametrize("most", [1, 3, 12])
def test_equals_the_formula(metric, most):
    graph = graph_of()
    held = euclidean(graph.cloud) if metric == "euclidean" else geodesics(graph)
    sources, targets = ends(60)
    found = thinness(graph, held, sources, targets, most=most)
    expected = [
        by_formula(graph, held.values, int(s), int(t), most)
        for s, t in zip(sources, targets, strict=True)
    ]
    assert np.allclose(found["thinness"], expected, atol=1e-12)
    assert (found.sources, found.targets) == (tuple(sources), tuple(targets))


def test_triangles_in_a_line_are_flat_and_around_a_circle_are_not():
    line = knn_graph(PointCloud.of(np.arange(30.0)[:, None]), 2)
    assert np.allclose(thinness(line, geodesics(line), *ends(30))["thinness"], 0.0, atol=1e-12)
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = knn_graph(PointCloud.of(np.column_stack([np.cos(angle), np.sin(angle)])), 2)
    found = thinness(circle, euclidean(circle.cloud), ["0"], ["20"], most=2)["thinness"]
    side, chord = 2 * np.sin(np.pi / 60), 2 * np.sin(np.pi / 3)
    inner = 2 * np.sin(19 * np.pi / 60)
    assert found[0] == pytest.approx((side + inner - chord) / 2)


def test_rows_of_the_ends_and_columns_of_the_nodes_are_enough():
    points = np.random.default_rng(0).normal(size=(40, 3))
    graph = knn_graph(PointCloud.of(np.concatenate([points, points[:3]])), 5)
    alone = knn_graph(PointCloud.of(points), 5)
    sources, targets = ends(40, 20)
    rows = geodesics(graph, sorted({*sources, *targets}), graph.nodes.names)
    found = thinness(graph, rows, sources, targets)["thinness"]
    assert np.array_equal(found, thinness(alone, geodesics(alone), sources, targets)["thinness"])
    with pytest.raises(InputError, match="rows of the geodesic distances"):
        thinness(graph, geodesics(graph, ["0"]), ["0"], ["1"])
    with pytest.raises(InputError, match="columns of the geodesic distances"):
        thinness(graph, geodesics(graph, ["0", "1"], ["0", "1"]), ["0"], ["1"])


def test_the_order_of_the_ends_does_not_matter():
    graph = graph_of()
    sources, targets = ends(60)
    held = euclidean(graph.cloud)
    one, other = (
        thinness(graph, held, *e, most=2) for e in ((sources, targets), (targets, sources))
    )
    assert np.array_equal(one["thinness"], other["thinness"])


def test_equal_points_and_pairs_without_neighbours_have_none():
    graph = knn_graph(PointCloud.of([[0.0], [1.0], [1.0]]), 1)
    found = thinness(graph, geodesics(graph), ["0", "1"], ["1", "2"])
    assert np.isnan(found["thinness"]).all()


def test_most_is_a_number_of_points():
    graph = graph_of()
    with pytest.raises(InputError, match="most is 0"):
        thinness(graph, geodesics(graph), ["0"], ["1"], most=0)
