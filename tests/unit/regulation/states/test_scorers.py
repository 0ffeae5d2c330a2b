"""Scorers give what the slow way gives, for any assignment."""

import numpy as np
import pytest

from cellglass.regulation.states.aggregators import AGGREGATORS, aggregate
from cellglass.regulation.states.edge_functions import SpearmanEdges
from cellglass.regulation.states.judged_pairs import JudgedPairs
from cellglass.regulation.states.scorers import SCORES, AttentionScorer, SpearmanScorer
from cellglass.regulation.study_edges import network_pairs
from cellglass.stats import auroc


@pytest.fixture(scope="module")
def setting(made):
    planted = made(1.0, stratum=0, seed=3)
    pairs, rows = network_pairs(planted.held, planted.network, "planted", 3)
    return planted.held, pairs, rows, JudgedPairs.of(pairs)


def test_scores_are_named_in_their_order():
    assert ("pooled", *AGGREGATORS) == SCORES


@pytest.mark.parametrize("layers", [[1], [0, 1]])
def test_attention_within_strata_is_that_of_the_captured_sums(setting, layers):
    held, pairs, rows, judged = setting
    rng = np.random.default_rng(0)
    sizes = np.full(24, 5)
    scorer = AttentionScorer(held.attention, layers, rows, judged, sizes)
    assignments = rng.integers(0, 3, (6, 24))
    assignments[:, :2] = -1
    found = scorer.aurocs(assignments)[:, :, 0]
    inside = np.where(assignments[0] >= 0, 0, -1)
    pooled = np.mean([held.attention.by_stratum(n, inside)[0][0, rows] for n in layers], axis=0)
    for row, assignment in zip(found, assignments, strict=True):
        by_stratum = np.mean(
            [held.attention.by_stratum(n, assignment)[0][:, rows] for n in layers], axis=0
        )
        cells = np.bincount(assignment[assignment >= 0]) * 5
        assert row[0] == auroc(pooled[pairs.mask], pairs.labels[pairs.mask])
        for value, how in zip(row[1:], AGGREGATORS, strict=True):
            scores = aggregate(by_stratum, cells, how, pooled=pooled)
            expected = auroc(scores[pairs.mask], pairs.labels[pairs.mask])
            assert value == pytest.approx(expected, abs=1e-4), how  # float32 sums: near ties


def test_spearman_within_strata_is_that_of_their_cells(setting):
    held, _, rows, judged = setting
    scorer = SpearmanScorer(held.expression, held.rows[rows], judged)
    codes = np.random.default_rng(1).integers(-1, 2, len(held.expression))
    scores = scorer.scores(codes)
    edges = SpearmanEdges(held.expression, held.rows[rows])
    pooled = edges(np.flatnonzero(codes >= 0))
    by_stratum = np.stack([edges(np.flatnonzero(codes == s)) for s in (0, 1)])
    np.testing.assert_allclose(scores[0], judged.take(pooled), atol=1e-12)
    for row, how in zip(scores[1:], AGGREGATORS, strict=True):
        expected = aggregate(by_stratum, np.bincount(codes[codes >= 0]), how, pooled=pooled)
        np.testing.assert_allclose(row, judged.take(expected), atol=1e-12, err_msg=how)


def test_batches_change_nothing(setting, monkeypatch):
    held, _, rows, judged = setting
    scorer = AttentionScorer(held.attention, [0], rows, judged, np.full(24, 5))
    assignments = np.random.default_rng(2).integers(0, 2, (7, 24))
    before = scorer.aurocs(assignments)
    monkeypatch.setattr("cellglass.regulation.states.scorers.BATCH", 1)
    np.testing.assert_array_equal(scorer.aurocs(assignments), before)


def test_many_cells_in_a_group_are_counted_in_full(setting, monkeypatch):
    held, _, rows, judged = setting
    monkeypatch.setattr("cellglass.regulation.states.scorers.SMALL_COUNTS", 3)
    scorer = AttentionScorer(held.attention, [0], rows, judged, np.full(24, 5))
    assert scorer.counts.dtype == np.int32
    assert scorer.name == "layer 0"
