from __future__ import annotations

from cellglass.regulation.units.later import BOUNDARY, CAUSAL, UNITS


def test_causal_analyses_and_boundary_audits_come_later_and_nothing_else():
    """Issue 3: causal A5, A7, A8, A39, A41, A43, A45; boundary A6, A9 to A12, A19."""
    causal = {u.id for u in UNITS if u.later == CAUSAL}
    assert causal == {"A5", "A7", "A8", "A39", "A41", "A43", "A45"}
    others = {u.id for u in UNITS} - causal
    assert others == {"A6", "A9", "A10", "A11", "A12", "A19"}
    assert {u.id for u in UNITS if u.later == BOUNDARY} == others - {"A19"}


def test_the_published_simulation_is_not_run_because_it_plants_its_result():
    unit = next(u for u in UNITS if u.id == "A19")
    assert "encodes its result" in unit.later
    assert "planted" in unit.ours
