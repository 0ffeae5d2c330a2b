from __future__ import annotations

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

from cellglass.regulation.scaling.genie3 import genie3, scaled


def variance_taken_away(tree: DecisionTreeRegressor, n_features: int) -> np.ndarray:
    """Walk the nodes of a tree: the definition of the importance, by hand."""
    t = tree.tree_
    found = np.zeros(n_features)
    for node in range(t.node_count):
        left, right = t.children_left[node], t.children_right[node]
        if left == -1:
            continue
        weight = t.weighted_n_node_samples
        found[t.feature[node]] += (
            weight[node] * t.impurity[node]
            - weight[left] * t.impurity[left]
            - weight[right] * t.impurity[right]
        )
    return found / t.weighted_n_node_samples[0]


def test_it_equals_a_forest_written_by_hand() -> None:
    """Bootstrap samples, fully grown trees, square root of the features: one tree at a time."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 9)).astype(np.float32)
    y = 3.0 + 5.0 * (x[:, 2] + 0.5 * x[:, 4] + 0.3 * rng.normal(size=80))
    values = scaled(y)
    forest = RandomForestRegressor(12, max_features="sqrt", random_state=7).fit(x, values)
    total = np.zeros(9)
    for fitted, sample in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        tree = DecisionTreeRegressor(max_features=3, random_state=fitted.random_state)
        tree.fit(x, values, sample_weight=np.bincount(sample, minlength=80))
        total += variance_taken_away(tree, 9)
    np.testing.assert_allclose(genie3(x, y, 7, trees=12), total / 12, rtol=1e-9)


def test_planted_regulators_lead() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 12))
    y = np.tanh(2 * x[:, 3]) + 0.7 * x[:, 8] + 0.2 * rng.normal(size=200)
    assert set(np.argsort(-genie3(x, y, 1, trees=50))[:2]) == {3, 8}


def test_scores_do_not_depend_on_the_targets_scale() -> None:
    """Otherwise targets that vary more would lead the list of edges."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 4))
    y = x[:, 0] + 0.1 * rng.normal(size=60)
    np.testing.assert_allclose(genie3(x, y, 1, trees=5), genie3(x, 8 * y, 1, trees=5))
    assert genie3(x, y, 1, trees=50).sum() < 1.3  # about the variance, which is 1


def test_a_target_that_does_not_vary_has_no_regulator() -> None:
    x = np.random.default_rng(3).normal(size=(60, 4))
    assert genie3(x, np.ones(60), 1).tolist() == [0.0] * 4
    assert scaled(np.ones(3)).tolist() == [0.0] * 3
