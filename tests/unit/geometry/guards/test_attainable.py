from __future__ import annotations

import pytest

from cellglass.errors import InputError
from cellglass.geometry.guards.attainable import attainable_level
from cellglass.stats import attainable_p


@pytest.mark.parametrize("draws", [4, 6, 8, 12, 18])
def test_published_numbers_of_draws_are_refused(draws: int):
    found = attainable_level(draws)
    assert found.failed
    assert found.code == "G7"
    assert f"p = {attainable_p(draws):.3g} at best" in found.detail
    with pytest.raises(InputError, match="needs 19"):
        found.require()


def test_the_boundary_is_exact():
    assert attainable_level(19, 0.05).state == "passed"
    assert attainable_level(18, 0.05).failed
    assert attainable_level(38, 0.05, alternative="two-sided").failed
    assert attainable_level(39, 0.05, alternative="two-sided").state == "passed"


@pytest.mark.parametrize("tests", [2, 36, 141])
def test_multiplicity_asks_for_more_draws(tests: int):
    needed = round(tests / 0.05) - 1
    assert attainable_level(needed, 0.05, tests=tests).state == "passed"
    found = attainable_level(needed - 1, 0.05, tests=tests)
    assert found.failed
    assert f"reading {tests} tests at 0.05 needs {needed:,}" in found.detail


def test_bad_numbers_are_refused():
    with pytest.raises(InputError, match="0 tests"):
        attainable_level(99, tests=0)
    with pytest.raises(InputError, match="0 draws"):
        attainable_level(0)
    with pytest.raises(InputError, match="level is 5"):
        attainable_level(99, 5)
