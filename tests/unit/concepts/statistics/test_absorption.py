"""Absorption: planted where a child's concept carries the parent, absent where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import LinearUnits, Transform
from cellglass.concepts.statistics.absorption import absorption, hierarchy_by_name
from cellglass.errors import InputError

NAMES = np.array(["CD4 T", "CD8 T", "reg T", "B"])
CHILDREN = {"T": ("CD4 T", "CD8 T", "reg T")}


def planted(absorbed: float, n_donors: int = 6, seed: int = 0):
    """Units: 0 the parent, 1-3 its children, 4 B, the rest noise.

    In a share of the cells of "reg T" the parent's activation is carried by unit 3, whose
    direction holds the parent's: the embedding is the same, the codes are not.
    """
    rng = np.random.default_rng(seed)
    n = 120 * n_donors
    codes, donors = rng.integers(4, size=n), np.repeat(np.arange(n_donors), 120)
    is_t = codes < 3
    z = np.zeros((n, 12))
    z[:, 0] = is_t * (3 + 0.3 * rng.random(n))
    for child in range(3):
        z[:, 1 + child] = (codes == child) * (2 + 0.3 * rng.random(n))
    z[:, 4] = ~is_t * (2 + 0.3 * rng.random(n))
    z[:, 5:] = np.maximum(rng.normal(size=(n, 7)) - 1, 0)
    rows = np.eye(12)
    rows[3, 0] = 1.0
    take = (codes == 2) & (rng.random(n) < absorbed)
    z[take, 0] = 0
    units = Fixed(z, rows)
    return units, np.column_stack([np.arange(n), z @ units.directions]), NAMES[codes], donors


class Fixed(LinearUnits):
    """Units whose activations are given by the number of the cell, in the first column."""

    def __init__(self, z: np.ndarray, rows: np.ndarray) -> None:
        wide = np.column_stack([np.zeros(len(rows)), rows])
        names = tuple(f"concept {i}" for i in range(len(rows)))
        transform = Transform(np.zeros(wide.shape[1], np.float32), 1.0)
        super().__init__("concept", names, wide, 0.0, transform)
        self.z = z.astype(np.float32)
        self._directions = self.directions
        self.directions = self._directions[:, 1:]

    def activations(self, embedding: np.ndarray) -> np.ndarray:
        self.directions = self._directions
        return self.z[embedding[:, 0].astype(int)]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_planted_share_is_found(share: float):
    found = absorption(*planted(share), hierarchy=CHILDREN, seed=1, draws=200)
    table = found.table().set_index("child")
    assert (found.parent_units == 0).all()
    np.testing.assert_array_equal(found.child_units, np.tile([1, 2, 3], (5, 1)))
    assert table.loc["reg T", "rate"] == pytest.approx(share, abs=0.08)
    assert table.loc["reg T", "silent"] == pytest.approx(share, abs=0.08)
    assert (table.loc[["CD4 T", "CD8 T"], "rate"] == 0).all()
    assert found.rate == pytest.approx(table["rate"].mean())
    assert table.loc["reg T", "low"] <= table.loc["reg T", "rate"] <= table.loc["reg T", "high"]
    if share:
        assert table.loc["reg T", "fires_in_others"] == 2
        assert table.loc["reg T", "reading"] == "the parent's unit fires in 2 other children"
        assert table.loc["reg T", "p"] == pytest.approx(1 / 21)
        assert table.loc["reg T", "permuted"] < share / 2


def test_a_silent_parent_without_a_child_that_carries_it_is_not_absorbed():
    units, h, labels, donors = planted(1.0)
    kept = units.z[:, 3] * (np.arange(len(h)) % 2)
    units.z[:, 3] = kept
    found = absorption(units, h, labels, donors, CHILDREN, seed=1, draws=50)
    assert found.silent[2] == 1.0
    assert found.bootstrap.estimates[2] == pytest.approx(0.5, abs=0.06)


def test_a_child_that_adds_less_than_another_unit_does_not_take_over():
    units, h, labels, donors = planted(1.0)
    units._directions = units._directions.copy()
    units._directions[11, 1] = 20.0  # unit 11 points along the parent and is on in every cell
    units.z[:, 11] = 5.0
    found = absorption(units, h, labels, donors, CHILDREN, seed=1, draws=50)
    assert found.silent[2] == 1.0
    assert found.bootstrap.estimates[2] == 0.0


def test_a_parent_without_a_unit_is_read_as_such():
    units, h, labels, donors = planted(0.0)
    units.z[:, 0] = 0
    found = absorption(units, h, labels, donors, CHILDREN, seed=1, draws=50)
    reading = found.table()["reading"]
    assert set(found.fires_in_others.tolist()) == {0, 1}
    assert reading.str.contains("no unit of the parent").sum() == 1
    assert reading.str.contains("may be split").sum() == 2


def test_hierarchy_comes_from_names():
    assert hierarchy_by_name(NAMES) == {"T": ("CD4 T", "CD8 T", "reg T")}
    assert hierarchy_by_name(["CD14+ Monocytes", "FCGR3A+ Monocytes", "B cells"]) == {
        "Monocytes": ("CD14+ Monocytes", "FCGR3A+ Monocytes")
    }
    assert hierarchy_by_name(["B cells", "NK cells"]) == {}
    found = absorption(*planted(0.5), seed=1, draws=20)
    assert found.pairs == tuple(("T", c) for c in CHILDREN["T"])


def test_hierarchies_that_do_not_fit_are_refused():
    data = planted(0.0)
    with pytest.raises(InputError, match="did you mean 'CD4 T'"):
        absorption(*data, hierarchy={"T": ["CD4 Tx", "CD8 T"]})
    with pytest.raises(InputError, match="two children"):
        absorption(*data, hierarchy={"T": ["CD4 T"]})


def test_few_donors_are_told():
    found = absorption(*planted(0.5, n_donors=2), hierarchy=CHILDREN, draws=20)
    assert found.table()["notes"].str.contains("conditional on the donors").all()
