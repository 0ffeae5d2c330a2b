import numpy as np
import pytest

from cellglass.stats import standardised_mean_difference


def test_the_standardised_mean_difference_by_hand():
    values = np.array([1.0, 2.0, 3.0, 0.0, 0.0, 3.0])
    treated = np.array([1, 1, 1, 0, 0, 0], bool)
    want = (2.0 - 1.0) / np.sqrt((2 / 3 + 2.0) / 2)
    assert standardised_mean_difference(values, treated) == pytest.approx(want)
    assert standardised_mean_difference(-values, treated) == pytest.approx(-want)
    assert standardised_mean_difference(np.ones(6), treated) == 0.0
