"""The checklist: as bad as the worst that judged it."""

from cellglass.report.checks import checklist
from cellglass.report.source import source_of_run
from cellglass.runs.result import Check
from cellglass.stats import State

from .conftest import everything, recovery, write_run


def by_code(source):
    return {c.code: c for c in checklist(source).checks}


def test_the_worst_judgement_counts_and_names_its_result(tmp_path):
    results = everything()
    results[2].checks = [Check("N2", "degree-preserving null", "failed", "margins not kept")]
    found = by_code(source_of_run(write_run(tmp_path / "run", results)))
    assert found["N2"].state == "failed"
    assert found["N2"].detail == "margins not kept"


def test_agreeing_results_are_told_apart_by_their_labels(full_run):
    detail = by_code(source_of_run(full_run))["N2"].detail
    assert "trrust: for trrust" in detail
    assert "own: for own" in detail


def test_what_the_run_as_a_whole_answers(full_run):
    found = by_code(source_of_run(full_run))
    assert found["I1"].state == "passed"
    assert found["R5"].state == "passed"
    assert found["S6"].detail == "no donors were given"
    assert found["R6"].state == "passed"


def test_a_manifest_that_lacks_its_seed_fails(full_run):
    source = source_of_run(full_run)
    del source.manifest["seed"]
    found = by_code(source)["R5"]
    assert (found.state, found.detail) == ("failed", "the manifest lacks seed")


def test_without_networks_the_reason_is_given(tmp_path):
    run = write_run(tmp_path / "run", [everything()[0]], networks=[])
    found = by_code(source_of_run(run))
    assert found["N2"].detail == "no reference network was given"


def test_counts_add_up(full_run):
    view = checklist(source_of_run(full_run))
    assert sum(n for _, n in view.counts) == len(view.checks)
    assert view.failed == ", ".join(c.code for c in view.checks if c.state == "failed")


def test_a_verdict_that_does_not_name_what_was_tested_fails(tmp_path):
    result = recovery("trrust", State.FAIL)
    result.verdicts = [
        type(v)(v.claim, "another endpoint", v.state, v.sentence) for v in result.verdicts
    ]
    found = by_code(source_of_run(write_run(tmp_path / "run", [result])))["R3"]
    assert found.state == "failed"
