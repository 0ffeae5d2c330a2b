import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from cellglass.errors import InputError
from cellglass.stats.ranks import doubled_midranks, midranks, midranks_by_group

few_values = st.lists(st.integers(-3, 3), min_size=1, max_size=40)


@given(few_values)
def test_midranks_equal_scipy_under_ties(values):
    assert midranks(np.array(values, float)).tolist() == rankdata(values).tolist()


def test_midranks_equal_scipy_without_ties():
    values = np.random.default_rng(0).normal(size=5000)
    assert np.array_equal(midranks(values), rankdata(values))


def test_minus_zero_ties_with_zero():
    assert midranks([0.0, -0.0, 1.0]).tolist() == [1.5, 1.5, 3.0]


def test_doubled_ranks_are_integers():
    doubled = doubled_midranks([3.0, 3.0, 1.0])
    assert doubled.dtype == np.int64
    assert doubled.tolist() == [5, 5, 2]


@given(few_values, st.integers(1, 5))
def test_ranks_within_groups_equal_ranking_each_group(values, n_groups):
    values = np.array(values, float)
    groups = np.arange(values.size) * 7 % n_groups
    expected = np.empty(values.size)
    for group in range(n_groups):
        expected[groups == group] = rankdata(values[groups == group])
    assert midranks_by_group(values, groups).tolist() == expected.tolist()


def test_nan_is_refused():
    with pytest.raises(InputError, match="not finite"):
        midranks([1.0, np.nan])
