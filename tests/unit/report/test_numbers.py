"""Numbers as a reader wants them."""

import math

import pytest

from cellglass.report.numbers import (
    at_floor,
    day,
    decimals_of,
    interval,
    number,
    p_value,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.65, "0.650"),
        (143.44, "143"),
        (5201, "5,201"),
        (-5201, "−5,201"),
        (1234567.8, "1,234,568"),
        (8.17e-06, "8.17 × 10⁻⁶"),
        (-2e-12, "−2.00 × 10⁻¹²"),
        (0.0, "0"),
        (math.nan, "–"),
        (None, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (True, "yes"),
        (0.9996, "1.00"),
    ],
)
def test_a_number_keeps_three_digits(value, text):
    assert number(value) == text


def test_decimals_cut_what_says_nothing():
    assert number(0.01234, decimals=3) == "0.012"
    assert number(12.34, decimals=3) == "12.3"


def test_an_interval_has_the_decimals_of_its_largest_end():
    assert interval(-0.0034, -0.1164, 0.0642) == "−0.003 [−0.116, 0.064]"
    assert interval(math.nan, 0.1, 0.2) == "–"
    assert interval(0.5, math.nan, math.nan) == "0.500"


def test_p_is_never_printed_as_zero():
    assert p_value(1e-12) == "< 0.001"
    assert p_value(0.0) == "< 0.001"
    assert p_value(math.nan) == "–"
    assert p_value(0.0373) == "0.037"


def test_the_floor_of_p_is_that_of_its_draws():
    assert at_floor(1 / 1000, 999)
    assert not at_floor(2 / 1000, 999)
    assert not at_floor(None, 999)
    assert not at_floor(0.5, 0)


def test_spans_sizes_and_days():
    assert day("2026-11-21T05:51:12+0000") == "21 November 2026"
    assert day("") == ""
    assert decimals_of([math.nan, 0.0]) == 0


def test_a_narrow_interval_gets_the_digits_that_show_it():
    assert interval(1.8519, 1.8489, 1.8548) == "1.852 [1.849, 1.855]"
    assert interval(0.5, 0.5, 0.5) == "0.500 [0.500, 0.500]"
    assert interval(0.5, 0.5, 0.5 + 1e-15) == "0.500 [0.500, 0.500]"
