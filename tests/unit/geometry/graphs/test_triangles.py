import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellglass.errors import InputError
from cellglass.geometry import PointCloud, geodesics, knn_graph
from cellglass.geometry.graphs.distances import Distances
from cellglass.geometry.graphs.euclidean import euclidean
from cellglass.geometry.graphs.triangles import random_thirds, triangle_features

COUNTS = (8, 12, 16)


def cloud(n=50, width=3, seed=0):
    return PointCloud.of(np.random.default_rng(seed).normal(size=(n, width)))


def ends(n, size=80, seed=0):
    rng = np.random.default_rng(seed)
    one = rng.integers(n, size=size)
    other = (one + rng.integers(1, n, size=size)) % n
    return [str(i) for i in one], [str(i) for i in other]


def by_formula(matrix, u, v, counts, thirds=None):
    """Features of one pair, from sorting all ways through a third point."""
    base = matrix[u, v]
    free = [w for w in range(len(matrix)) if matrix[u, w] > 0 and matrix[v, w] > 0]
    if thirds is None:
        thirds = sorted(free, key=lambda w: matrix[u, w] + matrix[v, w])
    found = {}
    for k in counts:
        way = np.array([matrix[u, w] + matrix[v, w] for w in thirds[:k]])
        defect = np.maximum((way - base) / base, 0)
        found[k] = np.quantile(defect, 0.5), np.quantile(defect, 0.9), np.mean(defect <= 0.05)
    q50, q90, share = np.array(list(found.values())).T
    return {
        **{f"q50_{k}": found[k][0] for k in counts},
        **{f"q90_{k}": found[k][1] for k in counts},
        **{f"share_{k}": found[k][2] for k in counts},
        "m": q50.mean(),
        "a": q90.mean(),
        "c": share.mean(),
        "disp": np.mean(q90 - q50),
        "span": q90[-1] - q90[0],
    }


def check(found, matrix, pairs, counts, thirds=None):
    for p, (u, v) in enumerate(pairs):
        drawn = None if thirds is None else thirds[p]
        expected = by_formula(matrix, u, v, counts, drawn)
        assert set(found.values) == set(expected)
        for name, value in expected.items():
            assert found[name][p] == pytest.approx(value, rel=1e-11, abs=1e-13), name


@pytest.mark.parametrize("metric", ["euclidean", "geodesic"])
def test_equals_the_formula(metric):
    points = cloud()
    held = euclidean(points) if metric == "euclidean" else geodesics(knn_graph(points, 6))
    sources, targets = ends(50)
    found = triangle_features(held, sources, targets)
    check(found, held.values, zip(map(int, sources), map(int, targets), strict=True), COUNTS)
    assert (found.sources, found.targets) == (tuple(sources), tuple(targets))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1_000), st.sets(st.integers(1, 10), min_size=1))
def test_equals_the_formula_for_any_numbers_of_third_points(seed, counts):
    held = euclidean(cloud(12, 2, seed))
    sources, targets = ends(12, 5, seed)
    found = triangle_features(held, sources, targets, counts=[*counts])
    pairs = zip(map(int, sources), map(int, targets), strict=True)
    check(found, held.values, pairs, sorted(counts))


def test_rows_of_the_ends_are_enough():
    points = cloud()
    sources, targets = ends(50, 6)
    rows = euclidean(points, sorted({*sources, *targets}))
    some, whole = (triangle_features(d, sources, targets) for d in (rows, euclidean(points)))
    assert np.array_equal(some["m"], whole["m"])
    with pytest.raises(InputError, match="rows of the euclidean distances"):
        triangle_features(euclidean(points, sources[:1]), sources[:1], targets[:1])


def test_on_a_line_the_points_between_have_no_defect():
    matrix = np.abs(np.arange(40.0)[:, None] - np.arange(40))
    held = Distances(matrix, *[tuple(map(str, range(40)))] * 2, "line")
    found = triangle_features(held, ["10", "10"], ["30", "11"])
    assert found["q90_16"][0] == 0.0
    assert found["c"].tolist() == [1.0, 0.0]
    assert found["q50_8"][1] == pytest.approx(2 * 2.5)  # 1 to 4 steps to either side


def test_equal_points_are_no_third_points_and_have_no_defect():
    points = cloud(40).points
    graph = knn_graph(PointCloud.of(np.concatenate([points, points[:2]])), 6)
    whole, distinct = geodesics(graph), geodesics(graph, targets=graph.nodes.names)
    alone = geodesics(knn_graph(PointCloud.of(points), 6))
    # u and v and their copies 40 and 41 are left out, whatever the columns are
    expected = triangle_features(alone, ["0"], ["1"])
    for held in (whole, distinct):
        assert triangle_features(held, ["0"], ["1"])["a"] == expected["a"]
        assert triangle_features(held, ["40"], ["41"], counts=[3])["q50_3"] > 0
    found = triangle_features(whole, ["0", "0", "2"], ["40", "0", "3"])
    assert np.isnan(found["m"]).tolist() == [True, True, False]
    # elsewhere a copy is a third point more, unless the columns are the distinct points
    sources, targets = ends(40)
    expected = triangle_features(alone, sources, targets)
    assert np.array_equal(triangle_features(distinct, sources, targets)["a"], expected["a"])
    assert not np.array_equal(triangle_features(whole, sources, targets)["a"], expected["a"])


def test_third_points_may_be_given():
    held = euclidean(cloud())
    sources, targets = ends(50, 30)
    thirds = random_thirds(held, sources, targets, np.random.default_rng(0))
    found = triangle_features(held, sources, targets, thirds=thirds)
    pairs = list(zip(map(int, sources), map(int, targets), strict=True))
    check(found, held.values, pairs, COUNTS, thirds)
    nearest = triangle_features(held, sources, targets)
    assert (found["m"] > nearest["m"]).all()


def test_random_third_points_are_all_but_the_ends_equally_often():
    points = cloud(8).points
    held = euclidean(PointCloud.of(np.concatenate([points, points[:1]])))
    n = 3_000
    drawn = random_thirds(held, ["0"] * n, ["5"] * n, np.random.default_rng(1), n=3)
    assert all(len(set(row)) == 3 for row in drawn.tolist())
    for place in range(3):
        share = np.bincount(drawn[:, place], minlength=9) / n
        assert share[[0, 5, 8]].tolist() == [0.0, 0.0, 0.0]
        assert np.allclose(share[[1, 2, 3, 4, 6, 7]], 1 / 6, atol=0.03)
    again = random_thirds(held, ["0"] * n, ["5"] * n, np.random.default_rng(1), n=3)
    assert np.array_equal(drawn, again)


def test_too_few_third_points_are_told():
    held = euclidean(cloud(12))
    told = "1 pairs have fewer than 16 third points, the first 0 and 1\n.*12 points\n.*at least 16"
    with pytest.raises(InputError, match=told):
        triangle_features(held, ["0"], ["1"])
    assert np.isfinite(triangle_features(held, ["0"], ["1"], counts=[10])["m"]).all()
    with pytest.raises(InputError, match="1 pairs have fewer than 11 points to draw from"):
        random_thirds(held, ["0"], ["1"], np.random.default_rng(0), n=11)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"counts": []}, "numbers above 0"),
        ({"counts": [0, 3]}, "numbers above 0"),
        ({"thirds": np.zeros((2, 16), dtype=int)}, r"shape \(2, 16\)"),
        ({"thirds": np.zeros((1, 15), dtype=int)}, "1 pairs x at least 16"),
        ({"thirds": np.full((1, 16), 12)}, "columns up to 12"),
    ],
)
def test_third_points_that_cannot_be(options, told):
    with pytest.raises(InputError, match=told):
        triangle_features(euclidean(cloud(12)), ["0"], ["1"], **options)


def test_no_pairs():
    assert triangle_features(euclidean(cloud()), [], [])["m"].shape == (0,)
