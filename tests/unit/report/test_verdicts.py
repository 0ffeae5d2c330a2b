"""Verdicts first, in the sentences that were tested."""

from dataclasses import replace

from cellglass.report import verdicts
from cellglass.report.chapters import anchors
from cellglass.report.glossary import FirstUses
from cellglass.report.source import source_of_run
from cellglass.stats import State

from .conftest import MODEL, control, everything, write_run


def grouped(source):
    return verdicts.groups(source, anchors(source.results), FirstUses())


def test_a_group_a_model_then_controls_then_what_was_not_tested(full_run):
    found = grouped(source_of_run(full_run))
    assert [g.title for g in found] == [MODEL, "Planted controls", "Not tested"]
    assert [v.behaved for v in found[1].verdicts] == [True] * 4
    assert all(v.verdict.state not in verdicts.UNTESTED for v in found[0].verdicts)


def test_what_was_not_tested_is_told_once_with_each_command_once(full_run):
    source = source_of_run(full_run)
    name, label, verdict = source.skipped[0]
    other = (name, {**label, "model": "another"}, verdict)
    claim = ("regulation.claims", {"model": MODEL}, replace(verdict, reasons=("C3: no network",)))
    more = replace(source, skipped=[*source.skipped, other, source.skipped[0], claim])
    network, criteria, types = grouped(more)[-1].untested
    assert network.why == "The network collectri is not at hand"
    assert network.subjects == (MODEL, "another")
    assert network.analyses == ("Recovery of reference networks · collectri",)
    assert network.commands == ("cellglass data fetch collectri",)
    assert criteria.why == "C3: no network"
    assert criteria.commands == ()
    assert (types.state, types.css) == (State.NOT_APPLICABLE, "not-applicable")


def test_the_tally_counts_models_and_not_controls(full_run):
    found = dict(verdicts.tally(source_of_run(full_run)))
    assert found[State.PASS] == 1  # masked prediction; the planted ones do not count
    assert found[State.NOT_RUN] == 1
    assert found[State.NOT_APPLICABLE] == 1


def test_a_decided_verdict_says_what_would_change_it(full_run):
    (masked, fail, inconclusive, *_) = grouped(source_of_run(full_run))[0].verdicts
    assert "reaches down to the margin" in masked.would_change[0]
    assert "above the margin" in fail.would_change[0]
    assert inconclusive.would_change == ("about 418 regulators would rule it out",)


def test_a_control_that_misbehaves_is_told_before_any_verdict(tmp_path, full_run):
    assert verdicts.warnings(source_of_run(full_run)) == []
    run = write_run(tmp_path / "run", everything(circuit_behaves=False))
    ((heading, text),) = verdicts.warnings(source_of_run(run))
    assert heading == "A planted control did not behave: circuit"
    assert "NOT as planted" in text


def test_a_run_without_controls_says_so(tmp_path):
    run = write_run(tmp_path / "run", everything()[:3], controls=[])
    headings = [h for h, _ in verdicts.warnings(source_of_run(run))]
    assert headings == ["No planted control ran"]


def test_the_scope_names_what_is_missing(tmp_path):
    run = write_run(
        tmp_path / "run", [control("pairs", State.PASS, expected="PASS", as_planted=True)]
    )
    text, whole = verdicts.scope(source_of_run(run))
    assert not whole
    assert "planted controls left out: prominence, nothing and circuit" in text
    assert "not run: Recovery of reference networks" in text


def test_many_analyses_are_counted_rather_than_named(full_run):
    source = source_of_run(full_run)
    many = ("products", "residual", "degree", "scaling")
    verdict = source.skipped[0][2]
    skipped = [(f"regulation.{n}", {"model": MODEL}, verdict) for n in many]
    text, whole = verdicts.scope(replace(source, skipped=skipped))
    assert not whole
    assert "not run: 4 kinds of analysis" in text


def test_what_has_no_verdict_is_listed_once_with_a_link_a_context(full_run):
    source = source_of_run(full_run)
    bare = [replace(r, verdicts=[]) for r in source.results if r.analysis == "regulation.recovery"]
    more = replace(source, results=[*source.results, *bare])
    ((_, places),) = [
        d for d in grouped(more)[0].descriptive if d[0] == "Recovery of reference networks"
    ]
    assert [about for about, _ in places] == ["trrust", "own"]
    assert len({anchor for _, anchor in places}) == 2
