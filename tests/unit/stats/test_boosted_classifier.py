from __future__ import annotations

import numpy as np

from cellglass.stats import auroc
from cellglass.stats.boosted_classifier import boosted_log_odds


def made(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    labels = rng.random(n) < 1 / (1 + np.exp(3 - 3 * x[:, 0] * x[:, 1]))
    train = np.arange(n) % 3 > 0
    return x, labels, train


def test_interactions_are_found_out_of_sample_and_noise_is_not():
    x, labels, train = made(3000)
    odds = boosted_log_odds(x, labels, train, ~train, seed=1, task="t")
    assert auroc(odds, labels[~train]) > 0.8
    shuffled = np.random.default_rng(2).permutation(labels)
    noise = boosted_log_odds(x, shuffled, train, ~train, seed=1, task="t")
    assert abs(auroc(noise, shuffled[~train]) - 0.5) < 0.08


def test_same_seed_same_odds_and_test_rows_do_not_teach():
    x, labels, train = made(900)
    first = boosted_log_odds(x, labels, train, ~train, seed=1, task="t")
    assert np.array_equal(first, boosted_log_odds(x, labels, train, ~train, seed=1, task="t"))
    changed = np.where(train, labels, ~labels)
    assert np.array_equal(first, boosted_log_odds(x, changed, train, ~train, seed=1, task="t"))


def test_negatives_are_drawn_where_rows_are_many():
    x, labels, train = made(3000)
    few = boosted_log_odds(x, labels, train, ~train, seed=1, task="t", max_training=600)
    assert auroc(few, labels[~train]) > 0.75
    other = boosted_log_odds(x, labels, train, ~train, seed=2, task="t", max_training=600)
    assert not np.array_equal(few, other)  # other negatives


def test_few_rows_still_make_trees():
    x, labels, train = made(60, seed=3)
    assert labels[train].any()
    odds = boosted_log_odds(x, labels, train, ~train, seed=1, task="t")
    assert len(np.unique(odds)) > 2
