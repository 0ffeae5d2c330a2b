"""Aggregators by hand; unknown ones are refused."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.aggregators import AGGREGATORS, aggregate, known_aggregators

# Three strata of 10, 30 and 60 cells; pair 1 is not seen in the last, pair 2 nowhere.
BY_STRATUM = np.array([[[0.2, 0.4, np.nan]], [[0.6, 0.8, np.nan]], [[0.1, np.nan, np.nan]]])
SIZES = np.array([10, 30, 60])
POOLED = np.array([[0.3, 0.5, 0.0]])


@pytest.mark.parametrize(
    ("how", "first", "second"),
    [
        ("max", 0.6, 0.8),
        ("mean", 0.1 * 0.2 + 0.3 * 0.6 + 0.6 * 0.1, 0.25 * 0.4 + 0.75 * 0.8),
        ("unweighted mean", 0.3, 0.6),
        ("median", 0.2, 0.6),
        ("std", np.std([0.2, 0.6, 0.1]), 0.2),
        ("range", 0.5, 0.4),
        ("deviation", 0.3, 0.3),
        ("size-weighted sum", 10 * 0.2 + 30 * 0.6 + 60 * 0.1, 10 * 0.4 + 30 * 0.8),
    ],
)
def test_aggregators_by_hand(how, first, second):
    found = aggregate(BY_STRATUM, SIZES, how, pooled=POOLED)[0]
    np.testing.assert_allclose(found, [first, second, np.nan])


def test_every_aggregator_has_its_hand_value():
    marks = test_aggregators_by_hand.pytestmark[0].args[1]
    assert {how for how, _, _ in marks} == set(AGGREGATORS)


def test_deviation_without_pooled_and_unknown_names_are_refused():
    with pytest.raises(InputError, match="needs the pooled score"):
        aggregate(BY_STRATUM, SIZES, "deviation")
    with pytest.raises(InputError, match="no aggregator 'maximum'"):
        aggregate(BY_STRATUM, SIZES, "maximum")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"no aggregator 'mex'(.|\n)*'max'"):
        known_aggregators(["mean", "mex"])
