from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor

from cellglass.regulation.scaling.genie3 import scaled
from cellglass.regulation.scaling.grnboost2 import boosted, grnboost2, learned_enough

SETTINGS = {"learning_rate": 0.01, "max_features": 0.1}


class Arboreto:
    """The stop rule as published with GRNBoost2 (arboreto.core.EarlyStopMonitor)."""

    def __init__(self, window_length: int = 25) -> None:
        self.window_length = window_length

    def __call__(self, current_round: int, regressor: object, _: object) -> bool:
        if current_round >= self.window_length - 1:
            low = max(0, current_round - self.window_length + 1)
            improvement = regressor.oob_improvement_  # type: ignore[attr-defined]
            return bool(np.mean(improvement[low : current_round + 1]) < 0)
        return False


def planted(seed: int, n: int = 150) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 20)).astype(np.float32)
    return x, x[:, 3] + 0.8 * x[:, 8] + 0.3 * rng.normal(size=n)


def test_the_loop_is_gradient_boosting() -> None:
    """With all cells in every tree it takes the same splits as scikit-learn's."""
    x, y = planted(0)
    values = scaled(y)
    for trees, tolerance in ((12, 1e-9), (60, 0.02)):  # later, rounding decides among equal splits
        theirs = GradientBoostingRegressor(n_estimators=trees, random_state=3, **SETTINGS)
        theirs.fit(x, values)
        parts = [t[0].tree_.compute_feature_importances(normalize=False)
                 for t in theirs.estimators_]  # fmt: skip
        mine, n_trees = boosted(x, values, 3, trees=trees, subsample=1.0)
        assert n_trees == trees
        np.testing.assert_allclose(mine, np.sum(parts, axis=0), rtol=1e-9, atol=tolerance)


def test_current_scikit_learn_stops_by_chance_and_this_does_not() -> None:
    """Defect reproduced: its ``oob_improvement_`` compares the left-out cells of two trees."""
    x, y = planted(1)
    values = scaled(y)
    early = [
        GradientBoostingRegressor(n_estimators=500, subsample=0.9, random_state=s, **SETTINGS)
        .fit(x, values, monitor=Arboreto()).estimators_.shape[0]
        for s in range(5)
    ]  # fmt: skip
    assert min(boosted(x, values, s, trees=500)[1] for s in range(3)) > 3 * max(early)


def test_planted_regulators_lead() -> None:
    x, y = planted(1)
    assert set(np.argsort(-grnboost2(x, y, 1, trees=200))[:2]) == {3, 8}


def test_a_target_of_noise_stops_at_once_and_scores_low() -> None:
    x, y = planted(2)
    noise = np.random.default_rng(5).normal(size=150)
    assert grnboost2(x, noise, 1).sum() < 0.3 * grnboost2(x, y, 1, trees=600).sum()
    assert grnboost2(x, np.ones(150), 1).tolist() == [0.0] * 20


def test_the_score_is_the_share_times_the_number_of_trees() -> None:
    x, y = planted(3)
    importance, n = boosted(x, scaled(y), 1, trees=40)
    np.testing.assert_allclose(grnboost2(x, y, 1, trees=40), importance / importance.sum() * n)
    assert grnboost2(x, y, 1, trees=40).sum() == pytest.approx(n)


@pytest.mark.parametrize("seed", range(8))
def test_the_stop_rule_is_the_published_one(seed: int) -> None:
    class Fitted:
        oob_improvement_ = np.random.default_rng(seed).normal(0.02, 0.2, 60)

    for stage in range(60):
        gains = list(Fitted.oob_improvement_[: stage + 1])
        assert learned_enough(gains) == Arboreto()(stage, Fitted(), {})
