"""The catalogue of units holds together: nothing is promised that is not there."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

from cellglass.regulation.units import Unit, units
from cellglass.runs.registry import STEPS, analyses

ROOT = Path(__file__).resolve().parents[4]
AVAILABLE = [u for u in units() if u.available]


def test_every_unit_of_the_paper_stands_once_and_in_order():
    assert [u.id for u in units()] == [f"A{i}" for i in range(1, 51)]


@pytest.mark.parametrize("unit", units(), ids=lambda u: u.id)
def test_a_unit_says_what_it_asks_needs_found_and_does(unit: Unit):
    assert unit.question.endswith("?")
    for text in (unit.title, unit.needs, unit.reported, unit.ours):
        assert text
        assert text == text.strip()
        assert not text.endswith(".")
        assert len(text) <= 300
    assert len(unit.title) <= 60


@pytest.mark.parametrize("unit", AVAILABLE, ids=lambda u: u.id)
def test_a_unit_is_run_by_an_analysis_that_says_so(unit: Unit):
    known = analyses()
    assert unit.analysis in known
    assert unit.id in known[unit.analysis].units
    assert known[unit.analysis].step in STEPS


@pytest.mark.parametrize("unit", AVAILABLE, ids=lambda u: u.id)
def test_the_function_behind_a_unit_is_there_and_public(unit: Unit):
    module, colon, name = unit.function.partition(":")
    assert colon
    assert module.startswith(("cellglass.regulation.", "cellglass.models.", "cellglass.stats."))
    assert not name.startswith("_")
    function = getattr(importlib.import_module(module), name)
    assert callable(function)
    assert function.__module__ == module  # where it is defined, not where it is passed on
    assert inspect.getdoc(function)


@pytest.mark.parametrize("unit", AVAILABLE, ids=lambda u: u.id)
def test_the_test_of_a_unit_is_there_and_tests_that_function(unit: Unit):
    path = ROOT / unit.test
    assert path.is_file()
    assert path.name.startswith("test_")
    name = unit.function.partition(":")[2]
    assert name in path.read_text(), f"{unit.test} does not name {name}"


@pytest.mark.parametrize("unit", [u for u in units() if not u.available], ids=lambda u: u.id)
def test_what_comes_later_has_nothing_to_run(unit: Unit):
    assert (unit.analysis, unit.function, unit.test) == ("", "", "")
    assert unit.id not in {u for a in analyses().values() for u in a.units}


def test_analyses_name_units_that_name_them():
    by_id = {u.id: u for u in units()}
    for name, analysis in analyses().items():
        for unit in analysis.units:
            assert by_id[unit].analysis == name, unit


def test_no_unit_is_run_by_two_analyses():
    named = [u for a in analyses().values() for u in a.units]
    assert len(named) == len(set(named))
