from __future__ import annotations

from cellglass.regulation.biology.analyses import ANALYSES
from cellglass.runs.registry import STEPS


def test_every_unit_of_the_part_is_registered_once() -> None:
    assert sorted(u for a in ANALYSES for u in a.units) == ["A48", "A49", "A50"]


def test_analyses_have_their_place_in_the_story() -> None:
    for analysis in ANALYSES:
        assert analysis.chapter == "regulation"
        assert analysis.step in STEPS
        assert analysis.question.endswith("?")
        assert all(u in analysis.reference for u in analysis.units)
