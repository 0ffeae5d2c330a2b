from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.models import load_model
from cellglass.models.attention_edges import AttentionEdges, attention_edges
from cellglass.regulation.scaling.micro_groups import (
    group_cells,
    nested_edges,
    nested_order,
    rungs,
)


def test_every_beginning_holds_the_strata_in_proportion() -> None:
    strata = np.repeat([0, 1, 2], [20, 10, 2])
    sizes = np.full(32, 25)
    order = nested_order(sizes, strata, np.random.default_rng(3))
    assert sorted(order) == list(range(32))
    for n in range(4, 32):
        share = np.bincount(strata[order[:n]], minlength=3) / n
        assert np.abs(share - np.array([20, 10, 2]) / 32).max() < 1 / n + 1e-9


def test_draws_differ_and_the_same_draw_is_the_same() -> None:
    sizes, strata = np.full(12, 25), np.repeat([0, 1], 6)
    orders = [tuple(nested_order(sizes, strata, np.random.default_rng(s))) for s in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


def test_cells_of_uneven_groups_count_not_groups() -> None:
    """A stratum in many small groups gets its share of cells, not of groups."""
    sizes = np.array([5] * 10 + [50] * 2)
    strata = np.array([0] * 10 + [1] * 2)
    order = nested_order(sizes, strata, np.random.default_rng(0))
    reached = np.cumsum(sizes[order])
    small = np.cumsum(np.where(strata[order] == 0, sizes[order], 0))
    half = int(np.searchsorted(reached, 75))
    assert small[half] / reached[half] == pytest.approx(1 / 3, abs=0.15)


def test_groups_without_cells_are_in_no_subset() -> None:
    order = nested_order(np.array([25, 0, 25]), np.zeros(3, int), np.random.default_rng(0))
    assert sorted(order) == [0, 2]


def test_rungs_tell_the_cells_that_are_really_there() -> None:
    sizes = np.array([20, 25, 25, 10, 25])
    found = rungs(np.array([1, 0, 3, 2, 4]), sizes, (25, 50, 80, 1000))
    assert [(r.wanted, r.n_groups, r.n_cells) for r in found] == [
        (25, 1, 25), (50, 2, 45), (80, 4, 80), (105, 5, 105),
    ]  # fmt: skip
    with pytest.raises(InputError, match="no group"):
        rungs(np.array([], dtype=int), sizes)


def test_subsets_equal_a_pass_over_those_cells_alone(tiny: Any, tmp_path: Any) -> None:
    model = load_model(tiny.write_scgpt(tmp_path))
    tokens = model.tokenize(tiny.counts_data(24, tiny.SYMBOLS, seed=4))
    group = np.repeat(np.arange(6), 4)
    whole = attention_edges(model, tokens, blocks=group)
    sources = whole.sources
    order, rows = np.array([4, 1, 5, 0]), np.array([2, 0, 7])
    for step, found in zip((1, 3, 4), nested_edges(whole, order, [1, 3, 4], rows), strict=True):
        cells = np.flatnonzero(np.isin(group, order[:step]))
        alone = attention_edges(
            model, tokens[cells], sources=sources, targets=whole.targets, heads=False
        )
        np.testing.assert_array_equal(found.counts, alone.total_counts[rows])
        expected = np.stack([alone.layer(n).scores[rows] for n in range(model.n_layers)])
        np.testing.assert_allclose(found.scores, np.nan_to_num(expected), rtol=1e-4, atol=1e-6)


def test_pairs_never_seen_score_zero() -> None:
    sums = np.array([[[[0.0, 2.0]]], [[[3.0, 2.0]]]])
    counts = np.array([[[0, 1]], [[1, 1]]])
    edges = AttentionEdges(("A",), ("B", "C"), sums, counts, (0,))
    first, both = nested_edges(edges, np.array([0, 1]), [1, 2], np.array([0]))
    assert first.scores.tolist() == [[[0.0, 2.0]]]
    assert both.scores.tolist() == [[[3.0, 2.0]]]


def test_cells_of_groups_leave_out_those_without_tokens(made: Any) -> None:
    held = made(0.0).held
    members = group_cells(held)
    assert [len(m) for m in members] == [5] * len(members)
    held.cells = held.cells[3:]  # the first group loses three of its cells
    assert [len(m) for m in group_cells(held)[:2]] == [2, 5]
    assert group_cells(held)[0].tolist() == [0, 1]
