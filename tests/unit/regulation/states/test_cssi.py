"""Aggregators by hand; shuffled strata always; the published synthetic states."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.cssi import (
    AGGREGATORS,
    aggregate,
    spearman_edges,
    stratified,
    stratum_quality,
)
from cellglass.stats import top_k_f1

# Three strata of 10, 30 and 60 cells; pair 1 is not seen in the last, pair 2 nowhere.
BY_STRATUM = np.array([[[0.2, 0.4, np.nan]], [[0.6, 0.8, np.nan]], [[0.1, np.nan, np.nan]]])
SIZES = np.array([10, 30, 60])
POOLED = np.array([[0.3, 0.5, 0.0]])


@pytest.mark.parametrize(
    ("how", "first", "second"),
    [
        ("max", 0.6, 0.8),
        ("mean", 0.1 * 0.2 + 0.3 * 0.6 + 0.6 * 0.1, 0.25 * 0.4 + 0.75 * 0.8),
        ("unweighted mean", 0.3, 0.6),
        ("median", 0.2, 0.6),
        ("std", np.std([0.2, 0.6, 0.1]), 0.2),
        ("range", 0.5, 0.4),
        ("deviation", 0.3, 0.3),
        ("size-weighted sum", 10 * 0.2 + 30 * 0.6 + 60 * 0.1, 10 * 0.4 + 30 * 0.8),
    ],
)
def test_aggregators_by_hand(how, first, second):
    found = aggregate(BY_STRATUM, SIZES, how, pooled=POOLED)[0]
    np.testing.assert_allclose(found, [first, second, np.nan])


def test_every_aggregator_has_its_hand_value():
    marks = test_aggregators_by_hand.pytestmark[0].args[1]
    assert {how for how, _, _ in marks} == set(AGGREGATORS)


def test_deviation_without_pooled_and_unknown_names_are_refused():
    with pytest.raises(InputError, match="needs the pooled score"):
        aggregate(BY_STRATUM, SIZES, "deviation")
    with pytest.raises(InputError, match="no aggregator 'maximum'"):
        aggregate(BY_STRATUM, SIZES, "maximum")  # type: ignore[arg-type]


def states(seed: int, k: int = 4, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The generator of specification 2.16: 5 regulators, 30 genes, own and shared edges."""
    rng = np.random.default_rng(seed)
    x, state = rng.normal(size=(n, 35)), np.arange(n) % k
    pairs = [(int(p) // 30, int(p) % 30) for p in rng.permutation(150)[: k * (12 // k) + 2]]
    truth = np.zeros((5, 35), bool)
    noise = x.copy()
    for i, (regulator, gene) in enumerate(pairs):
        active = np.ones(n, bool) if i < 2 else state == i % k
        x[active, 5 + gene] += 0.5 * noise[active, regulator]
        truth[regulator, 5 + gene] = True
    return x, state, truth


def f1(truth: np.ndarray):
    return lambda scores: top_k_f1(scores[:, 5:].ravel(), truth[:, 5:].ravel(), int(truth.sum()))


def test_right_strata_beat_pooling_and_wrong_strata_are_worse():
    gains, losses = [], []
    for seed in range(4):
        x, state, truth = states(seed)
        found = stratified(
            spearman_edges(x, np.arange(5)), state, f1(truth), aggregators=("max",), shuffles=19,
            seed=seed,
        )  # fmt: skip
        gains.append(found.statistic["max"] - found.statistic["pooled"])
        losses.append(found.shuffled["max"].mean - found.statistic["pooled"])
        assert found.shuffled["max"].draws == 19
        assert found.shuffled["max"].p == pytest.approx(0.05)
    assert np.mean(gains) > 0.1 > -0.05 > np.mean(losses)


def test_strata_that_are_no_states_do_not_beat_their_shuffles():
    x, _, truth = states(7)
    wrong = np.random.default_rng(1).permutation(np.arange(400) % 4)
    found = stratified(
        spearman_edges(x, np.arange(5)), wrong, f1(truth), aggregators=("max", "mean"),
        shuffles=19, embedding=x[:, :5], seed=2,
    )  # fmt: skip
    assert min(n.p for n in found.shuffled.values()) > 0.05
    assert found.quality is not None
    assert abs(found.quality.silhouette) < 0.05
    table = found.table().set_index("aggregator")
    assert table.loc["max", "gain"] == found.statistic["max"] - found.statistic["pooled"]
    assert table.loc["pooled", "draws"] == 0
    assert table.loc["max", "draws"] == 19


def test_shuffles_cannot_be_left_out():
    x, state, truth = states(0)
    with pytest.raises(InputError, match="no shuffles"):
        stratified(spearman_edges(x, np.arange(5)), state, f1(truth), shuffles=0)


def test_small_strata_and_cells_without_one_stay_out():
    seen: list[np.ndarray] = []

    def edges(cells: np.ndarray) -> np.ndarray:
        seen.append(cells)
        return np.full((1, 1), float(len(cells)))

    strata = np.array([0] * 10 + [1] * 8 + [2] * 3 + [-1] * 5)
    found = stratified(edges, strata, lambda s: float(s[0, 0]), aggregators=("max",), shuffles=1)
    assert max(map(max, seen)) == 17
    assert found.statistic == {"pooled": 18.0, "max": 10.0}
    with pytest.raises(InputError, match="1 strata have 9 cells or more"):
        stratified(edges, strata, lambda s: 0.0, min_cells=9)


def test_stratum_quality_tells_states_from_noise():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [20, 30, 50])
    embedding = rng.normal(size=(100, 3)) + 8 * np.eye(3)[codes]
    good = stratum_quality(embedding, codes)
    bad = stratum_quality(embedding, rng.permutation(codes))
    assert good.silhouette > 0.6 > 0.1 > bad.silhouette
    assert abs(good.silhouette_shuffled) < 0.1
    assert good.variance_between > 0.8 > 0.2 > bad.variance_between
    assert (good.n_strata, good.smallest, good.largest) == (3, 20, 50)


def test_variance_between_strata_by_hand():
    embedding = np.array([[0.0], [2.0], [10.0], [12.0]])
    found = stratum_quality(embedding, np.array([0, 0, 1, 1]))
    assert found.variance_between == pytest.approx(100 / 104)
