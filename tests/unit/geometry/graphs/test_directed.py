import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.graphs.directed import directed_score
from cellglass.geometry.graphs.distances import Distances
from cellglass.geometry.support import Support

NAMES = tuple("ABCDEFGH")


def made(seed=0, n=8):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, 3))
    between = np.linalg.norm(points[:, None] - points, axis=2)
    support = rng.uniform(size=(n, n)) * (rng.random((n, n)) < 0.6)
    return (
        Distances(between, NAMES[:n], NAMES[:n], "euclidean"),
        Support(support, NAMES[:n], NAMES[:n], ("made up",)),
    )


def by_loops(distances, support, gain=4.0):
    margin = support.values - support.values.T
    n = len(margin)
    pairs = [(u, v) for u in range(n) for v in range(u + 1, n)]
    far = [distances.values[p] for p in pairs]
    large = [abs(margin[p]) for p in pairs if margin[p] != 0]
    score = np.zeros((n, n))
    for q in (0.35, 0.50, 0.65, 0.80):
        for r in (0.40, 0.60, 0.80):
            reach, least = np.quantile(far, q), np.quantile(large, r)
            step = np.zeros((n, n))
            for u in range(n):
                for v in range(n):
                    near = distances.values[u, v] <= reach
                    step[u, v] = near and abs(margin[u, v]) >= least and margin[u, v] > 0
            for u in range(n):
                for v in range(n):
                    there = sum(step[u, w] * step[w, v] for w in range(n))
                    back = sum(step[v, w] * step[w, u] for w in range(n))
                    score[u, v] += there - back + np.tanh(gain * margin[u, v])
    return score / 12


@pytest.mark.parametrize("seed", range(3))
def test_equals_loops(seed):
    distances, support = made(seed)
    found = directed_score(distances, support)
    assert found.values == pytest.approx(by_loops(distances, support), abs=1e-12)
    assert found.values == pytest.approx(-found.values.T)
    assert found.values - found.flow == pytest.approx(np.tanh(4 * support.margin))
    assert np.abs(found.flow).max() > 0


def test_pairs_are_those_of_the_matrix():
    distances, support = made()
    found = directed_score(distances, support)
    features = found.pairs(["C", "A"], ["F", "B"])
    assert features["directed"].tolist() == [found.values[2, 5], found.values[0, 1]]
    assert features["directed_flow"].tolist() == [found.flow[2, 5], found.flow[0, 1]]
    assert found.provenance == ("made up",)


def test_distances_may_hold_more_points_in_another_order():
    distances, support = made()
    order = [3, 7, 0, 2, 6, 1, 5, 4]
    names = tuple(NAMES[i] for i in order)
    wide = Distances(
        np.pad(distances.values[np.ix_(order, order)], ((0, 1), (0, 1))),
        (*names, "Z"), (*names, "Z"), "euclidean",
    )  # fmt: skip
    assert directed_score(wide, support).values == pytest.approx(
        directed_score(distances, support).values
    )


def test_reversed_support_reverses_the_score():
    distances, support = made()
    back = Support(support.values.T.copy(), NAMES, NAMES, support.provenance)
    assert directed_score(distances, back).values == pytest.approx(
        directed_score(distances, support).values.T
    )


def test_bad_input_is_refused():
    distances, support = made()
    even = Support(support.values + support.values.T, NAMES, NAMES, ("made up",))
    with pytest.raises(InputError, match="no pair has a margin"):
        directed_score(distances, even)
    with pytest.raises(InputError, match="quantiles"):
        directed_score(distances, support, margin_quantiles=[1.2])
    with pytest.raises(InputError, match="quantiles"):
        directed_score(distances, support, distance_quantiles=[])
    others = (*NAMES[:-1], "Z")
    stranger = Support(support.values, others, others, ("made up",))
    with pytest.raises(InputError, match="first Z"):
        directed_score(distances, stranger)
    with pytest.raises(InputError, match="support among the same points"):
        directed_score(distances, Support(support.values, NAMES, others, ("made up",)))
