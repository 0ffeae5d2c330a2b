import math

import pytest

from cellglass.reproduce import papers
from cellglass.reproduce.published import last_digit

from .conftest import number


@pytest.mark.parametrize(
    ("printed", "unit"), [("0.50", 0.01), ("0.5", 0.1), ("22", 1.0), ("9.38e-5", 1e-7), ("0", 1.0)]
)
def test_last_digit_is_the_unit_that_was_printed(printed, unit):
    assert last_digit(printed) == pytest.approx(unit)


def test_trailing_zeros_count():
    assert number(value="0.50").tolerance == pytest.approx(0.005)
    assert number(value="0.5").tolerance == pytest.approx(0.05)
    assert number(value="0.842", relation="about").tolerance == pytest.approx(0.001)


def test_interval_from_standard_deviation_needs_its_n():
    low, high = number(value="0.704", sd="0.147", n=280).published_interval
    half = 1.959964 * 0.147 / math.sqrt(280)
    assert (low, high) == pytest.approx((0.704 - half, 0.704 + half))
    assert math.isnan(number(value="0.704", sd="0.147").published_interval[0])


def test_a_printed_interval_goes_before_a_standard_deviation():
    row = number(value="0.5", sd="0.1", n=4, low="0.45", high="0.55", spread="interval")
    assert row.published_interval == (0.45, 0.55)


def test_a_range_has_no_value():
    row = number(value="", low="-0.02", high="0.02", spread="range")
    assert math.isnan(row.number)
    assert row.bounds == (-0.02, 0.02)
    assert row.shown == "−0.02 to 0.02"
    assert math.isnan(row.published_interval[0])


def test_every_number_of_the_papers_reads_as_one():
    rows = [r for p in papers().values() for t in p.tables for r in t.rows]
    assert len(rows) > 500
    for row in rows:
        assert math.isfinite(row.number) or row.spread
        assert row.tolerance > 0
        if row.spread:
            assert row.bounds[0] <= row.bounds[1], row.id
        if row.value and row.spread:
            assert row.bounds[0] <= row.number <= row.bounds[1], row.id


def test_whole_thousands_are_set_apart_as_in_ours():
    assert number(value="559720").shown == "559,720"
    assert number(value="", low="1000", high="20000", spread="range").shown == "1,000 to 20,000"
    assert number(value="9.38e-5").shown == "9.38e\N{MINUS SIGN}5"
