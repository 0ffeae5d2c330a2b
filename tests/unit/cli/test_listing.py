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


def test_units_stand_beside_their_analysis_and_those_of_later_versions_apart(cellglass: Callable):
    told = cellglass("list", "regulation")
    assert "regulation.response_increment (A36, A37, A40)" in told.out
    assert "state: available" in told.out
    assert "A39 Head ablation" in told.out[told.out.index("does not run") :]
    assert "A39" not in cellglass("list", "controls").out


def test_a_study_says_what_would_run_in_it(
    cellglass: Callable, write_study: Callable, write_cells: Callable
):
    study = write_study(write_cells(), networks=[], analyses=["regulation"])
    told = cellglass("list", "--study", study)
    assert told.code == 0, told.text
    by_name = dict(part.split("\n", 1) for part in told.out.split("\nregulation.")[1:])
    assert "state: runs (tiny)" in by_name["reliability"]
    recovery = next(text for name, text in by_name.items() if name.startswith("recovery"))
    assert "state: NOT RUN: no reference network is given" in recovery
    assert "data fetch trrust" in recovery
    controls = told.out[told.out.index("controls.planted") :]
    assert "not chosen by the study" in controls
