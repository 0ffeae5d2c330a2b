"""Association of units with labels: planted units, and what counts as a replicate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from cellglass.concepts.statistics.association import label_association
from cellglass.stats import bh


def cells(n_donors: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels B, NK and T and donors, crossed."""
    rng = np.random.default_rng(seed)
    donors = np.repeat([f"d{i}" for i in range(n_donors)], 40)
    return rng.choice(["B", "NK", "T"], size=donors.size), donors


def test_unit_of_one_label_is_perfect():
    labels, donors = cells(8)
    z = np.stack([(labels == "B") * 2.0, np.ones(labels.size)], axis=1)
    table = label_association(z, labels, ["B unit", "flat"], donors=donors)
    row = table[(table.unit == "B unit") & (table.label == "B")].iloc[0]
    assert row.auroc == 1.0
    assert row.q < 1e-5
    assert (row.inference_unit, row.n, row.method) == ("donor", 8, "within donors")
    flat = table[table.unit == "flat"]
    assert flat.auroc.eq(0.5).all()
    assert flat.p.eq(1.0).all()


def test_over_cells_it_is_the_mann_whitney_test():
    labels, donors = cells(3)
    z = np.random.default_rng(1).poisson(0.7, size=(labels.size, 5)).astype(float)
    table = label_association(z, labels, donors=donors)
    assert table.note.eq("conditional on the donors").all()
    assert table.n.eq(labels.size).all()
    for row in table.itertuples():
        x, truth = z[:, int(row.unit.split()[1])], labels == row.label
        assert row.auroc == pytest.approx(roc_auc_score(truth, x))
        expected = stats.mannwhitneyu(x[truth], x[~truth], method="asymptotic").pvalue
        assert row.p == pytest.approx(expected, rel=1e-8)
        assert row.low < row.auroc < row.high
    np.testing.assert_allclose(table.q, bh(table.p))


def test_within_donors_it_is_the_mean_of_their_aurocs():
    labels, donors = cells(7)
    z = np.random.default_rng(2).gamma(1.0, size=(labels.size, 2))
    z[:, 0] += (labels == "T") * np.repeat(np.linspace(0, 3, 7), 40)
    row = label_association(z, labels, donors=donors).query("unit == 'unit 0' & label == 'T'")
    each = [roc_auc_score(labels[donors == d] == "T", z[donors == d, 0]) for d in np.unique(donors)]
    assert row.auroc.item() == pytest.approx(np.mean(each))
    assert row.p.item() == pytest.approx(stats.ttest_1samp(each, 0.5).pvalue, rel=1e-6)
    error = np.std(each, ddof=1) / np.sqrt(7)
    assert row.high.item() == pytest.approx(
        min(np.mean(each) + stats.t.ppf(0.975, 6) * error, 1), rel=1e-6
    )


def test_donors_that_agree_by_chance_prove_nothing():
    """Eight donors in which the AUROC is 0.6 to the last digit: 5 against 5 cells each."""
    pattern_pos, pattern_neg = [1.0, 2.0, 5.0, 6.0, 9.0], [0.5, 3.0, 4.0, 7.0, 8.0]
    z = np.tile([*pattern_pos, *pattern_neg], 8)[:, None]
    labels, donors = np.tile(list("aaaaabbbbb"), 8), np.repeat(list("12345678"), 10)
    row = label_association(z, labels, donors=donors).iloc[0]
    within = roc_auc_score([1] * 5 + [0] * 5, pattern_pos + pattern_neg)
    assert row.auroc == pytest.approx(within)
    null_sd = np.sqrt(11 / (12 * 25) / 8)
    expected = 2 * stats.t.sf(abs(within - 0.5) / null_sd, 7)
    assert row.p == pytest.approx(expected)


def test_label_of_whole_donors_is_tested_between_donors():
    _, donors = cells(10)
    sick = np.isin(donors, ["d0", "d1", "d2", "d3", "d4"])
    rng = np.random.default_rng(3)
    # a level of each donor, which has nothing to do with its state
    z = (rng.gamma(1.0, size=10)[:, None].repeat(40, axis=0).reshape(-1) + 0.01)[:, None]
    condition = np.where(sick, "sick", "well")
    table = label_association(z, condition, donors=donors)
    assert table.method.eq("between donors").all()
    assert table.n.eq(10).all()
    over_cells = label_association(z, condition)
    assert over_cells.p.max() < 1e-3 < 0.05 < table.p.min()


def test_false_positives_over_donors_stay_at_their_rate():
    """Units that follow donors, labels dealt within donors: p is uniform."""
    rng = np.random.default_rng(4)
    labels, donors = cells(8, seed=5)
    z = rng.gamma(1.0, size=(labels.size, 400)) * rng.gamma(1.0, size=(8, 400)).repeat(40, axis=0)
    p = label_association(z, labels, donors=donors).query("label == 'B'").p
    assert (p < 0.05).mean() < 0.09
    assert stats.kstest(p, "uniform").pvalue > 1e-4


def test_rare_label_falls_back_to_cells_and_says_so():
    labels, donors = cells(8)
    labels = labels.astype(object)
    labels[np.flatnonzero((donors == "d0") & (labels == "B"))[:6]] = "rare"
    table = label_association(np.ones((labels.size, 1)), labels, donors=donors)
    found = table.set_index("label")
    assert found.loc["rare", "method"] == "cells"
    assert found.loc["rare", "note"] == "conditional on the donors"
    assert found.loc["T", "method"] == "within donors"


def test_cells_without_label_or_donor_are_left_out():
    z = np.array([[1.0], [0.0], [5.0], [0.0], [2.0]])
    table = label_association(z, ["a", "b", None, "b", "a"], donors=["x", "x", "x", "x", None])
    assert table.n_cells.eq(3).all()
    assert table.auroc.tolist() == [1.0, 0.0]
