from __future__ import annotations

from dataclasses import replace

from cellglass.regulation.units.unit import Unit

UNIT = Unit("A36", "Increment", "Does it add?", "a screen", "-0.0004", "two-way blocks")


def test_a_unit_is_available_unless_it_comes_later():
    assert UNIT.available
    assert not replace(UNIT, later="causal analyses come in a later version").available


def test_units_sort_by_number_and_not_by_text():
    ids = ["A10", "A9", "A1", "A50", "A2"]
    found = sorted((replace(UNIT, id=i) for i in ids), key=lambda u: u.number)
    assert [u.id for u in found] == ["A1", "A2", "A9", "A10", "A50"]
