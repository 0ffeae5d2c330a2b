from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from cellglass.models.soft_order import FIRST, SECOND, STEADY, SoftOrder, SoftRank

INF = np.inf
# absent, gone, new, steady, rising and falling genes, with ties between cells
FIRST_KEYS = np.array([3.0, 1.0, INF, 2.0, 5.0, 4.0, INF, 2.0, 6.0])
SECOND_KEYS = np.array([INF, 4.0, 2.0, 2.0, 0.5, INF, INF, 2.5, 5.5])


def slow(shares: Any) -> list[tuple[int, int, float, float]]:
    """Gene, side, weight and rank of every entry in order, entry by entry."""
    entries = []
    for gene, (a, b) in enumerate(zip(FIRST_KEYS, SECOND_KEYS, strict=True)):
        if np.isfinite(a) and a == b:
            entries.append((a, gene, STEADY, 1.0))
            continue
        if np.isfinite(a):
            entries.append((a, gene, FIRST, shares[gene]))
        if np.isfinite(b):
            entries.append((b, gene, SECOND, 1 - shares[gene]))
    entries.sort(key=lambda e: e[:2])
    return [
        (gene, side, weight, sum(w for _, g, _, w in entries[:i] if g != gene))
        for i, (_, gene, side, weight) in enumerate(entries)
    ]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_weights_and_ranks_are_those_of_the_slow_order(seed: int) -> None:
    order = SoftOrder(FIRST_KEYS, SECOND_KEYS, room=99)
    shares = np.random.default_rng(seed).random((2, 9))
    shares[1] = seed % 2  # an end of the way
    weights, ranks = order(torch.tensor(shares))
    place = ranks.base + ranks.up - ranks.down
    total = order.total(torch.tensor(shares))
    for point in range(2):
        expected = slow(shares[point])
        found = zip(order.gene, order.side, weights[point], place[point], strict=True)
        for (gene, side, weight, rank), by_hand in zip(found, expected, strict=True):
            assert (gene, side) == by_hand[:2]
            assert float(weight) == pytest.approx(by_hand[2])
            assert float(rank) == pytest.approx(by_hand[3])
        n = float((total.base + total.up - total.down)[point, 0])
        assert n == pytest.approx(sum(e[2] for e in expected))


@pytest.mark.parametrize(("share", "keys"), [(1.0, FIRST_KEYS), (0.0, SECOND_KEYS)])
@pytest.mark.parametrize("room", [3, 99])
def test_ends_are_the_cells(share: float, keys: Any, room: int) -> None:
    order = SoftOrder(FIRST_KEYS, SECOND_KEYS, room=room)
    weights, ranks = order(torch.full((1, 9), share))
    present = order.presence(weights, ranks, at_start=False)[0]
    there = {
        int(gene): float(rank)
        for gene, weight, rank in zip(
            order.gene, present, (ranks.base + ranks.up - ranks.down)[0], strict=True
        )
        if weight > 0
    }
    ordered = [g for g in np.argsort(keys, kind="stable") if np.isfinite(keys[g])][:room]
    assert there == {int(g): float(r) for r, g in enumerate(ordered)}
    assert set(present.tolist()) <= {0.0, 1.0}


def test_entries_that_never_fit_are_left_out() -> None:
    keys = np.arange(50.0)
    moved = keys.copy()
    moved[40] = -1.0
    order = SoftOrder(keys, moved, room=5)
    assert sorted(set(order.gene.tolist())) == [0, 1, 2, 3, 4, 5, 40]
    assert order.gene.tolist().count(40) == 1  # its place in the first cell never fits


def test_tables_are_read_by_lines_with_slopes_of_their_own_at_the_start() -> None:
    squares = torch.arange(10.0) ** 2

    def table(rank: torch.Tensor) -> torch.Tensor:
        return squares[rank][..., None]

    up = torch.tensor([[0.5, 0.0]], requires_grad=True)
    down = torch.tensor([[0.0, 0.25]], requires_grad=True)
    ranks = SoftRank(torch.tensor([2, 3]), up, down)
    assert ranks.between(table)[0, :, 0].tolist() == [6.5, 9 - 0.25 * 5]
    pushed = ranks.pushed(torch.tensor([[-0.5]]))
    assert pushed.between(table)[0, :, 0].tolist() == [4.0, 4 + 0.25 * 5]
    zeros = [torch.zeros(1, 2, requires_grad=True) for _ in range(2)]
    start = SoftRank(torch.tensor([2, 3]), *zeros).between(table, at_start=True)
    assert start[0, :, 0].tolist() == [4.0, 9.0]
    by_up, by_down = torch.autograd.grad(start.sum(), zeros)
    assert by_up.tolist() == [[5.0, 7.0]]  # to the next row
    assert by_down.tolist() == [[-3.0, -5.0]]  # to the previous one


def test_what_is_pushed_over_the_edge_fades_and_what_was_behind_it_comes_in() -> None:
    """At the start, dropping a gene lets one in and adding a gene puts one out."""
    first, second = np.array([0.0, 1.0, 2.0, INF]), np.array([INF, 1.0, 2.0, -1.0])
    order = SoftOrder(first, second, room=2)
    shares = torch.ones(1, 4, requires_grad=True)
    present = order.presence(*order(shares), at_start=True)
    by_gene = dict(zip(order.gene.tolist(), present[0], strict=True))
    assert {g: p.item() for g, p in by_gene.items()} == {0: 1, 1: 1, 2: 0, 3: 0}
    slopes = {
        g: torch.autograd.grad(p, shares, retain_graph=True)[0][0].tolist()
        for g, p in by_gene.items()
    }
    assert slopes[1] == [0, 0, 0, 1]  # as gene 3 comes in, gene 1 goes
    assert slopes[2] == [-1, 0, 0, 0]  # as gene 0 goes, gene 2 comes in
