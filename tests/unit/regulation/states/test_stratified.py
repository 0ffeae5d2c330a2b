"""Shuffled strata always; a gain that shuffled strata reach is no gain; published states."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.aggregators import AGGREGATORS, aggregate
from cellglass.regulation.states.edge_functions import spearman_edges
from cellglass.regulation.states.strata import given_strata
from cellglass.regulation.states.stratified import stratified
from cellglass.regulation.states.synthetic import synthetic_states
from cellglass.stats import auroc, top_k_f1


def f1(made):
    truth = made.labels.ravel()
    return lambda scores: top_k_f1(made.of_targets(scores), truth, int(truth.sum()))


def test_right_strata_beat_pooling_and_wrong_strata_are_worse():
    gains, losses = [], []
    for seed in range(4):
        made = synthetic_states(400, 4, seed=seed)
        found = stratified(
            spearman_edges(made.expression, made.rows), made.states, f1(made),
            aggregators=("max",), shuffles=19, seed=seed,
        )  # fmt: skip
        gains.append(found.statistic["max"] - found.statistic["pooled"])
        losses.append(found.shuffled["max"].mean - found.statistic["pooled"])
        assert found.shuffled["max"].draws == 19
        assert found.shuffled["max"].p == pytest.approx(0.05)
    assert np.mean(gains) > 0.1 > -0.05 > np.mean(losses)


def prominent(seed: int = 1):
    """Independent genes of very different variance, and |covariance| as edges.

    Nothing drives anything. The reference lists pairs of variable genes; |covariance| of
    independent genes is noise that grows with their variance, and the range of several such
    noises measures the variance better than one of them does.
    """
    rng = np.random.default_rng(seed)
    spread = np.exp(rng.normal(size=40))
    x = rng.normal(size=(300, 40)) * spread
    strength = np.outer(spread[:10], spread)
    truth = strength > np.quantile(strength, 0.8)
    off = ~np.eye(10, 40, dtype=bool)

    def edges(cells):
        centred = x[cells] - x[cells].mean(0)
        return np.abs(centred[:, :10].T @ centred) / len(cells)

    return edges, lambda scores: auroc(scores[off], truth[off])


def test_a_gain_that_shuffled_strata_reach_too_is_shown_to_be_none():
    """The published tables give the gain over pooled edges alone: here it is large, and noise."""
    edges, statistic = prominent()
    strata = np.random.default_rng(5).permutation(300) % 6  # no states: cells at random
    pooled = statistic(edges(np.arange(300)))
    by_stratum = np.stack([edges(np.flatnonzero(strata == s)) for s in range(6)])
    published_gain = statistic(aggregate(by_stratum, np.full(6, 50), "range")) - pooled
    assert published_gain > 0.05  # what a report of the gain alone would print

    found = stratified(edges, strata, statistic, shuffles=39, seed=3)
    row = found.table().set_index("aggregator").loc["range"]
    assert row["gain"] == pytest.approx(published_gain)
    assert row["shuffled_mean"] - pooled > 0.05  # shuffled strata gain as much
    assert abs(row["gain_over_shuffled"]) < 0.02
    assert row["p"] > 0.05


def test_no_gain_stands_without_its_shuffled_strata():
    edges, statistic = prominent()
    table = stratified(edges, np.arange(300) % 3, statistic, shuffles=5).table()
    gains = table[table["gain"].notna()]
    assert list(gains["aggregator"]) == list(AGGREGATORS)
    assert gains[["shuffled_mean", "shuffled_sd", "gain_over_shuffled", "p"]].notna().all(None)
    assert (gains["draws"] == 5).all()
    pooled = table.set_index("aggregator").loc["pooled"]
    assert np.isnan(pooled["gain"])
    assert pooled["draws"] == 0


def test_shuffles_cannot_be_left_out():
    edges, statistic = prominent()
    with pytest.raises(InputError, match="no shuffles"):
        stratified(edges, np.arange(300) % 3, statistic, shuffles=0)


def test_strata_that_are_no_states_do_not_beat_their_shuffles():
    made = synthetic_states(400, 4, seed=7)
    wrong = np.random.default_rng(3).permutation(made.states)
    found = stratified(
        spearman_edges(made.expression, made.rows), wrong, f1(made), aggregators=("max", "mean"),
        shuffles=19, embedding=made.expression[:, :5], seed=2,
    )  # fmt: skip
    assert min(n.p for n in found.shuffled.values()) > 0.05
    assert found.quality is not None
    assert abs(found.quality.silhouette) < 0.05
    assert list(found.table()["aggregator"]) == ["pooled", "max", "mean"]


def test_the_scores_are_those_of_the_slow_way():
    made = synthetic_states(120, 3, seed=5)
    edges = spearman_edges(made.expression, made.rows)
    fast = stratified(edges, made.states, f1(made), shuffles=1)
    slow = stratified(lambda cells: edges(cells), made.states, f1(made), shuffles=1)
    by_stratum = np.stack([edges(np.flatnonzero(made.states == s)) for s in range(3)])
    for how in AGGREGATORS:
        expected = aggregate(by_stratum, np.array([40] * 3), how, pooled=fast.pooled)
        np.testing.assert_allclose(fast.scores[how], expected, atol=1e-12)
        np.testing.assert_allclose(slow.scores[how], expected, atol=1e-12)
    assert fast.statistic == pytest.approx(slow.statistic)
    assert fast.shuffled["max"].mean == pytest.approx(slow.shuffled["max"].mean)


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


def test_edge_functions_that_give_no_matrix_are_refused():
    strata = np.arange(30) % 2
    with pytest.raises(InputError, match=r"scores of shape \(3,\)(.|\n)*all cells"):
        stratified(lambda c: np.ones(3), strata, lambda s: 0.0)
    with pytest.raises(InputError, match=r"in a stratum(.|\n)*\(30, 1\)"):
        stratified(lambda c: np.ones((len(c), 1)), strata, lambda s: 0.0)
    with pytest.raises(InputError, match="no aggregator 'maximum'"):
        stratified(lambda c: np.ones((1, 1)), strata, lambda s: 0.0, aggregators=("maximum",))


def test_the_result_prints_strata_and_nulls():
    made = synthetic_states(100, 2, seed=1)
    labels = given_strata(np.array(["T", "B"])[made.states], "column type")
    found = stratified(spearman_edges(made.expression, made.rows), labels, f1(made), shuffles=3)
    text = str(found)
    assert "strata: column type: B (50), T (50)" in text
    assert "shuffled_mean" in text
    assert "size-weighted sum" in text
    with pytest.raises(InputError, match="rows and columns have no names"):
        found.edges("max")
    with pytest.raises(InputError, match="no scores of 'best'"):
        found.edges("best")
