import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.graphs.distances import Distances, ends

HELD = Distances(np.arange(6.0).reshape(2, 3), ("A", "B"), ("B", "C", "D"), "geodesic")


def test_pairs_and_blocks_are_looked_up_by_name():
    assert HELD.pairs(["B", "A", "B"], ["B", "D", "B"]).tolist() == [3.0, 2.0, 3.0]
    assert HELD.block(["B", "A"], ["D", "B"]).tolist() == [[5.0, 3.0], [2.0, 0.0]]


def test_errors_tell_the_metric():
    with pytest.raises(InputError, match=r"first C\n.*rows of the geodesic distances"):
        HELD.pairs(["C"], ["C"])
    with pytest.raises(InputError, match=r"negative or not finite\n.*where: euclidean distances"):
        Distances(np.array([[-1.0]]), ("A",), ("C",), "euclidean")


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
