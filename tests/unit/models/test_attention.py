from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import cellglass.models.attention as module
from cellglass.errors import InputError
from cellglass.models.attention import Workspace, attend


class Keep:
    """Observer that copies all it is told, for some or all query rows."""

    def __init__(self, rows: list[int] | None = None, layers: Any = None, qkv: bool = False):
        self.needs_qkv = qkv
        self.rows, self.layers = rows, layers
        self.weights: dict[tuple[int, int], Tensor] = {}
        self.seen_rows: list[Tensor] = []
        self.tiles = 0
        self.qkv: list[Any] = []
        self.cell = -1
        self.positions = torch.empty(0)

    def wants(self, layer: int) -> bool:
        return self.layers is None or layer in self.layers

    def begin_batch(self, first_cell: int) -> None:
        """Not called by `attend`."""

    def begin_cell(self, cell: int, positions: Tensor) -> None:
        self.cell, self.positions = cell, positions

    def query_rows(self) -> Tensor | None:
        return None if self.rows is None else torch.tensor(self.rows, dtype=torch.long)

    def update(self, layer: int, rows: Tensor, weights: Tensor, qkv: Any) -> None:
        self.tiles += 1
        self.seen_rows.append(rows.clone())
        self.qkv.append(qkv)
        for i, row in enumerate(rows.tolist()):
            query = int(self.positions[row])
            self.weights[self.cell, query] = weights[:, i].clone()


def slow(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    valid: Tensor,
    causal: bool = False,
    uniform: tuple[int, ...] = (),
) -> tuple[Tensor, Tensor]:
    """Softmax attention query by query in float64; zero where a query is padding."""
    q, k, v = q.double(), k.double(), v.double()
    cells, heads, n, width = q.shape
    weights = torch.zeros(cells, heads, n, n, dtype=torch.float64)
    for c in range(cells):
        for h in range(heads):
            for i in range(n):
                keys = [j for j in range(n) if valid[c, j] and not (causal and j > i)]
                if not valid[c, i]:
                    continue
                logits = torch.stack([q[c, h, i] @ k[c, h, j] / width**0.5 for j in keys])
                row = torch.softmax(logits, 0)
                if h in uniform:
                    row = torch.full_like(row, 1 / len(keys))
                weights[c, h, i, keys] = row
    return weights @ v, weights


def masks() -> dict[str, Tensor]:
    n = 11
    full = torch.ones(3, n, dtype=torch.bool)
    end = torch.arange(n)[None, :] < torch.tensor([11, 7, 1])[:, None]
    middle = full.clone()
    middle[0, [2, 3]] = False
    middle[1, [0, 10]] = False
    middle[2, 1:10] = False
    return {"none": full, "end": end, "middle": middle}


def inputs(seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    r = torch.Generator().manual_seed(seed)
    q, k, v = (torch.randn(3, 2, 11, 4, generator=r) for _ in range(3))
    return 3 * q, k, v


PADDING = ["none", "end", "middle"]


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("uniform", [(), (1,), (0, 1)])
@pytest.mark.parametrize("watched", [False, True])
def test_contexts_equal_the_slow_softmax(
    padding: str, causal: bool, uniform: tuple[int, ...], watched: bool
) -> None:
    valid = masks()[padding]
    q, k, v = inputs()
    expected, _ = slow(q, k, v, valid, causal, uniform)
    with torch.no_grad():
        found = attend(
            q, k, v, valid, causal=causal, uniform_heads=uniform,
            observers=[Keep()] if watched else [],
        )  # fmt: skip
    at = valid[:, None, :, None].expand_as(found)
    torch.testing.assert_close(found[at].double(), expected[at], rtol=1e-5, atol=1e-6)
    assert bool(torch.isfinite(found).all())
    if watched:
        assert bool((found[~at] == 0).all())


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("uniform", [(), (1,)])
@pytest.mark.parametrize("tile_bytes", [1, 2 * 11 * 4 * 3, 5 * 1024**2])
def test_observers_get_the_weights_of_every_row_whatever_the_tiles(
    padding: str,
    causal: bool,
    uniform: tuple[int, ...],
    tile_bytes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TILE_BYTES", tile_bytes)
    valid = masks()[padding]
    q, k, v = inputs(1)
    context, weights = slow(q, k, v, valid, causal, uniform)
    keep = Keep()
    with torch.no_grad():
        found = attend(q, k, v, valid, causal=causal, uniform_heads=uniform, observers=[keep])
    assert set(keep.weights) == {(c, p) for c, p in torch.nonzero(valid).tolist()}
    for (cell, query), row in keep.weights.items():
        expected = weights[cell, :, query][:, valid[cell]]
        torch.testing.assert_close(row.double(), expected, rtol=1e-5, atol=1e-6)
    if tile_bytes == 1:
        assert keep.tiles == int(valid.sum())
    at = valid[:, None, :, None].expand_as(found)
    torch.testing.assert_close(found[at].double(), context[at], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("tile_bytes", [1, 5 * 1024**2])
def test_rows_asked_for_are_those_computed_and_contexts_stay_whole(
    padding: str, causal: bool, tile_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TILE_BYTES", tile_bytes)
    valid = masks()[padding]
    valid[2] = True  # every cell has the rows asked for
    q, k, v = inputs(2)
    context, weights = slow(q, k, v, valid, causal)
    first, second = Keep([4, 1]), Keep([2])
    with torch.no_grad():
        found = attend(q, k, v, valid, causal=causal, observers=[first, second])
    # both see the union: each keeps what it wants
    assert {int(r) for rows in first.seen_rows for r in rows} == {1, 2, 4}
    for (cell, query), row in first.weights.items():
        expected = weights[cell, :, query][:, valid[cell]]
        torch.testing.assert_close(row.double(), expected, rtol=1e-5, atol=1e-6)
    at = valid[:, None, :, None].expand_as(found)
    torch.testing.assert_close(found[at].double(), context[at], rtol=1e-5, atol=1e-6)


def test_no_row_asked_for_is_no_work_and_no_error() -> None:
    q, k, v = inputs(3)
    valid = masks()["end"]
    keep = Keep([])
    with torch.no_grad():
        found = attend(q, k, v, valid, observers=[keep])
        plain = attend(q, k, v, valid)
    assert keep.tiles == 0
    at = valid[:, None, :, None].expand_as(found)
    torch.testing.assert_close(found[at], plain[at], rtol=1e-5, atol=1e-6)


def test_queries_keys_and_values_go_to_those_who_ask() -> None:
    q, k, v = inputs(4)
    valid = masks()["middle"]
    asks, asks_not = Keep(qkv=True), Keep()
    with torch.no_grad():
        attend(q, k, v, valid, observers=[asks, asks_not])
    assert asks_not.qkv == [None, None, None]
    for cell, held in enumerate(asks.qkv):
        for part, whole in zip(held, (q, k, v), strict=True):
            torch.testing.assert_close(part, whole[cell][:, valid[cell]])


def test_an_observer_of_another_layer_sees_nothing() -> None:
    q, k, v = inputs(5)
    keep = Keep(layers=[1])
    valid = masks()["none"]
    with torch.no_grad():
        attend(q, k, v, valid, layer=0, observers=[keep])
        assert keep.tiles == 0
        attend(q, k, v, valid, layer=1, observers=[keep])
    assert keep.tiles == 3


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("uniform", [(), (1,)])
def test_gradients_do_not_depend_on_being_watched(padding: str, uniform: tuple[int, ...]) -> None:
    valid = masks()[padding]

    def gradients(observers: list[Keep]) -> list[Tensor]:
        parts = [t.clone().requires_grad_() for t in inputs(6)]
        out = attend(*parts, valid, observers=observers, uniform_heads=uniform)
        (out * valid[:, None, :, None]).square().sum().backward()
        return [p.grad for p in parts if p.grad is not None]

    keep = Keep()
    watched, plain = gradients([keep]), gradients([])
    assert keep.tiles == 3
    assert float(plain[2].abs().max()) > 0
    for one, other in zip(watched, plain, strict=True):
        torch.testing.assert_close(one, other)


def test_a_buffer_is_used_again_and_grows() -> None:
    space = Workspace()
    like = torch.zeros(1)
    small = space.take("w", (2, 3), like)
    again = space.take("w", (3, 2), like)
    assert small.data_ptr() == again.data_ptr()
    assert (tuple(again.shape), again.is_contiguous()) == ((3, 2), True)
    large = space.take("w", (4, 5), like)
    assert tuple(large.shape) == (4, 5)
    assert space.take("w", (1,), like).data_ptr() == large.data_ptr()
    assert space.take("other", (1,), like).data_ptr() != large.data_ptr()
    assert space.take("w", (1,), like.double()).dtype == torch.float64


def slow_presence(q: Tensor, k: Tensor, v: Tensor, presence: Tensor) -> Tensor:
    """Softmax weights times presence, normalised anew, with no logarithm anywhere."""
    logits = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
    weights = (logits - logits.amax(3, keepdim=True)).exp() * presence[:, None, None, :]
    return weights / weights.sum(3, keepdim=True) @ v


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("uniform", [(), (1,)])
def test_presences_of_zero_and_one_are_padding_and_tokens(
    padding: str, causal: bool, uniform: tuple[int, ...]
) -> None:
    valid = masks()[padding]
    q, k, v = inputs()
    expected, _ = slow(q, k, v, valid, causal, uniform)
    found = attend(q, k, v, valid.to(q), causal=causal, uniform_heads=uniform)
    at = valid[:, None, :, None].expand_as(found)
    torch.testing.assert_close(found[at].double(), expected[at], rtol=1e-5, atol=1e-6)


def test_presence_multiplies_the_weights_and_takes_gradients() -> None:
    q, k, v = (t.double() for t in inputs())
    presence = torch.rand(3, 11, generator=torch.Generator().manual_seed(2)).double()
    presence[0, 4] = 1e-6
    way = torch.randn(3, 2, 11, 4, generator=torch.Generator().manual_seed(3)).double()
    gradients = []
    for function in (attend, slow_presence):
        held = [t.clone().requires_grad_() for t in (q, k, v, presence)]
        found = function(*held)
        torch.testing.assert_close(found, slow_presence(q, k, v, presence))
        gradients.append(torch.autograd.grad((found * way).sum(), held))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)


def test_attention_of_tokens_present_in_part_is_not_read() -> None:
    q, k, v = inputs()
    with pytest.raises(InputError, match=r"(?s)present in part.*there or not"):
        attend(q, k, v, torch.full((3, 11), 0.5), observers=[Keep()])
    attend(q, k, v, torch.full((3, 11), 0.5), observers=[Keep(layers=[7])])
