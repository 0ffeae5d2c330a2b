from cellglass.regulation.states.analyses import ANALYSES
from cellglass.regulation.states.cssi_analysis import CLAIM
from cellglass.runs.registry import STEPS


def test_units_are_covered_once_and_steps_are_known():
    units = [u for a in ANALYSES for u in a.units]
    assert sorted(units) == ["A13", "A14", "A15", "A16", "A17", "A18", "A3"]
    assert {a.step for a in ANALYSES} <= set(STEPS)
    assert {a.name: a.step for a in ANALYSES}["regulation.cssi_nulls"] == "null"


def test_the_claim_is_decided_where_layer_and_aggregator_are_held_out():
    assert {a.name for a in ANALYSES if a.claim == CLAIM} == {"regulation.cssi_choice"}
    assert all(not a.claim for a in ANALYSES if a.name != "regulation.cssi_choice")
