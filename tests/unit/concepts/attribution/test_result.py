from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from cellglass.concepts import LinearUnits, attribute
from cellglass.errors import InputError


def test_table_goes_by_falling_score_over_tested_genes(linear):
    dense = linear.space.values.toarray()
    dense[:, 2] = 1.0
    linear.space.values = sparse.csr_matrix(dense)
    found = attribute(linear.space, linear.units, settings=linear.small())
    table = found.table("unit 1")
    assert len(table) == 15
    assert "gene 2" not in set(table["gene"])
    assert table["score (gated)"].is_monotonic_decreasing
    top = table.iloc[0]
    place = found.genes.index(top["gene"])
    assert top["score (gated)"] == found.score[1, place]
    assert top["low"] == found.low[1, place]
    assert bool(top["influential"]) == (found.score[1, place] > 0.05)
    assert len(found.table("unit 1", 4)) == 4


def test_masks(linear):
    found = attribute(linear.space, linear.units, settings=linear.small())
    assert np.array_equal(found.mask(5), found.n_tested >= 5)
    assert found.mask(7).sum() == 0  # there are 6 prototypes


def test_unknown_units_are_told_why(linear):
    units = LinearUnits("concept", linear.units.names, linear.units.directions,
                        [1e9, *linear.units.thresholds[1:]], linear.units.transform)  # fmt: skip
    found = attribute(linear.space, units, settings=linear.small())
    assert found.place("unit 2") == 1
    with pytest.raises(InputError, match="it is active in none of the cells"):
        found.place("unit 0")
    with pytest.raises(InputError, match="did you mean 'unit 2'"):
        found.of("unit2")
