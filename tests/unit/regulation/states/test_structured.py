import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.structured import PROPORTIONS, _apportioned, structured_cells


@pytest.fixture(scope="module")
def made():
    return structured_cells(20_000, seed=1)


def test_types_genes_and_edges_are_as_specified(made):
    assert made.expression.shape == (20_000, 245)
    np.testing.assert_allclose(np.bincount(made.states) / 20_000, PROPORTIONS)
    assert made.labels.shape == (15, 230)
    assert made.labels[:, :30].sum() == made.labels.sum() == 22
    assert (made.edges["state"] == -1).sum() == 3
    own = made.edges.query("state >= 0")["state"].value_counts().to_dict()
    assert sum(own.values()) == 19
    assert set(own) == {0, 1, 2, 3, 4}  # the types of 10 % and more
    assert own[0] > own[4] > own[2]


def test_values_are_dropped_and_edges_act_in_their_type(made):
    others = made.expression[:, 45:]
    assert (others == 0).mean() == pytest.approx(0.15, abs=0.002)
    assert others[others > 0].mean() == pytest.approx(2.0, abs=0.01)
    edge = made.edges.query("state >= 0").iloc[-1]
    tf, target = int(edge["source"][2:]) - 1, 15 + int(edge["target"][4:]) - 1
    inside = made.states == edge["state"]
    drive = made.expression[:, tf]
    drive = (drive - drive.mean()) / drive.std()
    assert np.polyfit(drive[inside], made.expression[inside, target], 1)[0] == pytest.approx(
        0.7, abs=0.08
    )
    assert np.polyfit(drive[~inside], made.expression[~inside, target], 1)[0] == pytest.approx(
        0.0, abs=0.05
    )


def test_whole_numbers_are_shared_out_by_largest_remainder():
    assert _apportioned(10, np.array([0.5, 0.26, 0.24])).tolist() == [5, 3, 2]
    assert _apportioned(19, np.array([0.30, 0.15, 0.1, 0.1, 0.2])).tolist() == [7, 3, 2, 2, 5]


def test_fewer_cells_than_types_are_refused():
    with pytest.raises(InputError, match="5 cells"):
        structured_cells(5)
