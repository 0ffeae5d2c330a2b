"""Spearman edges against SciPy, ties and flat genes included."""

import numpy as np
import pytest
from scipy import sparse, stats

from cellglass.errors import InputError
from cellglass.regulation.coexpression import spearman, standardised_ranks


@pytest.fixture
def counts() -> np.ndarray:
    """Counts with many ties; the last gene does not vary."""
    table = np.random.default_rng(0).poisson(1.0, (30, 6)).astype(float)
    table[:, -1] = 3.0
    return table


def test_equals_scipy_on_ties(counts):
    found = spearman(counts)
    for i in range(5):
        for j in range(5):
            expected = stats.spearmanr(counts[:, i], counts[:, j]).statistic
            assert found[i, j] == pytest.approx(expected, abs=1e-12)


def test_a_gene_that_does_not_vary_correlates_with_none(counts):
    assert (spearman(counts)[-1] == 0).all()
    assert (standardised_ranks(counts)[:, -1] == 0).all()


def test_rows_cells_and_sparse_input_pick_the_same_numbers(counts):
    whole = spearman(counts[:20])
    part = spearman(sparse.csr_matrix(counts), np.array([3, 1]), cells=np.arange(20))
    np.testing.assert_allclose(part, whole[[3, 1]], atol=1e-12)


def test_monotone_scales_give_the_same(counts):
    np.testing.assert_allclose(spearman(np.log1p(counts)), spearman(counts), atol=1e-12)


def test_refuses_two_cells(counts):
    with pytest.raises(InputError, match="2 cells"):
        spearman(counts[:2])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(counts, value):
    """They would be ranked as the largest, and make genes correlate that share them."""
    counts[4:6, 2] = value
    for given in (counts, sparse.csr_matrix(counts)):
        with pytest.raises(InputError, match="2 values are NaN or infinite, in 2 of 30 cells; the"
                           " first is in cell 4, gene 2"):  # fmt: skip
            spearman(given)
    assert np.isfinite(spearman(counts, cells=np.arange(6, 30))).all()


def test_what_is_no_matrix_of_numbers_is_refused():
    for given in (np.array([["a"] * 4] * 4), np.ones(5)):
        with pytest.raises(InputError, match="expected: a matrix of numbers"):
            spearman(given)
