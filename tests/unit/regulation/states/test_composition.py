import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.composition import MAX_DRIFT, _alike, more_cells, more_states

STRATA = np.repeat([0, 1, 2, -1], [500, 300, 200, 50])


def test_more_cells_keep_the_composition():
    subsets = more_cells(STRATA, repeats=3)
    assert sorted({s.n_cells for s in subsets}) == [62, 125, 250, 500, 750]
    for subset in subsets:
        shares = np.bincount(STRATA[subset.units]) / len(subset.units)
        np.testing.assert_allclose(shares, [0.5, 0.3, 0.2], atol=0.01)
        assert len(set(subset.units)) == subset.n_cells
        assert subset.n_states == 3
    same_size = [s.units for s in subsets if s.step == 2]
    assert len(same_size) == 3
    assert not np.array_equal(same_size[0], same_size[1])


def test_more_states_keep_the_number_of_cells():
    subsets = more_states(STRATA, n_cells=150, repeats=4)
    assert {s.n_cells for s in subsets} == {150}
    for subset in subsets:
        counts = np.bincount(STRATA[subset.units], minlength=3)
        assert (counts > 0).sum() == subset.n_states == subset.step
        assert counts[counts > 0].min() == 150 // subset.n_states
    single = {int(STRATA[s.units][0]) for s in subsets if s.n_states == 1}
    assert len(single) > 1  # not always the same state


def test_a_state_with_too_few_cells_gives_what_it_has():
    strata = np.repeat([0, 1, 2], [400, 400, 20])
    (subset, *_) = [s for s in more_states(strata, n_cells=300, repeats=1) if s.n_states == 3]
    assert np.bincount(strata[subset.units]).tolist() == [140, 140, 20]
    assert _alike(np.array([10.0, 90.0, 5.0]), 60.0).tolist() == [10.0, 45.0, 5.0]


def test_the_fixed_number_is_what_two_states_have():
    subsets = more_states(np.repeat([0, 1, 2], [400, 120, 60]), repeats=1)
    assert {s.n_cells for s in subsets} == {120}


def test_groups_come_whole_and_sizes_that_bend_the_composition_are_left_out():
    sizes = np.full(40, 25)
    strata = np.repeat([0, 1, 2, 3], [25, 10, 3, 2])
    subsets = more_cells(strata, sizes=sizes, repeats=2)
    true = np.bincount(strata) / 40
    steps = {s.step for s in subsets}
    assert 0 not in steps  # one group of each state is no longer their composition
    assert 4 in steps
    for subset in subsets:
        shares = np.bincount(strata[subset.units]) / len(subset.units)
        assert np.abs(shares - true).sum() / 2 <= MAX_DRIFT
        assert subset.n_cells == 25 * len(subset.units)


def test_seeds_decide_and_nothing_else():
    first, again = (more_states(STRATA, repeats=2, seed=4) for _ in range(2))
    assert all(np.array_equal(a.units, b.units) for a, b in zip(first, again, strict=True))
    other = more_states(STRATA, repeats=2, seed=5)
    assert any(not np.array_equal(a.units, b.units) for a, b in zip(first, other, strict=True))


def test_too_few_cells_or_states_are_refused():
    with pytest.raises(InputError, match="80 cells in strata"):
        more_cells(np.repeat([0, 1], 40))
    with pytest.raises(InputError, match="1 states"):
        more_states(np.zeros(300, int))
    with pytest.raises(InputError, match="the second largest with 30 cells"):
        more_states(np.repeat([0, 1], [300, 30]))
