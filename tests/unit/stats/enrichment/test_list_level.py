from __future__ import annotations

import numpy as np

from cellglass.stats.enrichment.list_level import simes_by_row
from cellglass.stats.multiplicity import bh


def test_equals_the_smallest_adjusted_p_of_the_row():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 5, 60)
    p = rng.random(60) ** 3
    n_tests = np.bincount(rows, minlength=6) + np.array([0, 3, 40, 0, 1, 7])
    ours = simes_by_row(rows, p, n_tests)
    for row in range(6):
        mine = p[rows == row]
        whole = np.concatenate([mine, np.ones(n_tests[row] - mine.size)])
        assert np.isclose(ours[row], bh(whole).min())


def test_a_row_without_tests_has_no_p():
    assert np.isnan(simes_by_row(np.array([0]), np.array([0.1]), np.array([1, 0]))).tolist() == [
        False,
        True,
    ]
