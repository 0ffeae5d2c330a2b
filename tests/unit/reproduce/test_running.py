from dataclasses import replace
from pathlib import Path

import pytest

from cellglass.errors import CheckpointError, StudyError
from cellglass.reproduce import Ours, State, reproduce, running, study_of
from cellglass.reproduce.facts import RunFacts
from cellglass.reproduce.published import Paper, PublishedNumber, Select
from cellglass.runs.pipeline import RunSummary
from cellglass.runs.result import AnalysisResult
from cellglass.stats import not_run

from .conftest import number, table

SAME = {"family": "geneformer", "layers": 18, "heads": 18}
K562 = {"cell_line": "K562", "n_controls": 10691}


def of(paper: Paper, *rows: PublishedNumber) -> Paper:
    return replace(paper, tables=(table(*rows),))


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, result: AnalysisResult):
    """``ran(results, facts, skipped)``: what the run leaves, and the studies that were run."""
    studies = []

    def prepare(results=(result,), facts=None, skipped=()):
        def run(study, out, **_):
            studies.append(study)
            return RunSummary(Path(out), study, list(results), list(skipped))

        known = facts or RunFacts({"mini": SAME}, {"cells": K562}, {"trrust": {"sha256": "abc"}})
        monkeypatch.setattr(running, "run_study", run)
        monkeypatch.setattr(running, "facts_of", lambda _: known)
        return studies

    return prepare


STUDY = study_of("x", cells="pbmc68k", models=["mini-scgpt"], networks=["trrust"])


def test_same_inputs_reproduce_or_differ(paper: Paper, ran):
    row = paper.tables[0].rows[0]
    assert row.select is not None
    with_interval = replace(row.select, low="auroc_low", high="auroc_high")
    studies = ran()
    rows = (row, replace(row, id="y", select=with_interval))
    found = reproduce(of(paper, *rows), STUDY).comparisons
    assert [c.state for c in found] == [State.DIFFERS, State.REPRODUCED]
    assert studies[0].analyses == ["regulation.recovery"]


def test_another_model_is_another_input_however_close(paper: Paper, ran):
    row = replace(paper.tables[0].rows[0], value="0.60")
    ran(facts=RunFacts({"mini": {**SAME, "layers": 4}}, {"cells": K562},
                       {"trrust": {"sha256": "abc"}}))  # fmt: skip
    (found,) = reproduce(of(paper, row), STUDY).comparisons
    assert found.state is State.OTHER_INPUTS
    assert found.difference == pytest.approx(0)
    assert found.reasons == ("mini is not Big model (layers 4, not 18)",)


def test_of_several_results_the_nearest_inputs_are_taken(paper: Paper, ran, result):
    other = AnalysisResult(result.analysis, {"model": "tiny", "network": "mine"},
                           tables=result.tables)  # fmt: skip
    ran(results=(other, result))
    (found,) = reproduce(paper, STUDY).comparisons
    assert found.ours.label == {"model": "mini", "network": "trrust"}


def test_a_number_without_a_model_is_shown_once(paper: Paper, ran, result):
    other = AnalysisResult(result.analysis, {**result.label, "model": "tiny"},
                           tables=result.tables)  # fmt: skip
    ran(results=(result, other), facts=RunFacts({"mini": SAME, "tiny": SAME}, {"cells": K562},
                                                {"trrust": {"sha256": "abc"}}))  # fmt: skip
    row = paper.tables[0].rows[0]
    assert len(reproduce(of(paper, row), STUDY).comparisons) == 2
    assert len(reproduce(of(paper, replace(row, model="")), STUDY).comparisons) == 1


def test_what_is_missing_says_where_to_get_it(paper: Paper):
    (found,) = reproduce(paper).comparisons
    assert found.state is State.NOT_RUN
    assert found.reasons == ("not at hand: a model, cells and a reference network",)
    assert found.get[0] == "--model: Big model, https://example.org/big"


def test_nothing_is_run_where_no_analysis_can_be(paper: Paper, ran):
    studies = ran()
    without = study_of("x", cells="pbmc68k", models=["mini-scgpt"])
    found = reproduce(paper, without)
    assert studies == []
    assert found.comparisons[0].get == ("--network: TRRUST, cellglass data fetch trrust",)


def test_later_studies_are_not_run_and_rows_without_a_number_not_applicable(paper: Paper):
    rows = (
        number(id="later", later="study geometry is not part of this version"),
        number(id="apart", apart="it is not told"),
        number(id="none", analysis="regulation.recovery"),
    )
    later, apart, none = reproduce(of(paper, *rows)).comparisons
    assert (later.state, later.reasons) == (
        State.NOT_RUN, ("study geometry is not part of this version",),
    )  # fmt: skip
    assert (apart.state, apart.reasons) == (State.NOT_APPLICABLE, ("it is not told",))
    assert none.state is State.NOT_APPLICABLE


def test_an_analysis_that_did_not_run_says_what_would_run_it(paper: Paper, ran):
    skipped = not_run("c", "e", why="the network trrust is not at hand",
                      command="cellglass data fetch trrust")  # fmt: skip
    ran(results=(), skipped=[("regulation.recovery", {}, skipped)])
    (found,) = reproduce(paper, STUDY).comparisons
    assert found.state is State.NOT_RUN
    assert found.reasons == ("the network trrust is not at hand",)
    assert found.get == ("run: cellglass data fetch trrust",)


def test_a_reference_in_no_row_of_the_result_is_not_at_hand(paper: Paper, ran, tmp_path: Path):
    mine = tmp_path / "mine.tsv"
    mine.write_text("source\ttarget\nA\tB\n")
    select = Select("scores", by="reference", kind="reference", column="auroc")
    ran()
    study = study_of("x", cells="pbmc68k", models=["mini-scgpt"], networks=[str(mine)])
    (found,) = reproduce(of(paper, replace(paper.tables[0].rows[0], select=select)),
                         study).comparisons  # fmt: skip
    assert (found.state, found.reasons) == (State.NOT_RUN, ("not at hand: TRRUST",))
    assert found.get == ("--network: TRRUST, cellglass data fetch trrust",)


def test_unknown_names_are_told_before_anything_runs(ran):
    studies = ran()
    with pytest.raises(StudyError, match="no paper 'edgs'"):
        reproduce("edgs", STUDY)
    with pytest.raises(StudyError, match="no table 'respons'"):
        reproduce("edges", STUDY, tables=["respons"])
    assert studies == []


def test_inputs_that_are_not_there_are_refused_before_anything_runs(ran):
    studies = ran()
    typo = study_of("x", cells="pbmc68k", models=["mini-scgp"])
    with pytest.raises(CheckpointError, match="did you mean 'mini-scgpt'"):
        reproduce("edges", typo, tables=["products"])
    assert studies == []


def test_numbers_of_a_unit_are_computed_with_the_others_of_their_family():
    every = reproduce("edges", tables=["multiplicity"]).comparisons
    asked = reproduce("edges", tables=["A48"]).comparisons
    assert {c.row.unit for c in asked} == {"A48"}
    values = {c.row.id: c.ours.value for c in every}
    found = {c.row.id: c.ours.value for c in asked if c.table.id == "multiplicity"}
    assert len(found) == 6
    assert found == pytest.approx({k: values[k] for k in found}, nan_ok=True)


def test_a_ratio_differs_where_its_denominator_does(paper: Paper, monkeypatch: pytest.MonkeyPatch):
    rows = (
        number(id="above", value="0.90"), number(id="below", what="pooled", value="0.49"),
        number(id="ratio", value="1.84", parts=("above", "below")),
    )  # fmt: skip
    ours = {"above": Ours(0.9), "below": Ours(0.58), "ratio": Ours(1.6, 1.3, 1.9)}
    monkeypatch.setattr(running, "_computed", lambda *_: ours)
    found = {c.row.id: c for c in reproduce(of(paper, *rows)).comparisons}
    assert found["above"].state is State.REPRODUCED
    assert found["ratio"].state is State.DIFFERS
    assert found["ratio"].agreement == ""
    assert found["ratio"].reasons[:2] == (
        "a number that it is computed of DIFFERS: pooled is 0.49 in theirs, 0.580 in ours",
        "by itself it would agree within our interval",
    )
    ours["below"] = Ours(0.49)
    found = {c.row.id: c for c in reproduce(of(paper, *rows)).comparisons}
    assert found["ratio"].state is State.REPRODUCED


def test_what_needs_no_model_is_computed_and_announced():
    told: list[str] = []
    found = reproduce("geometry", tables=["floors"], announce=told.append)
    assert {c.state for c in found.comparisons} == {State.REPRODUCED}
    assert told == ["Computing: p values at the smallest their nulls could give"]
    assert found.count(State.REPRODUCED) == len(found.comparisons)
