from cellglass.regulation.states.analyses import ANALYSES
from cellglass.regulation.units.states import UNITS


def test_units_of_cell_states_are_those_of_the_analyses():
    assert [u.id for u in UNITS] == ["A3", "A13", "A14", "A15", "A16", "A17", "A18"]
    registered = {unit: a.name for a in ANALYSES for unit in a.units}
    assert {u.id: u.analysis for u in UNITS} == registered


def test_the_ratio_quoted_for_brain_cells_is_said_to_be_simulated():
    (synthetic,) = [u for u in UNITS if u.id == "A13"]
    assert "1.85" in synthetic.reported
    assert "simulation with the true states" in synthetic.reported
