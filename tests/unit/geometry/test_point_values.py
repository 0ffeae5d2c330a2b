import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.point_values import PointValues

FOUND = PointValues(np.array([3.0, 1.0, 7.0]), ("A", "B", "C"), "degree")


def test_pairs_are_in_the_order_given():
    pairs = FOUND.pairs(["C", "A"], ["A", "B"])
    assert pairs["degree_mean"].tolist() == [5.0, 2.0]
    assert pairs["degree_gap"].tolist() == [4.0, 2.0]
    assert pairs["degree_least"].tolist() == [3.0, 1.0]
    assert FOUND.of(["B", "C"]).tolist() == [1.0, 7.0]


def test_unknown_names_and_uneven_pairs_are_refused():
    with pytest.raises(InputError, match="1 names are unknown, the first Z"):
        FOUND.pairs(["A"], ["Z"])
    with pytest.raises(InputError, match="2 sources and 1 targets"):
        FOUND.pairs(["A", "B"], ["A"])
    with pytest.raises(InputError, match="2 names are unknown"):
        FOUND.of(["X", "Y"])


def test_values_must_fit_the_names():
    with pytest.raises(InputError, match="for 3 points"):
        PointValues(np.zeros(2), ("A", "B", "C"), "degree")
