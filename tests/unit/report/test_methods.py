"""The paragraph to paste says what was done and nothing else."""

from cellglass.report.methods import as_text, methods
from cellglass.report.references import references
from cellglass.report.source import source_of_run
from cellglass.stats import State

from .conftest import masked, recovery, write_run


def text(run):
    return "\n".join(methods(source_of_run(run)))


def test_numbers_of_the_run_are_in_it(full_run):
    said = text(full_run)
    assert "cellglass 0.1.0 (code 7dee20b7b4b8) under Python 3.11.7 with torch 2.13.0" in said
    assert "seed 42" in said
    assert "200 bootstrap draws" in said
    assert "nulls from 199 draws" in said
    assert "711 of 765 genes were found (704 evaluable)" in said


def test_only_networks_that_were_used_are_named(full_run):
    said = text(full_run)
    assert "Reference networks: trrust (Han et al. 2018)." in said
    assert "collectri" not in said
    assert not any("Mueller" in r.text for r in references(source_of_run(full_run)))


def test_what_was_not_done_is_not_described(tmp_path):
    said = text(write_run(tmp_path / "run", [masked()], left_out=[]))
    assert "degree-preserving" not in said
    assert "15 % of the tokens were hidden." in said


def test_equal_methods_are_told_once(tmp_path):
    twice = [recovery("trrust", State.FAIL), recovery("trrust", State.FAIL)]
    twice[1].label = {"model": "other", "network": "trrust"}
    said = text(write_run(tmp_path / "run", twice))
    assert said.count("Attention edges were compared with trrust.") == 1


def test_every_work_cited_in_the_text_is_listed(full_run):
    said = as_text(source_of_run(full_run))
    body, _, listed = said.partition("References\n")
    for key in ("Phipson", "Westfall", "Besag", "Benjamini"):
        assert key in body
        assert key in listed
