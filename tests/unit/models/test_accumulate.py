from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import cellglass.models.attention as attention_module
from cellglass.errors import InputError
from cellglass.models import Intervention, Tap, Tokens, TransformerModel
from cellglass.models.accumulate import EdgeAccumulator, EdgeAxes


def axes_of(model: TransformerModel, n_rows: int, seed: int = 0) -> EdgeAxes:
    """Some genes as rows and other genes as columns, in no order, a few of each unlisted."""
    rng = np.random.default_rng(seed)
    genes = np.array(sorted(model.vocabulary.ids.values()))
    return EdgeAxes(
        rng.permutation(genes)[:n_rows], rng.permutation(genes)[:33], model.vocabulary.n_embeddings
    )


def slow_sums(
    model: TransformerModel,
    tokens: Tokens,
    axes: EdgeAxes,
    groups: NDArray[np.int64],
    n_groups: int,
    interventions: Any = (),
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Kept attention added pair by pair: groups x layers x heads x rows x columns, and counts."""
    trace = model.forward(tokens, [Tap.attention()], interventions)
    tokens = trace.tokens
    attention = trace.attention.astype(np.float64)
    rows, columns = axes.rows.tolist(), axes.columns.tolist()
    sums = np.zeros((n_groups, model.n_layers, model.n_heads, len(rows), len(columns)))
    counts = np.zeros((n_groups, len(rows), len(columns)), np.int64)
    for cell in range(len(tokens)):
        held = {
            int(g): p
            for p, g in enumerate(tokens.gene_ids[cell])
            if tokens.valid[cell, p] and not model.vocabulary.is_special[g]
        }
        for i, source in enumerate(rows):
            for j, target in enumerate(columns):
                if source in held and target in held:
                    pair = attention[:, cell, :, held[source], held[target]]
                    sums[groups[cell], :, :, i, j] += pair
                    counts[groups[cell], i, j] += 1
    return sums, counts


def sink_of(
    model: TransformerModel, tokens: Tokens, axes: EdgeAxes, groups: Any, n: int, **options: Any
) -> EdgeAccumulator:
    options = {"layers": range(model.n_layers), "n_heads": model.n_heads} | options
    return EdgeAccumulator(tokens, axes, np.asarray(groups), n, **options)


@pytest.mark.parametrize("n_rows", [5, 30])  # few rows take the restricted path, many do not
@pytest.mark.parametrize("batch_size", [1, 2, 16])
def test_sums_and_counts_equal_those_of_kept_attention(
    model: TransformerModel, tokens: Tokens, n_rows: int, batch_size: int
) -> None:
    axes = axes_of(model, n_rows)
    groups = np.array([2, 0, 2, 2, 0])
    mean = sink_of(model, tokens, axes, groups, 3)
    heads = sink_of(model, tokens, axes, groups, 3, per_head=True)
    model.forward(
        tokens, [Tap.attention(reduce=mean), Tap.attention(reduce=heads)], batch_size=batch_size
    )
    mean.count_pairs()
    sums, counts = slow_sums(model, tokens, axes, groups, 3)
    assert (counts[0] > 0).any()
    assert not np.array_equal(counts[0], counts[2])  # cells hold different genes
    np.testing.assert_allclose(heads.sums, sums, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(mean.sums, sums.mean(2), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(mean.counts, counts)
    assert not mean.sums[1].any()


def test_padding_in_the_middle_adds_to_nothing(
    model: TransformerModel, tokens: Tokens, holed: Callable[[Tokens], Tokens]
) -> None:
    tokens = holed(tokens)
    axes = axes_of(model, 30)
    zeros = np.zeros(5, np.int64)
    sink = sink_of(model, tokens, axes, zeros, 1)
    model.forward(tokens, [Tap.attention(reduce=sink)])
    sink.count_pairs()
    sums, counts = slow_sums(model, tokens, axes, zeros, 1)
    np.testing.assert_allclose(sink.sums, sums.mean(2), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(sink.counts, counts)


def test_special_tokens_add_to_nothing_and_take_their_share(
    model: TransformerModel, tokens: Tokens
) -> None:
    """With all genes on both axes, a row of a cell sums to one less what special tokens get."""
    genes = np.array(sorted(model.vocabulary.ids.values()))
    axes = EdgeAxes(genes, genes, model.vocabulary.n_embeddings)
    one = tokens[:1]
    sink = sink_of(model, one, axes, [0], 1, per_head=True)
    trace = model.forward(one, [Tap.attention(reduce=sink), Tap.attention()])
    special = one.special
    assert special is not None
    to_special = trace.attention[:, 0][..., special[0]].sum(-1)[..., one.is_gene[0]].sum(-1)
    total = one.is_gene[0].sum() - to_special
    assert float(to_special.min()) > 0
    np.testing.assert_allclose(sink.sums.sum((0, 3, 4)), total, rtol=1e-5)


def test_some_rows_give_what_all_rows_give(model: TransformerModel, tokens: Tokens) -> None:
    every = axes_of(model, 40)
    few = EdgeAxes(every.rows[:4], every.columns, every.n_embeddings)
    zeros = np.zeros(len(tokens), np.int64)
    all_rows = sink_of(model, tokens, every, zeros, 1, per_head=True)
    few_rows = sink_of(model, tokens, few, zeros, 1, per_head=True)
    model.forward(tokens, [Tap.attention(reduce=all_rows)])
    model.forward(tokens, [Tap.attention(reduce=few_rows)])
    few_rows.begin_batch(0)
    few_rows.begin_cell(0, torch.arange(int(tokens.lengths[0])))
    assert few_rows.query_rows() is not None
    all_rows.begin_batch(0)
    all_rows.begin_cell(0, torch.arange(int(tokens.lengths[0])))
    assert all_rows.query_rows() is None
    np.testing.assert_allclose(few_rows.sums, all_rows.sums[..., :4, :], rtol=1e-5, atol=1e-5)


def test_tiles_smaller_than_the_rows_change_nothing(
    model: TransformerModel, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    axes, zeros = axes_of(model, 30), np.zeros(len(tokens), np.int64)
    whole = sink_of(model, tokens, axes, zeros, 1)
    model.forward(tokens, [Tap.attention(reduce=whole)])
    monkeypatch.setattr(attention_module, "TILE_BYTES", 1)
    tiled = sink_of(model, tokens, axes, zeros, 1)
    model.forward(tokens, [Tap.attention(reduce=tiled)])
    np.testing.assert_allclose(tiled.sums, whole.sums, rtol=1e-5, atol=1e-5)


def test_a_subset_of_layers_in_the_order_given(model: TransformerModel, tokens: Tokens) -> None:
    axes, zeros = axes_of(model, 6), np.zeros(len(tokens), np.int64)
    whole = sink_of(model, tokens, axes, zeros, 1)
    part = sink_of(model, tokens, axes, zeros, 1, layers=[2, 0])
    model.forward(tokens, [Tap.attention(reduce=whole), Tap.attention(reduce=part)])
    assert part.sums.shape[1] == 2
    np.testing.assert_array_equal(part.sums[:, 0], whole.sums[:, 2])
    np.testing.assert_array_equal(part.sums[:, 1], whole.sums[:, 0])


def test_memory_is_that_of_the_sums_whatever_the_cells(
    model: TransformerModel, cells_of: Callable[..., Any]
) -> None:
    sizes = []
    for n in (3, 30):
        tokens = model.tokenize(cells_of(model, n))
        sink = sink_of(model, tokens, axes_of(model, 6), np.zeros(n, int), 1, per_head=True)
        trace = model.forward(tokens, [Tap.attention(reduce=sink)])
        sink.count_pairs()
        assert repr(trace) == f"Trace({n} cells; no taps)"
        sizes.append((sink.sums.nbytes, sink.counts.nbytes))
    expected = 6 * 33 * 4
    assert sizes[0] == sizes[1] == (model.n_layers * model.n_heads * expected, expected)


def test_counting_twice_counts_once(model: TransformerModel, tokens: Tokens) -> None:
    sink = sink_of(model, tokens, axes_of(model, 6), np.zeros(5, int), 1)
    sink.count_pairs()
    once = sink.counts.copy()
    sink.count_pairs()
    np.testing.assert_array_equal(sink.counts, once)


@pytest.mark.parametrize("kind", ["drop", "swap", "set", "set absent"])
def test_edges_under_an_edit_are_those_of_the_edited_cells(
    model: TransformerModel, tokens: Tokens, kind: str
) -> None:
    """Genes move to other positions: sums must follow the tokens that the model saw."""
    names = model.vocabulary.names
    here = tokens.gene_ids[0][tokens.is_gene[0]]
    absent = sorted(set(model.vocabulary.ids.values()) - set(here.tolist()))[0]
    gene, other = names[here[0]], names[here[3]]
    edit = {
        "drop": Intervention.drop_gene(gene),
        "swap": Intervention.swap_gene(gene, other),
        "set": Intervention.set_gene(gene, 1.5),
        "set absent": Intervention.set_gene(names[absent], 20.0),
    }[kind]
    axes, zeros = axes_of(model, 40), np.zeros(5, np.int64)
    sink = sink_of(model, tokens, axes, zeros, 1, per_head=True)
    model.forward(tokens, [Tap.attention(reduce=sink)], [edit], batch_size=2)
    sink.count_pairs()
    sums, counts = slow_sums(model, tokens, axes, zeros, 1, [edit])
    np.testing.assert_allclose(sink.sums, sums, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(sink.counts, counts)


def test_other_cells_than_those_of_the_sums_are_refused(
    model: TransformerModel, tokens: Tokens
) -> None:
    sink = sink_of(model, tokens, axes_of(model, 6), np.zeros(5, int), 1)
    with pytest.raises(InputError, match=r"3 cells.*5"):
        model.forward(tokens[:3], [Tap.attention(reduce=sink)])


def test_axes_name_each_gene_once_and_lie_in_the_vocabulary() -> None:
    with pytest.raises(InputError, match="rows name a gene twice"):
        EdgeAxes(np.array([1, 1]), np.array([1]), 5)
    with pytest.raises(InputError, match="columns name a gene twice"):
        EdgeAxes(np.array([1]), np.array([2, 2]), 5)
    for wrong in (-1, 5):
        with pytest.raises(InputError, match="outside the vocabulary"):
            EdgeAxes(np.array([1]), np.array([wrong]), 5)
    axes = EdgeAxes(np.array([3, 0]), np.array([4]), 5)
    assert axes.row_of().tolist() == [1, -1, -1, 0, -1]
    assert axes.column_of().tolist() == [-1, -1, -1, -1, 0]


@pytest.mark.parametrize(
    ("groups", "message"),
    [([0, 0], "2 groups for 5 cells"), ([0, 0, 0, 0, 2], "group"), ([0, 0, 0, 0, -1], "group")],
)
def test_groups_fit_the_cells(
    model: TransformerModel, tokens: Tokens, groups: list[int], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        sink_of(model, tokens, axes_of(model, 6), groups, 2)


@pytest.mark.parametrize("per_head", [False, True])
def test_a_wrong_number_of_heads_is_refused(
    model: TransformerModel, tokens: Tokens, per_head: bool
) -> None:
    """The compiled sums know no bounds: they would write beside the array."""
    sink = sink_of(
        model, tokens, axes_of(model, 6), np.zeros(5, int), 1, n_heads=2, per_head=per_head
    )
    with pytest.raises(InputError, match="4 heads"):
        model.forward(tokens, [Tap.attention(reduce=sink)])


def test_layers_that_the_model_lacks_are_refused(model: TransformerModel, tokens: Tokens) -> None:
    sink = sink_of(model, tokens, axes_of(model, 6), np.zeros(5, int), 1, layers=[0, 3])
    with pytest.raises(InputError, match=r"layers \[3\]"):
        model.forward(tokens, [Tap.attention(reduce=sink)])
