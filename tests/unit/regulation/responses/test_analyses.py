from cellglass.regulation.responses.analyses import ANALYSES
from cellglass.regulation.responses.judges import JUDGES
from cellglass.runs.registry import STEPS

UNITS = {"A29", "A30", "A31", "A32", "A33", "A34", "A36", "A37", "A38", "A40", "A42", "A44", "A46",
         "A47"}  # fmt: skip


def test_every_unit_of_this_part_has_an_analysis_with_a_question_and_a_step():
    assert {u for a in ANALYSES for u in a.units} == UNITS
    for a in ANALYSES:
        assert a.question.endswith("?")
        assert a.step in STEPS
        assert a.chapter == "regulation"
    assert {a.name for a in ANALYSES} == {f"regulation.{n}" for n in JUDGES} | {
        "regulation.contexts"
    }
