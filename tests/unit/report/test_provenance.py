"""Where everything came from."""

from dataclasses import replace

from cellglass.report.provenance import provenance
from cellglass.report.source import source_of_result, source_of_run
from cellglass.stats import State

from .conftest import recovery


def test_the_manifest_is_told(full_run):
    view = provenance(source_of_run(full_run))
    facts = dict(view.facts)
    assert facts["Code"] == "7dee20b7b4b89b6e"
    assert "Revision" not in facts
    assert view.inputs == (("trrust", "9b909319"),)
    assert "study: demo <1> & ünï" in view.study


def test_equal_results_make_equal_provenance(full_run):
    before = provenance(source_of_run(full_run))
    environment = {**full_run.manifest["environment"], "time": "2031-01-01T00:00:00+0000"}
    other = {"environment": environment, "seconds": 1e6, "tasks": [], "peak_memory_bytes": 1,
             "executor": {"name": "dask-local", "workers": 64}}  # fmt: skip
    again = replace(full_run, manifest={**full_run.manifest, **other})
    assert provenance(source_of_run(again)) == before


def test_a_single_result_has_no_manifest():
    view = provenance(source_of_result(recovery("t", State.FAIL)))
    assert view.facts == ()
