from __future__ import annotations

import numpy as np

from cellglass.concepts import AttributionSettings
from cellglass.concepts.attribution.prototypes import cell_priorities, choose_prototypes


def activation(n: int = 400) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.where(rng.random(n) < 0.5, rng.gamma(2.0, size=n), 0.0)


def chosen(value, donors=None, **options) -> np.ndarray:
    settings = AttributionSettings(**({"n_prototypes": 20, "min_activation": 0.0} | options))
    return choose_prototypes(value, cell_priorities(len(value), 3), settings, donors)


def test_strata_are_served_alike():
    value = activation()
    rows = chosen(value, n_strata=4)
    active = np.sort(value[value > 0])[::-1]
    bounds = [part.min() for part in np.array_split(active, 4)]
    stratum = np.searchsorted(-np.array(bounds), -value[rows])
    assert np.bincount(stratum).tolist() == [5, 5, 5, 5]
    assert (value[rows] > 0).all()


def test_donors_take_turns():
    value = activation()
    donors = np.where(np.arange(400) < 360, 0, 1)  # one donor has nine tenths of the cells
    even = np.bincount(donors[chosen(value, donors, n_strata=1)])
    plain = np.bincount(donors[chosen(value, donors, n_strata=1, balance_donors=False)],
                        minlength=2)  # fmt: skip
    assert even.tolist() == [10, 10]
    assert plain[1] < 7


def test_other_choices():
    value = activation()
    top = chosen(value, prototypes="top")
    assert set(top) == set(np.argsort(-value)[:20])
    assert chosen(value, prototypes="all").size == (value > 0).sum()
    random = chosen(value, prototypes="random")
    assert random.size == 20
    assert set(random) != set(top)
    assert chosen(np.zeros(10)).size == 0


def test_cells_that_hardly_are_active_are_left_out():
    value = np.array([0.0, 0.01, 1.0, 1.2, 0.9])
    assert chosen(value, min_activation=0.1).tolist() == [2, 3, 4]
    assert chosen(value).tolist() == [1, 2, 3, 4]


def test_draws_of_units_overlap_where_they_can():
    a, b = activation(), activation()
    b[:10] = 0  # nearly the same unit
    shared = np.intersect1d(chosen(a, prototypes="random"), chosen(b, prototypes="random"))
    assert shared.size >= 18
