import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor
from threadpoolctl import threadpool_limits

from cellglass.stats.boosting import DEPTH, RATE, TREES, boosted_predictions


def problem(n=2500):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 3))
    signal = np.sin(2 * x[:, 0]) + np.maximum(x[:, 1], x[:, 2])
    return x, signal + 0.3 * rng.normal(size=n), rng


def test_predicts_as_well_as_exact_trees_on_random_80_percent():
    """The port's model: scikit-learn's exact trees, each on 80 % of the pairs."""
    x, y, rng = problem()
    folds = rng.permutation(y.size) % 5
    found = boosted_predictions(x, y, folds, seed=1, task="t")
    oracle = np.empty_like(y)
    for fold in range(5):
        test = folds == fold
        model = GradientBoostingRegressor(
            n_estimators=TREES, max_depth=DEPTH, learning_rate=RATE, subsample=0.8, random_state=0
        )
        oracle[test] = model.fit(x[~test], y[~test]).predict(x[test])
    r2, expected = (1 - np.var(y - p) / np.var(y) for p in (found, oracle))
    assert expected > 0.8
    assert r2 == pytest.approx(expected, abs=0.02)


def test_a_pair_plays_no_part_in_its_own_prediction():
    x, y, _ = problem(300)
    folds = np.arange(300) % 3
    first = boosted_predictions(x, y, folds, seed=1, task="t")
    changed = y.copy()
    changed[folds == 1] += 100.0
    second = boosted_predictions(x, changed, folds, seed=1, task="t")
    assert np.array_equal(first[folds == 1], second[folds == 1])
    assert not np.array_equal(first[folds == 0], second[folds == 0])


def test_training_pairs_are_drawn_where_there_are_many():
    x, y, _ = problem(600)
    folds = np.arange(600) % 3
    full = boosted_predictions(x, y, folds, seed=1, task="t")
    part = boosted_predictions(x, y, folds, seed=1, task="t", max_training=150)
    assert not np.array_equal(full, part)
    assert np.array_equal(
        part, boosted_predictions(x, y, folds, seed=1, task="t", max_training=150)
    )
    other = boosted_predictions(x, y, folds, seed=2, task="t", max_training=150)
    assert not np.array_equal(part, other)


def test_the_number_of_threads_changes_nothing():
    x, y, _ = problem(2000)
    folds = np.arange(2000) % 2
    with threadpool_limits(1):
        one = boosted_predictions(x, y, folds, seed=1, task="t")
    with threadpool_limits(2):
        two = boosted_predictions(x, y, folds, seed=1, task="t")
    assert np.array_equal(one, two)
