import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.graphs.distances import Distances, ends

HELD = Distances(np.arange(6.0).reshape(2, 3), ("A", "B"), ("B", "C", "D"), "geodesic")


def test_pairs_and_blocks_are_looked_up_by_name():
    assert HELD.pairs(["B", "A", "B"], ["B", "D", "B"]).tolist() == [3.0, 2.0, 3.0]
    assert HELD.block(["B", "A"], ["D", "B"]).tolist() == [[5.0, 3.0], [2.0, 0.0]]
    assert HELD.rows(["B"]).tolist() == [1]
    assert HELD.columns(["B"]).tolist() == [0]
    assert HELD.pairs([], []).tolist() == []


@pytest.mark.parametrize(
    ("sources", "targets", "told"),
    [
        (["C"], ["C"], "1 names are unknown, the first C\n.*rows of the geodesic distances"),
        (["A"], ["A"], "1 names are unknown, the first A\n.*columns of the geodesic distances"),
        (["A", "B"], ["B"], "2 sources and 1 targets"),
    ],
)
def test_pairs_that_are_not_held(sources, targets, told):
    with pytest.raises(InputError, match=told):
        HELD.pairs(sources, targets)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([[0.0, 1.0]], r"values of shape \(1, 2\)"),
        ([[0.0], [-1.0]], "negative or not finite"),
        ([[0.0], [np.inf]], "negative or not finite"),
        ([[np.nan], [1.0]], "negative or not finite"),
    ],
)
def test_values_that_are_no_distances(values, told):
    with pytest.raises(InputError, match=told):
        Distances(np.array(values), ("A", "B"), ("C",), "euclidean")


def test_a_target_without_a_column_takes_that_of_an_equal_point():
    values = np.array([[0.0, 3.0], [3.0, 0.0], [3.0, 0.0]])
    held = Distances(values, ("A", "B", "copy of B"), ("A", "B"), "geodesic")
    one, other, base = ends(held, ["A", "copy of B", "B"], ["copy of B", "A", "copy of B"])
    assert (one.tolist(), other.tolist()) == ([0, 2, 1], [2, 0, 2])
    assert base.tolist() == [3.0, 3.0, 0.0]
    fewer = Distances(values[:, :1], held.sources, ("A",), "geodesic")
    with pytest.raises(InputError, match=r"the first B\n.*columns of the geodesic distances"):
        ends(fewer, ["A"], ["B"])
    with pytest.raises(InputError, match="2 sources and 1 targets"):
        ends(held, ["A", "B"], ["A"])
