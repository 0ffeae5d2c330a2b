"""Co-expression as a reference: read in some blocks, judged in others."""

import numpy as np
import pytest

from cellglass.regulation.coexpression import spearman
from cellglass.regulation.coexpression_analysis import TOP_SHARE, _block_scores, judge_coexpression
from cellglass.stats import State


def follow_coexpression(made, seed=0):
    """Give genes modules, and let attention follow |Spearman| of all cells."""
    planted = made(0.0, seed=seed)
    held = planted.held
    rng = np.random.default_rng(seed)
    module = np.arange(held.expression.shape[1]) % 8
    held.expression += 1.5 * rng.normal(size=(len(held.expression), 8))[:, module]
    strength = np.abs(spearman(held.expression, held.rows))
    held.edges.sums += 5 * 4.0 * strength
    held.edges.head_sums += (5 * 6) * 4.0 * strength
    return held


def test_attention_that_follows_it_passes(made, quick):
    found = judge_coexpression(follow_coexpression(made), quick, 1)
    assert found.verdicts[0].state is State.PASS
    assert found.verdicts[0].endpoint == "recovering co-expression edges"
    assert "genes" in found.verdicts[0].sentence  # the unit of inference is no regulator
    assert set(found.tables["increments"]["kind"]) == {"candidate", "reference"}


def test_attention_that_does_not_follow_it_does_not_pass(made, quick):
    held = follow_coexpression(made)
    held.edges = made(0.0, seed=3).held.edges
    found = judge_coexpression(held, quick, 1)
    assert found.verdicts[0].state is not State.PASS
    reference = found.tables["increments"].set_index("score").loc["|Spearman|"]
    assert reference["low"] > 0.1  # it was there to be had


def test_labels_are_the_strongest_pairs_of_the_other_cells(made, quick):
    held = follow_coexpression(made)
    found = judge_coexpression(held, quick, 1)
    row = found.tables["scores"].iloc[0]
    assert row["base_rate"] == pytest.approx(TOP_SHARE, rel=0.1)
    assert any("read from 60 cells and judged by |Spearman| in 60" in n for n in found.notes)


@pytest.mark.parametrize("name", ["layer 1", "layer 0 head 1", "layer 1 max"])
def test_scores_of_some_blocks_by_hand(made, name):
    edges = made(0.5).held.edges
    blocks = np.array([0, 2])
    words = name.split()
    heads = edges.head_sums[blocks, int(words[1])].sum(0) / (2 * 30)  # 30 cells a block
    by_hand = {"layer 1": heads.mean(0), "layer 1 max": heads.max(0)}.get(name)
    expected = heads[int(words[3])] if by_hand is None else by_hand
    np.testing.assert_allclose(_block_scores(edges, name, blocks), expected)
