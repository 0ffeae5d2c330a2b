import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from cellglass.stats.wilson import wilson


def test_is_that_of_statsmodels_and_scipy():
    low, high = wilson([0, 3, 10], [10, 10, 10], 0.9)
    for i, k in enumerate((0, 3, 10)):
        expected = proportion_confint(k, 10, alpha=0.1, method="wilson")
        np.testing.assert_allclose([low[i], high[i]], expected, atol=1e-12)
        other = binomtest(k, 10).proportion_ci(0.9, "wilson")
        assert (low[i], high[i]) == pytest.approx((other.low, other.high))


def test_holds_the_share_and_has_a_width_at_its_ends():
    n = np.arange(1, 400)
    for hits in (np.zeros(n.size), n, n / 3):
        low, high = wilson(hits, n)
        assert ((low <= hits / n) & (hits / n <= high) & (low < high)).all()
        assert low.min() >= 0
        assert high.max() <= 1


def test_no_trial_has_no_interval():
    assert np.isnan(wilson(0, 0)).all()
