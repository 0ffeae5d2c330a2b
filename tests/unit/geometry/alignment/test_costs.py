import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.costs import costs_of


def points(n=15, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 4)), rng.normal(size=(n, 4))


def test_euclidean_and_cosine_by_loops():
    one, other = points()
    for metric, cost in (
        ("euclidean", lambda a, b: np.sqrt(((a - b) ** 2).sum())),
        ("cosine", lambda a, b: 1 - a @ b / np.sqrt((a @ a) * (b @ b))),
    ):
        slow = [[cost(a, b) for b in other] for a in one]
        assert np.allclose(costs_of(one, other, metric), slow)


def test_csls_by_loops():
    one, other = points()
    cosine = 1 - costs_of(one, other, "cosine")
    slow = np.empty_like(cosine)
    for i in range(15):
        for j in range(15):
            r_one = np.mean(sorted(cosine[i])[-10:])
            r_other = np.mean(sorted(cosine[:, j])[-10:])
            slow[i, j] = -(2 * cosine[i, j] - r_one - r_other)
    assert np.allclose(costs_of(one, other, "csls"), slow)


def test_csls_holds_back_a_hub():
    rng = np.random.default_rng(1)
    centre = np.full(30, 1.0)
    one = centre + rng.normal(size=(40, 30))
    other = one + 2 * rng.normal(size=(40, 30))
    other[0] = centre  # near to everything
    into = [
        int((costs_of(one, other, metric).argmin(1) == 0).sum()) for metric in ("cosine", "csls")
    ]
    assert into[0] > 10
    assert into[1] < into[0] / 2


def test_a_point_at_the_origin_has_cosine_0():
    assert costs_of(np.zeros((1, 2)), np.eye(2), "cosine").tolist() == [[1.0, 1.0]]


def test_unknown_metrics_and_few_points_are_refused():
    one, other = points(10)
    with pytest.raises(InputError, match="metric is 'manhattan'"):
        costs_of(one, other, "manhattan")
    with pytest.raises(InputError, match="10 points on one side"):
        costs_of(one, other, "csls")
