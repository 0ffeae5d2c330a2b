from cellglass.regulation.networks.analyses import ANALYSES
from cellglass.regulation.units.networks import UNITS
from cellglass.runs.registry import STEPS


def test_units_and_analyses_name_one_another():
    registered = {unit: a.name for a in ANALYSES for unit in a.units}
    assert {u.id: u.analysis for u in UNITS} == registered
    assert [u.id for u in UNITS] == ["A23", "A24", "A25", "A26", "A27", "A28", "A35"]


def test_every_analysis_has_its_place_in_the_story():
    assert all(a.step in STEPS for a in ANALYSES)
    steps = {a.name: a.step for a in ANALYSES}
    assert steps["regulation.products"] == "baselines"
    assert steps["regulation.residual"] == "residual"
    assert steps["regulation.degree"] == "null"
    assert all(a.question.endswith("?") for a in ANALYSES)


def test_only_recovery_decides_a_claim():
    assert [a.name for a in ANALYSES if a.claim] == ["regulation.recovery"]
