"""Where everything came from."""

from cellglass.report.provenance import provenance
from cellglass.report.source import source_of_result, source_of_run
from cellglass.stats import State

from .conftest import read_csv, recovery


def test_the_manifest_is_told(full_run):
    view = provenance(source_of_run(full_run))
    facts = dict(view.facts)
    assert facts["Code"] == "7dee20b7b4b89b6e"
    assert facts["Executor"] == "local, workers: 2"
    assert facts["Peak memory of a process"] == "0.73 GB"
    assert "Revision" not in facts
    assert view.inputs == (("trrust", "9b909319"),)
    assert read_csv(view.tasks.href)["task"].tolist() == ["cells"]
    assert "study: demo <1> & ünï" in view.study


def test_a_single_result_has_no_manifest():
    view = provenance(source_of_result(recovery("t", State.FAIL)))
    assert view.facts == ()
    assert view.tasks is None
