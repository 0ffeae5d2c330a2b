from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from cellglass.regulation.coexpression import spearman
from cellglass.regulation.networks.layer_scores import COEXPRESSION
from cellglass.regulation.scaling.ladder import EXPRESSION, climb
from cellglass.regulation.scaling.layer_mean import layer_mean
from cellglass.stats import auroc

WANTED = (15, 30, 60)


@pytest.fixture(scope="module")
def ladder(grown: Any) -> Any:
    p = grown()
    return p, climb(p.held, p.pairs, p.rows, seed=1, task="t", repeats=3, wanted=WANTED)


def test_every_score_stands_at_every_number_of_cells(ladder: Any) -> None:
    _, found = ladder
    assert found.scores == ["layer 0", "layer 1", COEXPRESSION, EXPRESSION]
    assert found.n_groups == 24
    assert found.largest_group == 5
    assert found.stratified
    for score in found.scores:
        runs = found.of(score)
        assert [(r.draw, r.rung.wanted) for r in runs] == [
            (d, n) for d in range(3) for n in (*WANTED, 120)
        ]
        assert all(len(r.cells) == r.rung.n_cells for r in runs)
        assert all(r.n_strata == 2 for r in runs)


def test_subsets_are_nested_and_end_with_all_cells(ladder: Any) -> None:
    p, found = ladder
    runs = found.of("layer 1")
    for few, more in pairwise(runs):
        if few.draw == more.draw:
            assert set(few.cells) < set(more.cells)
    for run in runs:
        if run.rung.wanted == 120:
            assert run.cells.tolist() == list(range(len(p.held.cells)))


def test_coexpression_is_that_of_exactly_the_same_cells(ladder: Any) -> None:
    p, found = ladder
    truth = p.pairs.labels[p.pairs.mask]
    for run in found.of(COEXPRESSION)[:3]:
        scores = np.abs(spearman(p.held.expression[run.cells], p.held.rows[p.rows]))
        assert run.metrics.auroc == pytest.approx(auroc(scores[p.pairs.mask], truth))


def test_all_cells_give_the_scores_of_the_whole_capture(ladder: Any) -> None:
    p, found = ladder
    truth = p.pairs.labels[p.pairs.mask]
    last = found.of("layer 1")[-1]
    scores = layer_mean(p.held.attention, 1, p.rows)
    assert last.metrics.auroc == pytest.approx(auroc(scores[p.pairs.mask], truth))
    assert last.share_seen == 1.0
    assert last.positives_seen == truth.sum()


def test_more_cells_recover_more_of_a_planted_network(ladder: Any) -> None:
    _, found = ladder
    by_rung = {
        n: np.mean([r.metrics.auroc for r in found.of("layer 1") if r.rung.wanted == n])
        for n in (15, 120)
    }
    assert by_rung[120] > by_rung[15] + 0.03


def test_coverage_is_told_apart_from_quality(planted: Any) -> None:
    """Defect caught: a score that never changes gains AUROC only because pairs are seen."""
    p = planted(3.0)
    edges = p.held.attention
    rng = np.random.default_rng(99)
    seen = rng.random(edges.counts.shape) < 0.2
    constant = edges.layer(1).scores
    edges.counts = np.where(seen, 5, 0)
    edges.sums = (edges.counts[:, None] * constant[None, None]).repeat(2, axis=1)
    found = climb(p.held, p.pairs, p.rows, seed=1, task="t", repeats=2, wanted=(15,))
    for few, everybody in zip(*[iter(found.of("layer 1"))] * 2, strict=True):
        assert everybody.metrics.auroc > few.metrics.auroc + 0.1
        assert everybody.share_seen > few.share_seen
        assert everybody.auroc_seen == pytest.approx(few.auroc_seen, abs=1e-12)


def test_draws_depend_on_the_seed_alone(planted: Any) -> None:
    p = planted(0.6)
    one, two, other = (
        climb(p.held, p.pairs, p.rows, seed=s, task="t", repeats=2, wanted=WANTED)
        for s in (1, 1, 2)
    )
    values = [[r.metrics.auroc for r in x.runs] for x in (one, two, other)]
    assert values[0] == values[1] != values[2]
    more = climb(p.held, p.pairs, p.rows, seed=1, task="t", repeats=3, wanted=WANTED)
    assert [r.metrics.auroc for r in more.runs[: len(one.runs)]] == values[0]
