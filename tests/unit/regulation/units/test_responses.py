from __future__ import annotations

from cellglass.regulation.units.responses import UNITS


def test_units_that_judge_by_responses():
    """Issue 3, part 1, but for the residuals on TRRUST (A35)."""
    numbers = [*range(29, 35), 36, 37, 38, 40, 42, 44, 46, 47]
    assert [u.id for u in UNITS] == [f"A{n}" for n in numbers]
    assert all("screen" in u.needs for u in UNITS)


def test_mislabelled_screens_are_told():
    """Adamson 2016 is CRISPRi, Shifrut 2018 a knock-out; the paper says otherwise."""
    told = {u.id: f"{u.title} {u.reported} {u.ours}" for u in UNITS}
    assert "CRISPRi" in told["A38"]
    assert "Shifrut 2018 is a knock-out" in told["A42"]
