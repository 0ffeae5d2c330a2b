"""Chapters: each result with its answer, figures, tables."""

import pytest

from cellglass.errors import StudyError
from cellglass.report.chapters import anchors, chapters
from cellglass.report.glossary import FirstUses
from cellglass.report.source import source_of_result, source_of_run
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.stats import State

from .conftest import cssi, recovery


def test_results_stand_in_their_chapters(full_run):
    found = chapters(source_of_run(full_run), FirstUses())
    assert [c.id for c in found] == ["chapter-model", "chapter-regulation", "chapter-controls"]
    regulation = found[1]
    assert [a.analysis.name for a in regulation.analyses] == [
        "regulation.recovery",
        "regulation.cssi",
    ]
    assert len(regulation.analyses[0].instances) == 2


def test_ids_stay_apart_when_names_differ_in_signs_only():
    results = [recovery("a/b", State.FAIL), recovery("a b", State.FAIL)]
    ids = anchors(results)
    assert ids[1] == f"{ids[0]}-2"


def test_without_a_verdict_the_numbers_are_summed_up():
    view = chapters(source_of_result(cssi()), FirstUses())[0].analyses[0].instances[0]
    assert view.verdicts == ()
    assert view.answer == (
        "No verdict rests on this analysis: it describes.",
        "Pooled AUROC: 0.610 to 0.630 in 3 readings (n = 8 regulators).",
        "Of these, 2 of 3 have raw p ≤ 0.05; 0.2 would by chance alone.",
    )


def test_a_table_stands_with_the_first_figure_that_draws_it():
    (instance,) = (
        chapters(source_of_result(recovery("t", State.FAIL)), FirstUses())[0].analyses[0].instances
    )
    drawn = [(e.figure is not None, e.table.id.rpartition("-")[2]) for e in instance.exhibits]
    assert drawn == [(True, "scores"), (True, "increments"), (True, "nulls"), (False, "regulators")]


def test_the_best_scores_and_the_chosen_nulls_come_first():
    (instance,) = (
        chapters(source_of_result(recovery("t", State.FAIL)), FirstUses())[0].analyses[0].instances
    )
    nulls = instance.exhibits[2].table
    assert [row[1] for row in nulls.shown[:5]] == ["layer 3"] * 5
    assert [row[1] for row in nulls.shown[5:7]] == ["|Spearman|", "untrained: layer 3"]


def test_a_figure_without_its_table_is_refused():
    result = AnalysisResult("regulation.recovery", {"model": "m"})
    result.figures = [FigureSpec("f", "score_forest", "missing", "c")]
    with pytest.raises(StudyError, match="draws a table 'missing'"):
        chapters(source_of_result(result), FirstUses())
