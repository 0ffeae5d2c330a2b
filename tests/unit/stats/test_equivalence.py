import numpy as np
import pytest
from statsmodels.stats.weightstats import ttost_paired

from cellglass.errors import InputError
from cellglass.stats import Interval, equivalent, tost


def test_equal_to_statsmodels():
    rng = np.random.default_rng(0)
    a = rng.normal(size=30)
    b = a + rng.normal(0.05, 0.3, size=30)
    found = tost(a - b, 0.2)
    p, lower, upper = ttost_paired(a, b, -0.2, 0.2)
    assert (found.p, found.p_above, found.p_below) == pytest.approx((p, lower[1], upper[1]))


@pytest.mark.parametrize("shift", [-0.3, -0.05, 0.0, 0.1, 0.3])
def test_interval_inside_the_margin_exactly_where_p_is_below_5_percent(shift):
    differences = np.random.default_rng(1).normal(shift, 0.4, size=40)
    for margin in np.linspace(0.05, 0.5, 40):
        found = tost(differences, margin)
        assert (found.p < 0.05) == equivalent(found.interval90, margin)


def test_no_difference_at_all_is_equivalent():
    assert tost(np.zeros(5), 0.01).p == 0.0
    assert tost(np.full(5, 0.5), 0.01).p == 1.0


def test_one_end_outside_is_not_equivalent():
    assert not equivalent(Interval(-0.02, 0.0, 0.90, "t", "donor", 5), 0.01)
    assert not equivalent(Interval(0.0, 0.02, 0.90, "t", "donor", 5), 0.01)


def test_interval_of_another_level_is_refused():
    with pytest.raises(InputError, match=r"0\.95(.|\n)*0\.90"):
        equivalent(Interval(-0.001, 0.001, 0.95, "t", "donor", 5), 0.01)


@pytest.mark.parametrize("margin", [0.0, -1.0, np.nan])
def test_margin_must_be_above_zero(margin):
    with pytest.raises(InputError, match="margin"):
        tost([0.0, 0.1], margin)
