"""False discovery rate of edges looked for in every stratum."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from cellglass.errors import InputError
from cellglass.regulation.states.edge_fdr import edge_fdr, fisher_p
from cellglass.regulation.states.strata import given_strata
from cellglass.regulation.states.synthetic import synthetic_states
from cellglass.stats import bh


def test_p_over_strata_is_bonferroni_and_q_is_bh_over_pairs():
    made = synthetic_states(300, 3, seed=2)
    found = edge_fdr(made.expression, made.states, made.rows)
    rho = np.array([[[spearmanr(made.expression[made.states == s, r],
                                made.expression[made.states == s, g]).statistic
                      for g in range(30)] for r in made.rows] for s in range(3)])  # fmt: skip
    z = np.arctanh(np.clip(np.abs(rho), 0, 1 - 1e-12)) * np.sqrt(97 / 1.06)
    from scipy.stats import norm

    p = np.minimum(1, 3 * (2 * norm.sf(z)).min(0))
    off = ~np.eye(5, 30, dtype=bool)
    np.testing.assert_allclose(found.p[off], p[off], rtol=1e-8)
    assert np.isnan(found.p[~off]).all()
    np.testing.assert_allclose(found.q[off], bh(p[off]), rtol=1e-8)
    np.testing.assert_array_equal(found.stratum[off], z.argmax(0)[off])
    np.testing.assert_allclose(found.correlation[off], np.abs(rho).max(0)[off], atol=1e-12)


def test_fisher_p_holds_its_level_for_independent_genes():
    rng = np.random.default_rng(0)
    rho = np.array([[[spearmanr(*rng.normal(size=(2, 40))).statistic for _ in range(2000)]]])
    p = fisher_p(rho, np.array([40]))
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).mean() == pytest.approx(level, abs=3 * np.sqrt(level / 2000))


def test_without_the_factor_of_strata_the_rate_is_not_what_was_asked_for():
    """The defect first: the smallest p of ten strata, taken as it is, calls false edges."""
    careless, ours = [], []
    for seed in range(12):
        made = synthetic_states(1000, 10, seed=seed)
        truth = made.labels.ravel()
        found = edge_fdr(made.expression, made.states, made.rows)
        p = made.of_targets(found.p)
        for rates, values in ((careless, p / 10), (ours, p)):
            called = bh(values) <= 0.05
            rates.append((called & ~truth).sum() / max(called.sum(), 1))
    assert np.mean(careless) > 0.2
    assert np.mean(ours) < 0.08


def test_no_edges_no_calls():
    rng = np.random.default_rng(1)
    called = [
        len(edge_fdr(rng.normal(size=(400, 20)), np.arange(400) % 4, np.arange(5)).edges(0.05))
        for _ in range(40)
    ]
    assert np.mean(np.array(called) > 0) < 0.15


def test_called_edges_are_named_and_sorted():
    made = synthetic_states(400, 4, seed=1)
    genes = [f"TF{i + 1}" for i in range(5)] + [f"GENE{i + 1}" for i in range(25)]
    strata = given_strata(np.array(list("abcd"))[made.states])
    table = edge_fdr(made.expression, strata, made.rows, genes=genes).edges(0.05)
    assert list(table.columns) == ["source", "target", "stratum", "correlation", "p", "q"]
    assert (np.diff(table["p"]) >= 0).all()
    known = made.edges.merge(table, on=["source", "target"])
    assert len(known) >= 8
    own = known[known["state"] >= 0]
    shown = own["stratum"] == own["state"].map(dict(enumerate("abcd")))
    assert shown.mean() > 0.8


def test_a_mask_takes_pairs_out_of_the_family():
    made = synthetic_states(200, 2, seed=1)
    mask = np.zeros((5, 30), bool)
    mask[:, 5:] = True
    found = edge_fdr(made.expression, made.states, made.rows, mask=mask)
    assert np.isnan(found.q[:, :5]).all()
    np.testing.assert_allclose(found.q[mask], bh(found.p[mask]))


def test_what_does_not_fit_is_refused():
    x = np.random.default_rng(0).normal(size=(100, 6))
    with pytest.raises(InputError, match="60 strata and 6 names for 100 cells"):
        edge_fdr(x, np.arange(60) % 2, np.arange(2))
    with pytest.raises(InputError, match=r"a mask of shape \(1, 1\)"):
        edge_fdr(x, np.arange(100) % 2, np.arange(2), mask=np.ones((1, 1), bool))
    with pytest.raises(InputError, match="0 strata have 90 cells or more"):
        edge_fdr(x, np.arange(100) % 2, np.arange(2), min_cells=90)


def test_cells_without_numbers_make_no_edges():
    values = np.random.default_rng(0).normal(size=(200, 4))
    values[:40] = np.nan
    with pytest.raises(InputError, match="160 values are NaN or infinite, in 40 of 200 cells"):
        edge_fdr(values, np.arange(200) % 2, np.array([0]))


@pytest.mark.parametrize("fdr", [7, 0, -0.1, float("nan")])
def test_a_rate_is_between_0_and_1(fdr):
    values = np.random.default_rng(0).normal(size=(200, 4))
    found = edge_fdr(values, np.arange(200) % 2, np.array([0]))
    with pytest.raises(InputError, match="fdr is"):
        found.edges(fdr)
    assert len(found.edges(1.0)) == 3
