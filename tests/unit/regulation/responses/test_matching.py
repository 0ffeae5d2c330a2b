from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from cellglass.regulation.responses.matching import (
    match_responders,
)
from cellglass.stats import auroc

COVARIATES = ("target variance", "target mean", "target detection", "responds elsewhere")


@pytest.fixture(scope="module")
def scored(world):
    return world(1.0, usual=1.0).judged.scored


def test_five_nearest_of_each_responding_gene_on_the_propensity(scored):
    pairs, found = scored.pairs, match_responders(scored.pairs, dict(scored.baselines))
    p, g = np.nonzero(pairs.mask)
    x = np.column_stack([scored.baselines[n][p, g] for n in COVARIATES])
    y = pairs.labels[p, g]
    x = StandardScaler().fit_transform(x)
    odds = LogisticRegression(C=1.0, tol=1e-8).fit(x, y).decision_function(x)
    np.testing.assert_allclose(found.propensity[p, g], odds, atol=2e-3)
    for row in range(pairs.n):
        want = set(np.flatnonzero(pairs.labels[row]).tolist())
        negatives = np.flatnonzero(pairs.mask[row] & ~pairs.labels[row])
        for gene in np.flatnonzero(pairs.labels[row]):
            gap = np.abs(found.propensity[row, negatives] - found.propensity[row, gene])
            want |= set(negatives[np.argsort(gap, kind="stable")[:5]].tolist())
        assert set(np.flatnonzero(found.mask[row]).tolist()) == want
    assert found.n_positives == pairs.labels.sum()
    assert found.n_negatives == found.mask.sum() - pairs.labels.sum()


def test_balance_is_that_of_the_matched_pairs(scored):
    pairs, found = scored.pairs, match_responders(scored.pairs, dict(scored.baselines))
    table = found.balance.set_index("covariate")
    assert list(table.index) == [*COVARIATES, "propensity"]
    for name in COVARIATES:
        for column, mask in (("before", pairs.mask), ("after", found.mask)):
            values = scored.baselines[name]
            a, b = values[mask & pairs.labels], values[mask & ~pairs.labels]
            want = (a.mean() - b.mean()) / np.sqrt((a.var() + b.var()) / 2)
            assert table.loc[name, column] == pytest.approx(want)
    assert abs(table.loc["propensity", "after"]) < abs(table.loc["propensity", "before"])
    assert not found.balanced  # few genes, and those of the hubs have no like: told, not hidden


def test_balance_is_reached_where_there_are_enough_like_genes(scored):
    rng = np.random.default_rng(4)
    shape = (12, 3000)
    baselines = {n: np.broadcast_to(rng.normal(size=shape[1]), shape) for n in COVARIATES}
    log_odds = -4.0 + 0.7 * baselines["target variance"]
    labels = rng.random(shape) < 1 / (1 + np.exp(-log_odds))
    many = replace(scored.pairs, labels=labels, mask=np.ones(shape, bool))
    found = match_responders(many, baselines)
    table = found.balance.set_index("covariate")
    assert table.loc["target variance", "before"] > 0.5
    assert (table["after"].abs() < 0.1).all()
    assert found.balanced
    matched = [auroc(found.propensity[p, m], labels[p, m]) for p, m in enumerate(found.mask)]
    assert abs(np.mean(matched) - 0.5) < 0.04


def test_negatives_are_matched_within_their_perturbation(scored):
    found = match_responders(scored.pairs, dict(scored.baselines))
    per_row = (found.mask & ~scored.pairs.labels).sum(1)
    assert (per_row <= 5 * scored.pairs.labels.sum(1)).all()
    assert (per_row > 0).all()


def test_more_neighbours_than_negatives_take_all(scored):
    found = match_responders(scored.pairs, dict(scored.baselines), neighbours=500)
    np.testing.assert_array_equal(found.mask, scored.pairs.mask)


def test_a_count_that_includes_the_own_label_leaks_it_and_ours_does_not():
    """Published covariate tgt_n_affected: with the label inside, noise predicts itself."""
    rng = np.random.default_rng(0)
    leaking, ours = [], []
    for _ in range(40):
        labels = rng.random((10, 200)) < 0.1  # nobody knows anything
        n_affected = np.broadcast_to(labels.sum(0), labels.shape)
        elsewhere = n_affected - labels
        leaking.append(auroc(n_affected.ravel(), labels.ravel()))
        ours.append(np.mean([auroc(elsewhere[p], labels[p]) for p in range(10)]))
    assert np.mean(leaking) > 0.75
    assert abs(np.mean(ours) - 0.5) < 0.02


def test_the_matching_covariate_does_not_hold_the_own_label(world):
    """The screen's own: turn one perturbation's labels over; its covariate stays as it was."""
    scored = world().judged.scored
    pairs = scored.pairs
    own = scored.baselines["responds elsewhere"]
    called = pairs.responses
    for p in range(pairs.n):
        others = [q for q in range(len(called.perturbations))
                  if not set(called.targets[q]) & set(called.targets[pairs.place[p]])]  # fmt: skip
        assert pairs.place[p] not in others
        share = called.responds[others].sum(0) / called.candidate[others].sum(0)
        np.testing.assert_allclose(own[p], share)
