from __future__ import annotations

from cellglass.regulation.scaling.analyses import ANALYSES
from cellglass.runs.registry import STEPS


def test_every_unit_of_the_part_is_registered_once() -> None:
    units = [u for a in ANALYSES for u in a.units]
    assert sorted(units, key=lambda u: int(u[1:])) == ["A1", "A2", "A4", "A20", "A21", "A22"]


def test_analyses_have_their_place_in_the_story() -> None:
    for analysis in ANALYSES:
        assert analysis.chapter == "regulation"
        assert analysis.step in STEPS
        assert analysis.question.endswith("?")
        assert all(u in analysis.reference for u in analysis.units)
