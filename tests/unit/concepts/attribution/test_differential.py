from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse, stats

from cellglass.concepts import attribute, compare_with_differential, differential_expression
from cellglass.concepts.attribution.differential import log_counts_per_10k, top_overlap
from cellglass.errors import InputError


def test_against_scipy_and_sklearn():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    active = rng.random(80) < 0.4
    counts = rng.poisson(2.0 + 2.0 * np.outer(active, [1, 0, 0.5, 0, 0]))
    x = log_counts_per_10k(sparse.csr_matrix(counts))
    want = np.log1p(counts / counts.sum(1, keepdims=True) * 1e4)
    assert np.allclose(x.toarray(), want)
    found = differential_expression(x, active)
    t = stats.ttest_ind(want[active], want[~active], equal_var=False)
    u = stats.mannwhitneyu(want[active], want[~active], method="asymptotic")
    assert found.t == pytest.approx(t.statistic)
    assert found.t_p == pytest.approx(t.pvalue)
    assert found.wilcoxon_p == pytest.approx(u.pvalue)
    assert found.log_fold == pytest.approx(want[active].mean(0) - want[~active].mean(0))
    scaled = (want - want.mean(0)) / want.std(0)
    model = LogisticRegression(C=1.0, tol=1e-8, max_iter=5000).fit(scaled, active)
    assert found.logistic == pytest.approx(model.coef_[0], abs=1e-3)
    assert np.isnan(differential_expression(x, active, logistic=False).logistic).all()


def test_empty_cells_stay_empty():
    assert log_counts_per_10k(sparse.csr_matrix([[0.0, 0.0], [1.0, 1.0]])).toarray()[0].sum() == 0


def test_one_row_a_unit_and_statistic(linear):
    found = attribute(linear.space, linear.units, settings=linear.small())
    active = linear.units.activations(linear.space.embed())
    table = compare_with_differential(found, linear.space.values, active, n_top=5)
    assert len(table) == 3 * 4
    row = table[(table["unit"] == "unit 1") & (table["statistic"] == "t")].iloc[0]
    x = log_counts_per_10k(linear.space.values)
    strength = np.abs(differential_expression(x, active[:, 1] > 0).t)
    score = np.abs(found.score[1])
    assert row["spearman"] == pytest.approx(stats.spearmanr(score, strength).statistic)
    tops = set(np.argsort(-score)[:5]) & set(np.argsort(-strength)[:5])
    assert row["top overlap"] == len(tops) / 5
    assert top_overlap(score, score, 5) == 1


def test_shapes_and_groups_must_fit(linear):
    found = attribute(linear.space, linear.units, settings=linear.small())
    active = linear.units.activations(linear.space.embed())
    with pytest.raises(InputError, match="cells x 3 units"):
        compare_with_differential(found, linear.space.values, active[:, :2])
    with pytest.raises(InputError, match="1 active"):
        differential_expression(linear.space.values, np.arange(90) == 0)
