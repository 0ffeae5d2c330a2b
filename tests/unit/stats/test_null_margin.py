import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.stats.null_margin import (
    interpolated,
    null_gap,
    strict_margin,
    turned_values,
    upper_quantile,
)


def test_numbers_of_a_table_written_by_hand():
    draws = {"labels": [0.00, 0.01, 0.02, 0.03, 0.04], "pairs": [0.10, 0.20]}
    # Pool sorted: 0 .01 .02 .03 .04 .1 .2; place 6 x 0.95 = 5.7: 0.1 + 0.7 x 0.1.
    assert null_gap(0.18, draws) == pytest.approx(0.18 - 0.17, abs=1e-15)
    # Of pairs: 0.1 + 0.95 x 0.1 = 0.195, of labels 0.038.
    assert strict_margin(0.18, draws) == pytest.approx(0.18 - 0.195, abs=1e-15)
    assert strict_margin(0.18, {"labels": draws["labels"]}) == pytest.approx(0.142, abs=1e-15)


def test_less_mirrors_greater_and_two_sided_takes_absolute_values():
    rng = np.random.default_rng(0)
    draws = {f: rng.normal(size=30) for f in "ab"}
    mirrored = {f: -v for f, v in draws.items()}
    absolute = {f: np.abs(v) for f, v in draws.items()}
    for measure in (null_gap, strict_margin):
        assert measure(-2.0, mirrored, direction="less") == measure(2.0, draws)
        assert measure(-2.0, draws, direction="two-sided") == measure(2.0, absolute)


def test_quantiles_are_those_of_numpy_to_the_last_bit():
    rng = np.random.default_rng(1)
    for n in (1, 2, 3, 8, 19, 20, 21, 100):
        values = rng.normal(size=n)
        for q in (0.05, 0.5, 0.95, 0.99):
            assert upper_quantile(values, q) == np.quantile(values, q)


def test_the_strict_margin_is_not_above_the_gap_but_for_interpolation_of_few_draws():
    few = {"a": [0.0, 1.0], "b": [0.0, 1.0]}
    assert null_gap(1.0, few) == 0.0
    assert strict_margin(1.0, few) == pytest.approx(0.05)
    diluted = {"easy": np.zeros(1000), "hard": np.linspace(0, 1, 50)}
    assert strict_margin(0.5, diluted) < 0 < null_gap(0.5, diluted)


def test_an_infinite_draw_keeps_its_place():
    assert strict_margin(1.0, {"a": [0.0, np.inf]}) == -np.inf
    assert strict_margin(1.0, {"a": [-np.inf, 0.0]}) == 1.0 - upper_quantile(
        np.array([-np.inf, 0.0])
    )
    # 21 draws: the 95 % quantile is the last but one itself, and not drawn towards infinity.
    assert strict_margin(1.0, {"a": [*np.linspace(0, 0.5, 20), np.inf]}) == 0.5
    assert interpolated(-np.inf, np.inf, 0.5) == np.inf
    assert interpolated(np.inf, np.inf, 0.5) == np.inf


@pytest.mark.parametrize("measure", [null_gap, strict_margin])
def test_what_cannot_be_compared_is_refused(measure):
    with pytest.raises(InputError, match="observed value is nan"):
        measure(float("nan"), {"a": [0.0]})
    with pytest.raises(InputError, match="no family"):
        measure(1.0, {})
    with pytest.raises(InputError, match=r"not numbers: b"):
        measure(1.0, {"a": [0.0], "b": []})
    with pytest.raises(InputError, match=r"not numbers: a"):
        measure(1.0, {"a": [float("nan"), 0.0]})
    with pytest.raises(InputError, match="direction is 'up'"):
        measure(1.0, {"a": [0.0]}, direction="up")
    with pytest.raises(InputError, match="quantile is 95"):
        measure(1.0, {"a": [0.0]}, quantile=95)


def test_turned_values_leave_their_input_alone():
    values = np.array([-1.0, 2.0])
    turned_values(values, "less")
    assert values.tolist() == [-1.0, 2.0]
