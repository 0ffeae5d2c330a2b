from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.errors import InputError
from cellglass.models import Site, Tap, Tokens, TransformerModel

EVERY = [Tap.residual(), Tap.attention(), Tap.head_output(), Tap.mlp_output(), Tap.logits(),
         Tap.cell_embedding()]  # fmt: skip
NAMES = ("embedding", "residual", "attention", "head_output", "mlp_output", "logits",
         "cell_embedding")  # fmt: skip


def at_valid(name: str, array: Any, tokens: Tokens) -> Any:
    """Values at tokens: what stands at padding is not defined, except for attention."""
    if name in ("attention", "cell_embedding"):
        return array
    axes = {"embedding": (0, 1), "logits": (0, 1), "head_output": (1, 3)}.get(name, (1, 2))
    return np.moveaxis(array, axes, (0, 1))[tokens.valid]


@pytest.mark.parametrize("batch_size", [1, 2, 16])
def test_results_do_not_depend_on_batches(
    model: TransformerModel, tokens: Tokens, batch_size: int
) -> None:
    one = model.forward(tokens, EVERY, batch_size=4)
    other = model.forward(tokens, EVERY, batch_size=batch_size)
    for name in NAMES:
        found, expected = getattr(other, name), getattr(one, name)
        assert found.shape == expected.shape
        found, expected = (at_valid(name, a, tokens) for a in (found, expected))
        np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)


def test_shapes_are_as_documented(model: TransformerModel, tokens: Tokens) -> None:
    trace = model.forward(tokens, EVERY)
    n, p = tokens.gene_ids.shape
    assert trace.embedding.shape == (n, p, 16)
    assert trace.residual.shape == trace.mlp_output.shape == (3, n, p, 16)
    assert trace.attention.shape == (3, n, 4, p, p)
    assert trace.head_output.shape == (3, n, 4, p, 4)
    assert trace.cell_embedding.shape == (n, 16)
    if model.family == "scgpt":
        assert trace.logits.shape == trace.cell_logits.shape == (n, p)
    else:
        assert trace.logits.shape == (n, p, model.vocabulary.n_embeddings)


def test_taps_belong_together(model: TransformerModel, tokens: Tokens) -> None:
    """Head outputs are attention times values; their projection is what attention adds."""
    trace = model.forward(tokens, EVERY)
    layer = model.network.encoder.blocks[1]
    x = torch.as_tensor(trace.residual[0])
    with torch.no_grad():
        value = layer.qkv(x)[..., 32:].reshape(*x.shape[:2], 4, 4).permute(0, 2, 1, 3).numpy()
        heads = np.einsum("chqk,chkd->chqd", trace.attention[1], value)
        at = tokens.valid[:, None, :, None] & np.ones_like(heads, bool)
        np.testing.assert_allclose(trace.head_output[1][at], heads[at], atol=1e-5, rtol=1e-4)
        joined = torch.as_tensor(heads).transpose(1, 2).reshape(x.shape)
        middle = layer.attention_norm(x + layer.attention_out(joined))
        mlp = torch.as_tensor(trace.mlp_output[1])
        after = layer.mlp_norm(middle + mlp).numpy()
    valid = tokens.valid
    np.testing.assert_allclose(trace.residual[1][valid], after[valid], atol=2e-5, rtol=1e-4)


def test_attention_rows_sum_to_one_and_padding_has_none(
    model: TransformerModel, tokens: Tokens, holed: Callable[[Tokens], Tokens]
) -> None:
    tokens = holed(tokens)
    attention = model.forward(tokens, [Tap.attention()]).attention
    by_query = attention.transpose(1, 3, 0, 2, 4)
    np.testing.assert_allclose(by_query[tokens.valid].sum(-1), 1, atol=1e-5)
    assert not by_query[~tokens.valid].any()
    assert not attention.transpose(1, 4, 0, 2, 3)[~tokens.valid].any()


def test_padding_in_the_middle_changes_nothing(
    scgpt: TransformerModel, cells_of: Callable[..., Any]
) -> None:
    """scGPT knows no positions: a cell with holes is the cell without those tokens."""
    tokens = scgpt.tokenize(cells_of(scgpt, 2, seed=3))
    hole = tokens.valid.copy()
    hole[:, [2, 5]] = False
    left = np.delete(np.arange(tokens.n_positions), [2, 5])
    short = Tokens(tokens.gene_ids[:, left], tokens.valid[:, left], tokens.values[:, left])  # type: ignore[index]
    holed = Tokens(tokens.gene_ids, hole, tokens.values)
    taps = [Tap.cell_embedding(), Tap.residual()]
    one, other = scgpt.forward(holed, taps), scgpt.forward(short, taps)
    np.testing.assert_allclose(one.cell_embedding, other.cell_embedding, atol=1e-5)
    np.testing.assert_allclose(
        one.residual[:, :, left][:, short.valid], other.residual[:, short.valid], atol=1e-5
    )


def test_what_stands_at_padding_does_not_matter(model: TransformerModel, tokens: Tokens) -> None:
    other = Tokens(
        np.where(tokens.valid, tokens.gene_ids, 7), tokens.valid,
        None if tokens.values is None else np.where(tokens.valid, tokens.values, 33),
        vocabulary=model.vocabulary,
    )  # fmt: skip
    taps = [Tap.residual(), Tap.cell_embedding()]
    one, two = model.forward(tokens, taps), model.forward(other, taps)
    np.testing.assert_allclose(one.cell_embedding, two.cell_embedding, atol=1e-6)
    np.testing.assert_allclose(
        one.residual[:, tokens.valid], two.residual[:, tokens.valid], atol=1e-5
    )


def test_some_layers_in_the_order_asked_for(model: TransformerModel, tokens: Tokens) -> None:
    whole = model.forward(tokens, EVERY)
    some = [Tap.residual([2, 0]), Tap.head_output([1]), Tap.mlp_output([0]), Tap.attention([2, 1])]
    part = model.forward(tokens, some)
    assert part.layers == {
        "residual": (2, 0), "head_output": (1,), "mlp_output": (0,), "attention": (2, 1)
    }  # fmt: skip
    for name, layers in part.layers.items():
        expected = at_valid(name, getattr(whole, name)[list(layers)], tokens)
        found = at_valid(name, getattr(part, name), tokens)
        np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)


def test_reducers_get_what_would_be_kept(model: TransformerModel, tokens: Tokens) -> None:
    held: dict[tuple[str, int, int], Any] = {}

    def keep(kind: str) -> Callable[[int, slice, torch.Tensor], None]:
        def reduce(layer: int, cells: slice, state: torch.Tensor) -> None:
            for i, cell in enumerate(range(cells.start, cells.stop)):
                assert (kind, layer, cell) not in held
                held[kind, layer, cell] = state[i].numpy().copy()

        return reduce

    taps = [
        Tap.residual([0, 2], reduce=keep("residual")),
        Tap.head_output(reduce=keep("head_output")),
        Tap.mlp_output([1], reduce=keep("mlp_output")),
    ]
    trace = model.forward(tokens, taps, batch_size=2)
    assert repr(trace) == "Trace(5 cells; no taps)"
    whole = model.forward(tokens, EVERY, batch_size=2)
    layers = {"residual": (-1, 0, 2), "head_output": (0, 1, 2), "mlp_output": (1,)}
    assert {(k, layer) for k, layer, _ in held} == {(k, n) for k, v in layers.items() for n in v}
    for (kind, layer, cell), state in held.items():
        kept = whole.embedding if layer == -1 else getattr(whole, kind)[layer]
        valid = np.flatnonzero(tokens.valid[cell])
        found, expected = state[..., valid, :], kept[cell][..., valid, :]
        np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)


class Reader:
    """Checks against q, k and v that weights are their softmax; keeps the weights."""

    needs_qkv = True

    def __init__(self) -> None:
        self.weights: dict[tuple[int, int], Any] = {}
        self.values: dict[tuple[int, int], Any] = {}

    def wants(self, layer: int) -> bool:
        return layer == 1

    def begin_batch(self, first_cell: int) -> None:
        self.first = first_cell

    def begin_cell(self, cell: int, positions: torch.Tensor) -> None:
        self.cell, self.positions = self.first + cell, positions

    def query_rows(self) -> None:
        return None

    def update(self, layer: int, rows: torch.Tensor, weights: torch.Tensor, qkv: Any) -> None:
        q, k, v = qkv
        assert len(rows) == len(self.positions)
        expected = torch.softmax(q @ k.transpose(1, 2) / q.shape[-1] ** 0.5, -1)
        torch.testing.assert_close(weights, expected, atol=1e-6, rtol=1e-5)
        self.weights[layer, self.cell] = weights.numpy().copy()
        self.values[layer, self.cell] = v.numpy().copy()


def test_an_attention_reducer_sees_queries_keys_and_values(
    model: TransformerModel, tokens: Tokens, holed: Callable[[Tokens], Tokens]
) -> None:
    tokens = holed(tokens)
    reader = Reader()
    trace = model.forward(tokens, [Tap.attention(reduce=reader), *EVERY], batch_size=2)
    assert set(reader.weights) == {(1, cell) for cell in range(5)}
    for (layer, cell), weights in reader.weights.items():
        at = np.flatnonzero(tokens.valid[cell])
        np.testing.assert_allclose(
            weights, trace.attention[layer, cell][:, at[:, None], at], atol=1e-6
        )
        outputs = trace.head_output[layer, cell][:, at]
        np.testing.assert_allclose(weights @ reader.values[layer, cell], outputs, atol=1e-5)


def test_embeddings_are_raw_unless_asked(model: TransformerModel, tokens: Tokens) -> None:
    raw = model.forward(tokens, [Tap.cell_embedding()]).cell_embedding
    unit = model.forward(tokens, [Tap.cell_embedding(normalise=True)]).cell_embedding
    norms = np.linalg.norm(raw, axis=1, keepdims=True)
    assert np.abs(norms - 1).min() > 0.1
    np.testing.assert_allclose(unit, raw / norms, atol=1e-6)


@pytest.mark.parametrize("make", [Tap.residual, Tap.attention, Tap.head_output, Tap.mlp_output])
@pytest.mark.parametrize("layers", [[3], [0, -1]])
def test_layers_that_do_not_exist_are_named(
    model: TransformerModel, tokens: Tokens, make: Any, layers: list[int]
) -> None:
    with pytest.raises(InputError, match=r"layers \[(3|-1)\].*\n.*\n.*0 to 2"):
        model.forward(tokens, [make(layers)])


def test_sites_name_places() -> None:
    assert Site.head_output(1).heads is None
    assert Site.head_output(1, [2, 0]).heads == (2, 0)
    kinds = [Site.embedding(), Site.attention_output(2), Site.mlp_output(2), Site.residual(2)]
    assert [s.kind for s in kinds] == ["embedding", "attention_output", "mlp_output", "residual"]
    assert [s.layer for s in kinds] == [None, 2, 2, 2]
