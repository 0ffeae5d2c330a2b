import json
from collections.abc import Callable

from cellglass.runs.registry import analyses
from cellglass.runs.study import json_schema


def test_every_analysis_with_question_needs_and_reference(cellglass: Callable):
    told = cellglass("list")
    assert told.code == 0
    for analysis in analyses().values():
        for text in (analysis.name, analysis.question, analysis.needs, analysis.reference):
            assert text in told.out


def test_one_chapter(cellglass: Callable):
    told = cellglass("list", "regulation")
    assert "regulation.recovery" in told.out
    assert "controls.planted" not in told.out
    told = cellglass("list", "regulatoin")
    assert told.code == 2
    assert "did you mean 'regulation'?" in told.err


def test_schema_is_that_of_the_study(cellglass: Callable):
    told = cellglass("schema")
    assert told.code == 0
    assert json.loads(told.out) == json.loads(json.dumps(json_schema()))
