"""Value-weighted edges against a slow oracle written from their definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.models import Tap
from cellglass.models.accumulate import EdgeAxes
from cellglass.models.context_edges import (
    HOWS,
    ContextAccumulator,
    ContextEdges,
    context_edges,
)


def gene_axes(tokens: Any, n_rows: int, n_embeddings: int) -> EdgeAxes:
    """All genes but two as columns, every third of them as rows."""
    seen = np.unique(tokens.gene_ids[tokens.is_gene])[:-2]
    return EdgeAxes(seen[::3][:n_rows], seen, n_embeddings)


def contexts(model: Any, tokens: Any, layer: int) -> list[np.ndarray]:
    """sum_j a_ij v_j of each cell from whole traces: heads x positions x head width."""
    trace = model.forward(tokens, [Tap.attention(), Tap.residual()])
    before = trace.embedding if layer == 0 else trace.residual[layer - 1]
    encoder = model.network.encoder.blocks[layer]
    weight = encoder.qkv.weight.detach().numpy()
    bias = encoder.qkv.bias.detach().numpy()
    width, heads = model.width, model.n_heads
    found = []
    for cell in range(len(tokens)):
        values = before[cell] @ weight[2 * width :].T + bias[2 * width :]
        by_head = values.reshape(len(values), heads, -1)
        attention = trace.attention[layer, cell]
        out = np.zeros((heads, *by_head.shape[::2]))
        for h in range(heads):
            for i in range(len(values)):
                for j in range(len(values)):
                    out[h, i] += attention[h, i, j] * by_head[j, h]
        found.append(out)
    return found


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def oracle(model: Any, tokens: Any, axes: EdgeAxes, layer: int) -> dict[str, np.ndarray]:
    """Each variant pair by pair."""
    held = contexts(model, tokens, layer)
    at = [
        {int(g): p for p, g in enumerate(tokens.gene_ids[c]) if tokens.is_gene[c, p]}
        for c in range(len(tokens))
    ]
    heads = model.n_heads
    out = {how: np.full((len(axes.rows), len(axes.columns)), np.nan) for how in HOWS}
    for i, one in enumerate(axes.rows):
        for j, two in enumerate(axes.columns):
            cells = [c for c in range(len(tokens)) if one in at[c] and two in at[c]]
            if not cells:
                continue
            pairs = [
                [(held[c][h, at[c][one]], held[c][h, at[c][two]]) for h in range(heads)]
                for c in cells
            ]
            out["cosine"][i, j] = np.mean([[cosine(*p) for p in cell] for cell in pairs])
            out["dot"][i, j] = np.mean([[p[0] @ p[1] for p in cell] for cell in pairs])
            mean = [
                [np.mean([held[c][h, at[c][g]] for c in range(len(tokens)) if g in at[c]], axis=0)
                 for h in range(heads)]
                for g in (one, two)
            ]  # fmt: skip
            out["centroid"][i, j] = np.mean([cosine(a, b) for a, b in zip(*mean, strict=True)])
    return out


def summed(model: Any, tokens: Any, axes: EdgeAxes, **options: Any) -> ContextAccumulator:
    sums = ContextAccumulator(
        tokens, axes, layers=range(model.n_layers), n_heads=model.n_heads,
        head_width=model.config.head_width,
    )  # fmt: skip
    model.forward(tokens, [Tap.head_output(reduce=sums)], **options)
    sums.count_pairs()
    return sums


def edges_of(sums: ContextAccumulator, axes: EdgeAxes, min_count: int = 1) -> ContextEdges:
    return ContextEdges(
        tuple(map(str, axes.rows)), tuple(map(str, axes.columns)), sums.cosine, sums.dot,
        sums.counts, sums.context, sums.context_counts, sums.layers, min_count,
    )  # fmt: skip


@pytest.mark.parametrize("layer", [0, 2])
def test_every_variant_equals_its_definition(model: Any, tokens: Any, layer: int) -> None:
    axes = gene_axes(tokens, 6, model.vocabulary.n_embeddings)
    edges = edges_of(summed(model, tokens, axes), axes)
    expected = oracle(model, tokens, axes, layer)
    assert np.isfinite(expected["cosine"]).sum() > 50
    for how in HOWS:
        found = edges.layer(layer, how).scores
        np.testing.assert_allclose(found, expected[how], rtol=1e-4, atol=1e-5, err_msg=how)
    assert not np.allclose(expected["cosine"], expected["centroid"], atol=1e-2, equal_nan=True)


def test_batches_and_padding_change_rounding_only(
    model: Any, tokens: Any, holed: Callable[[Any], Any]
) -> None:
    for cells in (tokens, holed(tokens)):
        axes = gene_axes(cells, 6, model.vocabulary.n_embeddings)
        whole, single = (summed(model, cells, axes, batch_size=n) for n in (16, 1))
        np.testing.assert_allclose(whole.cosine, single.cosine, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(whole.context, single.context, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(whole.counts, single.counts)


def test_edges_are_symmetric_and_a_gene_is_like_itself(model: Any, tokens: Any) -> None:
    seen = np.unique(tokens.gene_ids[tokens.is_gene])
    axes = EdgeAxes(seen, seen, model.vocabulary.n_embeddings)
    edges = edges_of(summed(model, tokens, axes), axes)
    for how in HOWS:
        table = edges.layer(1, how)
        np.testing.assert_allclose(table.scores, table.scores.T, rtol=1e-4, atol=1e-5)
        assert not table.evaluable.diagonal().any()
    np.testing.assert_allclose(edges.layer(1, "cosine").scores.diagonal(), 1.0, atol=1e-5)


def test_pairs_below_the_count_are_not_evaluable(scgpt: Any, cells_of: Any) -> None:
    tokens = scgpt.tokenize(cells_of(scgpt, 6, seed=1))
    axes = gene_axes(tokens, 6, scgpt.vocabulary.n_embeddings)
    table = edges_of(summed(scgpt, tokens, axes), axes, min_count=4).layer(0)
    assert table.counts is not None
    assert 0 < table.evaluable.sum() < table.evaluable.size
    assert (table.counts[table.evaluable] >= 4).all()


def test_a_vector_without_length_has_no_direction() -> None:
    edges = ContextEdges(
        ("A",), ("A", "B"), np.zeros((1, 1, 2)), np.zeros((1, 1, 2)), np.ones((1, 2), int),
        np.array([[[[0.0, 0.0]], [[1.0, 0.0]]]]), np.array([1, 1]), (0,),
    )  # fmt: skip
    assert edges.layer(0, "centroid").scores.tolist() == [[0.0, 0.0]]


def test_unknown_layers_variants_and_rows_are_refused(scgpt: Any, cells_of: Any) -> None:
    tokens = scgpt.tokenize(cells_of(scgpt, 3))
    axes = gene_axes(tokens, 3, scgpt.vocabulary.n_embeddings)
    edges = edges_of(summed(scgpt, tokens, axes), axes)
    with pytest.raises(InputError, match="layer 9"):
        edges.layer(9)
    with pytest.raises(InputError, match="norm"):
        edges.layer(0, "norm")  # type: ignore[arg-type]
    apart = EdgeAxes(axes.columns[:2], axes.columns[2:], scgpt.vocabulary.n_embeddings)
    with pytest.raises(InputError, match="no column"):
        summed(scgpt, tokens, apart)


def test_layers_that_were_not_asked_for_are_skipped(scgpt: Any, cells_of: Any) -> None:
    tokens = scgpt.tokenize(cells_of(scgpt, 3))
    axes = gene_axes(tokens, 3, scgpt.vocabulary.n_embeddings)
    whole = summed(scgpt, tokens, axes)
    only = ContextAccumulator(
        tokens, axes, layers=[1], n_heads=scgpt.n_heads, head_width=scgpt.config.head_width
    )
    scgpt.forward(tokens, [Tap.head_output(reduce=only)])
    np.testing.assert_allclose(only.cosine[0], whole.cosine[1], rtol=1e-5, atol=1e-6)


def test_one_call_gives_named_edges(scgpt: Any, cells_of: Any) -> None:
    cells = cells_of(scgpt, 6, seed=1)
    tokens = scgpt.tokenize(cells, seed=42)
    whole = context_edges(scgpt, cells, min_count=2)
    seen = np.unique(tokens.gene_ids[tokens.is_gene])
    assert whole.sources == whole.targets == tuple(map(str, scgpt.vocabulary.labels[seen]))
    axes = EdgeAxes(seen, seen, scgpt.vocabulary.n_embeddings)
    np.testing.assert_allclose(whole.cosine, summed(scgpt, tokens, axes).cosine, rtol=1e-5)
    some = context_edges(scgpt, tokens, sources=["GENE3"], targets=["GENE1", "GENE2"])
    assert some.targets == ("GENE1", "GENE2", "GENE3")  # a row has a column too
    at = [whole.targets.index(g) for g in some.targets]
    np.testing.assert_allclose(some.dot[:, 0], whole.dot[:, whole.sources.index("GENE3")][:, at],
                               rtol=1e-4, atol=1e-5)  # fmt: skip
    with pytest.raises(InputError):
        context_edges(scgpt, tokens, sources=["NOBODY"])
