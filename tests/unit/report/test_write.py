"""At once or not at all."""

import pytest

from cellglass.errors import StudyError
from cellglass.report import write_report, write_result_report
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.stats import State

from .conftest import recovery


def test_a_report_lands_in_its_run_or_where_it_is_asked_for(full_run, tmp_path):
    assert write_report(full_run.folder) == full_run.folder / "report.html"
    assert write_report(full_run, tmp_path) == tmp_path / "report.html"
    elsewhere = write_report(full_run, tmp_path / "deep" / "mine.html")
    assert elsewhere.read_bytes() == (tmp_path / "report.html").read_bytes()


def test_one_result_is_written_with_its_tables(tmp_path):
    path = write_result_report(recovery("trrust", State.FAIL), tmp_path / "scores")
    found = {p.name for p in path.parent.iterdir()}
    assert {"report.html", "result.json"} < found
    assert any(name.endswith(".parquet") for name in found)


def test_a_page_that_cannot_be_made_leaves_nothing(tmp_path):
    broken = AnalysisResult("regulation.recovery", {"model": "m"})
    broken.figures = [FigureSpec("f", "score_forest", "missing", "c")]
    with pytest.raises(StudyError):
        write_result_report(broken, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(StudyError, match="the output is a file"):
        write_result_report(recovery("t", State.FAIL), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"
