"""Distances permuted over pairs."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nulls.distance_permutation import DistancePermutation

POINTS = np.random.default_rng(0).normal(size=(25, 3))


def test_distances_are_those_of_the_cloud_elsewhere():
    null = DistancePermutation.of(PointCloud.of(POINTS))
    drawn = null.draw(np.random.default_rng(1))
    assert np.array_equal(drawn, drawn.T)
    assert not np.diag(drawn).any()
    assert np.array_equal(np.sort(squareform(drawn)), np.sort(pdist(POINTS)))
    assert null.changed(drawn) > 0.9


def test_draws_are_no_metric_and_the_check_says_so():
    null = DistancePermutation.of(PointCloud.of(POINTS))
    assert null.broken_triangles(null.observed) == 0.0
    broken = null.broken_triangles(null.draw(np.random.default_rng(1)))
    by_hand = share_by_hand(null.draw(np.random.default_rng(1)))
    assert broken == pytest.approx(by_hand, abs=0.02)
    assert broken > 0.05
    check = null.check()
    assert check.passed
    assert "triangles of a draw are broken" in check.messages[0]


def share_by_hand(matrix):
    n, broken, total = len(matrix), 0, 0
    for i in range(n):
        for j in range(i):
            for k in range(j):
                a, b, c = matrix[i, j], matrix[j, k], matrix[i, k]
                broken += max(a, b, c) > a + b + c - max(a, b, c)
                total += 1
    return broken / total


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((3, 2)), "shape"),
        (np.zeros((2, 2)), "at least 3"),
        (np.full((3, 3), np.inf), "not finite"),
        (np.ones((3, 3)), "zeros on its diagonal"),
        (np.triu(np.ones((3, 3)), 1), "not symmetric"),
        (1.0 - np.eye(3), "all distances are equal"),
    ],
)
def test_refuses_what_is_no_distance(matrix, message):
    with pytest.raises(InputError, match=message):
        DistancePermutation(matrix)
