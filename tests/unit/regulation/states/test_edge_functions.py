import numpy as np
import pytest
from scipy import sparse
from scipy.stats import spearmanr

from cellglass.regulation.states.edge_functions import SpearmanEdges, spearman_edges


@pytest.fixture(scope="module")
def expression():
    rng = np.random.default_rng(0)
    values = np.where(rng.random((90, 6)) < 0.4, 0.0, rng.normal(2, 1, (90, 6)))
    values[:, 5] = 3.0
    return values


def test_within_strata_it_is_the_spearman_of_their_cells(expression):
    strata = np.random.default_rng(1).integers(-1, 3, 90)
    rows = np.array([1, 4])
    found = SpearmanEdges(expression, rows).by_stratum(strata, 3)
    for s in range(3):
        part = expression[strata == s]
        for i, r in enumerate(rows):
            for g in range(5):
                expected = abs(spearmanr(part[:, r], part[:, g]).statistic)
                assert found[s, i, g] == pytest.approx(expected, abs=1e-12)
    assert (found[:, :, 5] == 0).all()  # a gene that does not vary


def test_the_function_and_its_strata_agree(expression):
    edges = spearman_edges(expression, np.array([0, 2]))
    cells = np.flatnonzero(np.arange(90) % 3 == 1)
    np.testing.assert_allclose(edges(cells), edges.by_stratum(np.arange(90) % 3, 3)[1], atol=1e-12)


def test_sparse_counts_give_the_same(expression):
    rows = np.array([0])
    dense, thin = (
        SpearmanEdges(expression, rows),
        SpearmanEdges(sparse.csr_matrix(expression), rows),
    )
    np.testing.assert_array_equal(dense(np.arange(50)), thin(np.arange(50)))


def test_a_stratum_of_two_cells_says_nothing(expression):
    strata = np.zeros(90, int)
    strata[:2] = 1
    found = SpearmanEdges(expression, np.array([0])).by_stratum(strata, 2)
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[0]).all()
