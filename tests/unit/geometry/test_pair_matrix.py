import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.pair_matrix import PairMatrix

HELD = PairMatrix(np.arange(6.0).reshape(2, 3), ("A", "B"), ("B", "C", "D"))


def test_pairs_and_blocks_are_looked_up_by_name():
    assert HELD.pairs(["B", "A", "B"], ["B", "D", "B"]).tolist() == [3.0, 2.0, 3.0]
    assert HELD.block(["B", "A"], ["D", "B"]).tolist() == [[5.0, 3.0], [2.0, 0.0]]
    assert HELD.rows(["B"]).tolist() == [1]
    assert HELD.columns(["B"]).tolist() == [0]
    assert HELD.pairs([], []).tolist() == []


@pytest.mark.parametrize(
    ("sources", "targets", "told"),
    [
        (["C"], ["C"], "1 names are unknown, the first C\n.*rows of the values"),
        (["A"], ["A"], "1 names are unknown, the first A\n.*columns of the values"),
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
def test_values_that_do_not_fit(values, told):
    with pytest.raises(InputError, match=told):
        PairMatrix(np.array(values), ("A", "B"), ("C",))


def test_points_are_those_of_a_square_matrix():
    assert PairMatrix(np.zeros((2, 2)), ("A", "B"), ("A", "B")).points("example") == ("A", "B")
    with pytest.raises(InputError, match=r"2 sources and 3 targets\n.*where: example, values"):
        HELD.points("example")
    with pytest.raises(InputError, match="in one order"):
        PairMatrix(np.zeros((2, 2)), ("A", "B"), ("B", "A")).points("example")
