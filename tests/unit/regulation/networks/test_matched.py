"""Matched negatives: the AUROC, whose resamples are of regulators, and the balance."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.errors import NetworkError
from cellglass.regulation.networks.baselines import GeneStatistics
from cellglass.regulation.networks.layer_scores import Score, single_gene_scores
from cellglass.regulation.networks.matched import match_edges, matched_table
from cellglass.regulation.networks.recovery import Pairs
from cellglass.stats import GroupResamples

R, G = 14, 220
NAMES = tuple(f"G{i}" for i in range(G))


def universe(seed=0, per_regulator=12):
    """Edges to strongly expressed genes: expression predicts them, and nothing else does."""
    rng = np.random.default_rng(seed)
    mean = rng.lognormal(0, 0.5, G)
    features = pd.DataFrame(
        {"mean": mean, "variance": rng.uniform(0.5, 1, G), "detection": 1 - np.exp(-2 * mean)},
        index=list(NAMES),
    )
    mask = np.ones((R, G), bool)
    mask[np.arange(R), np.arange(R)] = False
    labels = np.zeros((R, G), bool)
    for row in range(R):
        odds = mean**2 * mask[row]
        chosen = rng.choice(G, per_regulator, replace=False, p=odds / odds.sum())
        labels[row, chosen] = True
    pairs = Pairs(NAMES[:R], NAMES, labels, mask, "strong", np.ones(G))
    return pairs, GeneStatistics.of(features, NAMES[:R], NAMES), rng


@pytest.fixture(scope="module")
def matched():
    pairs, statistics, rng = universe()
    return pairs, statistics, match_edges(pairs, statistics, seed=1, task="t"), rng


def test_matching_balances_what_it_matches_on(matched):
    _, _, chosen, _ = matched
    balance = chosen.balance.set_index("covariate")
    assert balance["matched_on"].sum() == 4
    for covariate in ("target mean", "target detection"):
        assert balance.loc[covariate, "before"] > 0.5
        assert abs(balance.loc[covariate, "after"]) < balance.loc[covariate, "before"] / 2
    worst = balance[balance["matched_on"]]["after"].abs()
    assert chosen.worst[0] == worst.idxmax()
    assert abs(chosen.worst[1]) == worst.max()


def test_expression_wins_against_all_pairs_and_not_against_matched_ones(matched):
    pairs, statistics, chosen, rng = matched
    resamples = GroupResamples.draw(R, draws=200, seed=1, task="t")
    echo = np.tile(np.log(statistics.genes["mean"].to_numpy()), (R, 1))
    echo = echo + 0.2 * rng.normal(size=echo.shape)
    knows = 1.5 * pairs.labels + rng.normal(size=echo.shape)
    named = [Score(n, "candidate", lambda m=m: m) for n, m in (("echo", echo), ("knows", knows))]
    table = matched_table(
        pairs, chosen, named, single_gene_scores(statistics, pairs), resamples
    ).set_index("score")
    assert table.loc["echo", "auroc_all_negatives"] > 0.65
    assert table.loc["echo", "auroc"] < 0.55
    assert table.loc["echo", "over_expression_product_low"] < 0
    assert table.loc["knows", "over_expression_product_low"] > 0.2
    assert table.loc["knows", "auroc_expression_product"] == pytest.approx(
        table.loc["mean product", "auroc"]
    )


def test_aurocs_are_those_of_the_listed_pairs(matched):
    pairs, _, chosen, rng = matched
    resamples = GroupResamples.draw(R, draws=50, seed=1, task="t")
    scores = rng.normal(size=(R, G)) + 0.5 * pairs.labels
    values = scores.ravel()
    found = chosen.found
    expected = roc_auc_score(chosen.truth, values[chosen.at])
    assert chosen.pooled(scores, resamples).estimates[0] == pytest.approx(expected)
    shares = [
        np.mean(values[found.negatives[found.positive_of == k]] < values[p])
        for k, p in enumerate(found.positives)
    ]
    assert chosen.within(scores, resamples).estimates[0] == pytest.approx(np.mean(shares))
    assert chosen.n_regulators == R
    assert not pairs.labels.ravel()[found.negatives].any()


def test_positives_one_by_one_gave_an_interval_that_was_too_narrow():
    """The published bootstrap took positives for independent; a regulator's share its level."""
    covered = {"regulators": 0, "pairs": 0}
    runs = 40
    for seed in range(runs):
        pairs, statistics, rng = universe(seed, per_regulator=10)
        chosen = match_edges(pairs, statistics, seed=seed, task="t", per_positive=15)
        # Some regulators are followed and others are not; the mean over regulators is 0.5.
        followed = rng.normal(0.0, 1.0, R)
        scores = followed[:, None] * pairs.labels + rng.normal(size=(R, G))
        resamples = GroupResamples.draw(R, draws=200, seed=seed, task="t")
        span = chosen.pooled(scores, resamples).interval()
        covered["regulators"] += span.low <= 0.5 <= span.high
        values = scores.ravel()[chosen.at]
        positives, negatives = values[chosen.truth], np.sort(values[~chosen.truth])
        shares = np.searchsorted(negatives, positives) / negatives.size
        means = rng.choice(shares, (200, shares.size)).mean(1)
        low, high = np.quantile(means, [0.025, 0.975])
        covered["pairs"] += low <= 0.5 <= high
    assert covered["pairs"] < 0.75 * runs
    assert covered["regulators"] > 0.85 * runs


def test_edges_of_one_regulator_are_not_judged():
    pairs, statistics, _ = universe()
    only = np.zeros_like(pairs.labels)
    only[2] = pairs.labels[2]
    with pytest.raises(NetworkError, match="edges of 1 regulator of strong match"):
        match_edges(replace(pairs, labels=only), statistics, seed=1, task="t")
