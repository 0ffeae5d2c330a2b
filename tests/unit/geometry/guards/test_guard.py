from __future__ import annotations

import pytest

from cellglass.errors import InputError
from cellglass.geometry.guards.guard import DEFECTS, GuardResult, require_all
from cellglass.runs.result import Check


def test_every_guard_says_what_it_catches_and_where_it_is_told():
    assert list(DEFECTS) == [f"G{i}" for i in range(1, 11)]
    for defect in DEFECTS.values():
        assert defect.what
        assert defect.catches
        assert defect.fact
        assert defect.fix


def test_require_raises_only_where_the_guard_failed():
    passed = GuardResult.of("G7", failed=False, detail="999 draws reach 0.001")
    assert passed.require() is passed
    assert GuardResult.not_run("G7", "no null").require().state == "not run"
    failed = GuardResult.of("G7", failed=True, detail="4 draws reach 0.2")
    with pytest.raises(InputError, match=r"4 draws reach 0\.2") as caught:
        failed.require()
    assert "guard G7" in str(caught.value)
    assert DEFECTS["G7"].fix in str(caught.value)


def test_a_result_is_an_item_of_the_checklist():
    found = GuardResult.of("G1", failed=False, detail="0.4 at most", warning="near")
    assert found.to_check() == Check("G1", DEFECTS["G1"].what, "passed", "0.4 at most; near")


def test_all_failures_are_named_at_once():
    results = [
        GuardResult.of("G1", failed=True, detail="one"),
        GuardResult.of("G3", failed=False, detail="two"),
        GuardResult.of("G4", failed=True, detail="three"),
    ]
    require_all(results[1:2])
    with pytest.raises(InputError, match=r"^one"):
        require_all(results[:2])
    with pytest.raises(InputError, match="G1: one; G4: three"):
        require_all(results)


def test_unknown_codes_are_refused():
    with pytest.raises(InputError, match="no guard G99"):
        GuardResult.of("G99", failed=False, detail="")
