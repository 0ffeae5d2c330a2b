from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse, stats

from cellglass.errors import InputError
from cellglass.stats.differential import (
    RankedControls,
    group_moments,
    hedges_g,
    mann_whitney,
    welch,
)


@pytest.fixture(scope="module")
def cells():
    """Log expression of 3 groups (the last are controls), mostly zeros, with ties."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.uniform(0.1, 2.0, 25), (180, 25))
    counts[:40, :5] += rng.poisson(1.0, (40, 5))
    counts[:, 24] = 0  # a gene nobody expresses
    counts[:, 23] = 2  # one that does not vary
    groups = np.repeat([0, 1, 2], [40, 60, 80])
    return np.log1p(counts.astype(float)), groups


def test_moments_are_numpys(cells):
    values, groups = cells
    found = group_moments(sparse.csr_matrix(values), groups, 3)
    for g in range(3):
        part = values[groups == g]
        assert found.n[g] == len(part)
        np.testing.assert_allclose(found.mean[g], part.mean(0), atol=1e-12)
        np.testing.assert_allclose(found.variance[g], part.var(0, ddof=1), atol=1e-12)
        np.testing.assert_allclose(found.detection[g], (part > 0).mean(0))


def test_cells_of_no_group_and_stored_zeros_add_to_nothing(cells):
    values, groups = cells
    left_out = np.where(groups == 1, -1, groups)
    stored = sparse.csr_matrix(values)
    stored.data[:50] = 0.0
    plain = group_moments(sparse.csr_matrix(stored.toarray()), left_out, 3)
    found = group_moments(stored, left_out, 3)
    np.testing.assert_allclose(found.mean, plain.mean)
    np.testing.assert_allclose(found.variance, plain.variance, atol=1e-12)
    np.testing.assert_allclose(found.detection, plain.detection)
    assert np.isnan(found.mean[1]).all()
    assert found.n.tolist() == [40, 0, 80]


def test_variance_of_large_values_does_not_cancel():
    x = 1e8 + np.array([[0.0], [1.0], [2.0]])
    found = group_moments(sparse.csr_matrix(x), [0, 0, 0], 1)
    assert found.variance[0, 0] == pytest.approx(1.0, rel=1e-6)


def test_welch_is_scipys(cells):
    values, groups = cells
    m = group_moments(sparse.csr_matrix(values), groups, 3)
    t, p = welch(m.rows([0, 1]), m.rows([2]))
    for g in (0, 1):
        for gene in range(23):
            want = stats.ttest_ind(
                values[groups == g, gene], values[groups == 2, gene], equal_var=False
            )
            assert t[g, gene] == pytest.approx(want.statistic, rel=1e-9)
            assert p[g, gene] == pytest.approx(want.pvalue, rel=1e-7)
    assert (t[:, 23:] == 0).all()  # no scale, no difference
    assert (p[:, 23:] == 1).all()


def test_hedges_g_by_hand(cells):
    values, groups = cells
    m = group_moments(sparse.csr_matrix(values), groups, 3)
    g = hedges_g(m.rows([0]), m.rows([2]))[0]
    a, b = values[groups == 0, 0], values[groups == 2, 0]
    by_hand = (a.mean() - b.mean()) / np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    assert g[0] == pytest.approx(by_hand * (1 - 3 / (4 * 118 - 1)))
    assert g[23] == g[24] == 0.0


def test_a_standardised_difference_does_not_favour_variable_genes():
    """The same shift in standard deviations passes |difference| >= 0.5 only where a gene varies."""
    rng = np.random.default_rng(1)
    sd = np.repeat([0.5, 2.0], 50)
    control = rng.normal(10.0, sd, (4000, 100))
    group = rng.normal(10.0 + 0.4 * sd, sd, (4000, 100))
    m = group_moments(
        sparse.csr_matrix(np.concatenate([group, control])), np.repeat([0, 1], 4000), 2
    )
    difference = np.abs(m.mean[0] - m.mean[1])
    g = np.abs(hedges_g(m.rows([0]), m.rows([1]))[0])
    assert (difference[:50] < 0.5).all()
    assert (difference[50:] > 0.5).all()
    assert (np.abs(g - 0.4) < 0.12).all()


def test_mann_whitney_is_scipys(cells):
    values, groups = cells
    controls = RankedControls.of(sparse.csr_matrix(values[groups == 2]))
    for g in (0, 1):
        auroc, p = mann_whitney(sparse.csr_matrix(values[groups == g]), controls)
        for gene in range(23):
            a, b = values[groups == g, gene], values[groups == 2, gene]
            want = stats.mannwhitneyu(a, b, method="asymptotic")
            assert auroc[gene] * a.size * b.size == pytest.approx(want.statistic)
            assert p[gene] == pytest.approx(want.pvalue, rel=1e-9)
        assert auroc[23] == auroc[24] == 0.5
        assert (p[23:] == 1).all()


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda x: group_moments(x, [0, 1], 2), "groups of shape"),
        (lambda x: group_moments(x, [0, 1, 5], 2), "the largest 5"),
        (lambda x: RankedControls.of(-x), "a value is negative"),
        (lambda x: mann_whitney(x[:, :1], RankedControls.of(x)), "1 genes"),
        (
            lambda x: welch(group_moments(x, [0, 1, 1], 2), group_moments(x, [0, 1, 1], 2)),
            "controls of",
        ),
    ],
)
def test_wrong_arguments_are_told(call, found):
    with pytest.raises(InputError, match=found):
        call(sparse.csr_matrix(np.array([[1.0, 2.0], [3.0, 0.0], [4.0, 1.0]])))
