"""The generator of the published table, as specified, and the table itself with few seeds."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.synthetic import (
    CONFIGURATIONS,
    N_SHARED,
    SPECIFICATION_SEEDS,
    synthetic_states,
)


def test_the_configurations_are_those_of_the_specification():
    sizes = {name: (c.n_cells, c.n_states) for name, c in CONFIGURATIONS.items()}
    assert sizes == {
        "small": (200, 2), "medium": (400, 4), "large": (600, 6), "xlarge": (1000, 8),
        "xxlarge": (1000, 10), "massive": (1500, 12),
    }  # fmt: skip
    ratios = [round(c.paper[1] / c.paper[0], 2) for c in CONFIGURATIONS.values()]
    assert ratios == [1.13, 1.40, 1.85, 1.76, 1.81, 1.79]
    assert SPECIFICATION_SEEDS == 20


@pytest.mark.parametrize(("n_cells", "n_states", "own"), [(200, 2, 6), (400, 4, 3), (1500, 12, 2)])
def test_states_edges_and_sizes_are_as_specified(n_cells, n_states, own):
    made = synthetic_states(n_cells, n_states, seed=3)
    assert made.expression.shape == (n_cells, 30)
    assert made.labels.shape == (5, 25)
    assert set(np.bincount(made.states)) == {n_cells // n_states}
    counts = made.edges["state"].value_counts().to_dict()
    assert counts == {-1: N_SHARED} | dict.fromkeys(range(n_states), own)
    for _, part in made.edges.groupby("state"):
        assert not part.duplicated(["source", "target"]).any()
    shared = set(map(tuple, made.edges.query("state == -1")[["source", "target"]].to_numpy()))
    others = set(map(tuple, made.edges.query("state >= 0")[["source", "target"]].to_numpy()))
    assert not shared & others
    assert made.labels.sum() == len(shared | others)


def test_an_edge_acts_in_its_state_only():
    made = synthetic_states(20_000, 4, seed=5)
    edge = made.edges.query("state == 2").iloc[0]
    tf, target = int(edge["source"][2:]) - 1, 5 + int(edge["target"][4:]) - 1
    alone = made.edges.query("source == @edge.source and target == @edge.target")
    assert list(alone["state"]) == [2]
    slope = [
        np.polyfit(made.expression[made.states == s, tf], made.expression[made.states == s, target],
                   1)[0] for s in range(4)
    ]  # fmt: skip
    np.testing.assert_allclose(slope, [0, 0, 0.5, 0], atol=0.06)


def test_equal_seeds_give_equal_cells():
    first, again, other = (synthetic_states(100, 2, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.expression, again.expression)
    assert not np.array_equal(first.expression, other.expression)


def test_what_cannot_be_simulated_is_refused():
    with pytest.raises(InputError, match="3 cells in 5 states"):
        synthetic_states(3, 5)
    with pytest.raises(InputError, match="2 of 3 genes"):
        synthetic_states(100, 2, n_tfs=2, n_genes=3)
