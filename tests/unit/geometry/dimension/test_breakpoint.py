import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.dimension.breakpoint import breakpoint_of


def test_equals_trying_all_splits_with_polyfit():
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.uniform(size=15)), rng.normal(size=15)
    errors = {}
    for i in range(3, 13):
        sides = ((x[:i], y[:i]), (x[i:], y[i:]))
        errors[i] = sum(((b - np.polyval(np.polyfit(a, b, 1), a)) ** 2).sum() for a, b in sides)
    best = min(errors, key=errors.__getitem__)
    found = breakpoint_of(x, y)
    assert found.at == x[best]
    assert found.slopes[1] == pytest.approx(np.polyfit(x[best:], y[best:], 1)[0])
    whole = ((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2).sum()
    assert found.gain == pytest.approx(1 - errors[best] / whole)


def test_planted_break_is_found_in_noise():
    x = np.arange(12.0)
    y = np.where(x < 7, 2 * x, 20 - x) + 0.1 * np.random.default_rng(1).normal(size=12)
    found = breakpoint_of(x, y)
    assert found.at == 7
    assert found.slopes == pytest.approx((2, -1), abs=0.15)
    assert found.gain > 0.98


@pytest.mark.parametrize("values", [np.zeros(8), 3.0 * np.arange(8) + 1])
def test_straight_curve_has_no_break(values):
    found = breakpoint_of(range(8), values)
    assert found.gain == 0.0
    assert found.at == 3.0


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="at least 6"):
        breakpoint_of(range(5), range(5))
    with pytest.raises(InputError, match="increasing depths"):
        breakpoint_of([0, 1, 1, 2, 3, 4], range(6))
    with pytest.raises(InputError, match="not finite"):
        breakpoint_of(range(6), [0, 1, np.nan, 2, 3, 4])
    with pytest.raises(InputError, match="8 depths, 7 values"):
        breakpoint_of(range(8), range(7))
