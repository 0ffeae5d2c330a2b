from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from cellglass.errors import InputError
from cellglass.geometry.blend import (
    l1_log_odds,
    published_blend,
    sparse_blend,
    stability_selection,
)
from cellglass.geometry.pairs import Pairs
from cellglass.seeds import generator


def make_pairs(seed: int, shape: tuple[int, int] = (16, 16)) -> Pairs:
    labels = generator(seed, "blend").random(shape) < 0.3
    return Pairs(
        tuple(f"s{i}" for i in range(shape[0])), tuple(f"t{i}" for i in range(shape[1])),
        labels, np.ones(shape, bool), "net",
    )  # fmt: skip


def noise(seed: int, n: int, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    rng = generator(seed, "descriptors")
    return {f"d{i}": rng.normal(size=shape) for i in range(n)}


def test_l1_slopes_minimise_the_penalised_loss():
    rng = generator(1, "l1")
    x = rng.normal(size=(150, 4))
    y = rng.random(150) < 1 / (1 + np.exp(-1.5 * x[:, 0]))
    slopes, odds = l1_log_odds(x, y, 0.3, 0)
    saga = LogisticRegression(l1_ratio=1.0, C=0.3, solver="saga", tol=1e-8, max_iter=20_000)
    saga.fit(x - x.mean(0), y)  # saga leaves the intercept alone, liblinear shrinks it
    assert np.allclose(slopes, saga.coef_[0], atol=0.05)
    assert np.corrcoef(odds, x @ slopes)[0, 1] == pytest.approx(1.0)


def test_selection_keeps_the_signal_and_counts_honestly():
    rng = generator(2, "select")
    labels = rng.random(600) < 0.3
    columns = rng.normal(size=(600, 6))
    columns[:, 2] += 0.9 * labels
    names = [f"d{i}" for i in range(6)]
    found = stability_selection(columns, labels, names, penalty=0.05, seed=3)
    assert "d2" in found.kept
    assert found.frequency["d2"] == 1.0
    assert found.agreement["d2"] == 1.0
    kept = [n for n in names if found.frequency[n] >= 0.6 and found.agreement[n] >= 0.7]
    assert list(found.kept) == kept
    again = stability_selection(columns, labels, names, penalty=0.05, seed=3)
    assert again.frequency == found.frequency


def test_without_a_stable_descriptor_two_are_kept():
    rng = generator(4, "none")
    labels = rng.random(300) < 0.5
    found = stability_selection(rng.normal(size=(300, 5)), labels, list("abcde"), penalty=1e-4)
    assert len(found.kept) == 2
    assert set(found.frequency.values()) == {0.0}
    assert all(np.isnan(v) for v in found.agreement.values())


def test_selection_on_all_rows_finds_signal_in_noise_and_within_folds_does_not():
    """Descriptors that say nothing: the published recipe gains, the honest one does not."""
    gains = {"published": [], "honest": []}
    for seed in range(5):
        pairs = make_pairs(seed)
        drawn = noise(seed, 200, pairs.mask.shape)
        base = generator(seed, "base").normal(size=pairs.mask.shape)
        there = published_blend(pairs, base, drawn, seed=seed)
        here = sparse_blend(pairs, base, drawn, n_folds=4, seed=seed)
        gains["published"].append(there.full_auroc)
        gains["honest"].append(here.full_auroc)
        assert there.guard.failed
        assert there.guard.code == "G6"
        assert here.guard.state == "passed"
    assert np.mean(gains["published"]) > 0.6
    assert np.mean(gains["honest"]) < 0.53


def test_a_planted_descriptor_is_found_within_folds():
    pairs = make_pairs(9, (20, 40))
    drawn = noise(9, 6, pairs.mask.shape)
    drawn["real"] = pairs.labels + 0.8 * generator(9, "real").normal(size=pairs.mask.shape)
    base = generator(9, "base").normal(size=pairs.mask.shape)
    for kind in ("source", "target", "both"):
        found = sparse_blend(pairs, base, drawn, kind, n_folds=3, penalty=0.05)
        assert all("real" in kept for kept in found.kept)
        assert found.delta > 0.15
        assert found.delta == pytest.approx(found.full_auroc - found.base_auroc)
        assert 0 < found.stability <= 1


def test_bad_input_is_told():
    pairs = make_pairs(1)
    base = np.zeros(pairs.mask.shape)
    with pytest.raises(InputError, match="no descriptors"):
        sparse_blend(pairs, base, {})
    with pytest.raises(InputError, match="no finite value"):
        sparse_blend(pairs, base, {"d": np.full(pairs.mask.shape, np.nan)})
    with pytest.raises(InputError, match="0 of 20 labels"):
        stability_selection(np.ones((20, 1)), np.zeros(20, bool), ["d"])
    lone = np.arange(300) == 0
    with pytest.raises(InputError, match="a subsample of 225 rows holds one class"):
        stability_selection(np.ones((300, 1)), lone, ["d"], resamples=50)
