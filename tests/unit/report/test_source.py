"""What a report is made from."""

import pytest

from cellglass.errors import StudyError
from cellglass.report.source import behaved, chapter_order, source_of_result, source_of_run
from cellglass.stats import State

from .conftest import MODEL, control, recovery, write_run


def test_a_run_is_read_whole(full_run):
    source = source_of_run(full_run.folder)
    assert source.model_names == [MODEL]
    assert [n.label for n in source.networks_used] == ["trrust"]
    assert len(source.control_results) == 4
    assert source.count(State.NOT_RUN) == 1


def test_a_ledger_that_lacks_findings_is_refused(tmp_path):
    run = write_run(tmp_path / "run", [recovery("trrust", State.FAIL)])
    path = run.folder / "results" / "ledger.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    with pytest.raises(StudyError, match="1 findings of the results are not in the ledger"):
        source_of_run(run.folder)
    path.unlink()
    with pytest.raises(StudyError, match="the ledger of the run is missing"):
        source_of_run(run.folder)


def test_a_run_without_anything_is_refused(tmp_path):
    run = write_run(tmp_path / "run", [], left_out=[])
    with pytest.raises(StudyError, match="holds no result"):
        source_of_run(run.folder)


def test_an_unfinished_folder_is_refused(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    with pytest.raises(StudyError):
        source_of_run(folder)


def test_analyses_of_packages_that_are_gone_still_have_a_name():
    source = source_of_result(recovery("t", State.FAIL))
    assert source.analysis("other.my_measure").title == "My measure"


def test_controls_behave_when_no_check_failed():
    assert behaved(control("pairs", State.PASS, expected="PASS", as_planted=True))
    assert not behaved(control("pairs", State.FAIL, expected="PASS", as_planted=False))


def test_chapters_of_others_come_last():
    assert chapter_order(["zebra", "regulation", "model"]) == ["model", "regulation", "zebra"]
    assert chapter_order([]) == []
