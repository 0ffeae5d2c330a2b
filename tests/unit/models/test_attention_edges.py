from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.models import Tap, Tokens, TransformerModel
from cellglass.models.attention_edges import AttentionEdges, attention_edges, edge_axes

BLOCKS = np.array([1, 0, 1, 1, 0])


def slow(
    model: TransformerModel, tokens: Tokens, sources: tuple[str, ...], targets: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean attention, layers x heads x rows x columns, and counts; pair by pair."""
    attention = model.forward(tokens, [Tap.attention()]).attention
    sums = np.zeros((3, 4, len(sources), len(targets)))
    counts = np.zeros((len(sources), len(targets)), int)
    for cell in range(len(tokens)):
        at = {str(model.vocabulary.labels[g]): p for p, g in enumerate(tokens.gene_ids[cell])
              if tokens.is_gene[cell, p]}  # fmt: skip
        for i, source in enumerate(sources):
            for j, target in enumerate(targets):
                if source in at and target in at:
                    sums[:, :, i, j] += attention[:, cell, :, at[source], at[target]]
                    counts[i, j] += 1
    with np.errstate(invalid="ignore"):
        return sums / counts, counts


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-7)


@pytest.fixture
def edges(model: TransformerModel, tokens: Tokens) -> AttentionEdges:
    names = [str(n) for n in model.vocabulary.labels if n and not n.startswith("<")]
    return attention_edges(
        model, tokens, sources=names[3:9], targets=names[:20], blocks=BLOCKS, min_count=2
    )


def test_layers_heads_and_maxima_are_means_over_the_cells_that_hold_both(
    model: TransformerModel, tokens: Tokens, edges: AttentionEdges
) -> None:
    mean, counts = slow(model, tokens, edges.sources, edges.targets)
    assert (counts == 0).any()
    np.testing.assert_array_equal(edges.total_counts, counts)
    for layer in range(3):
        by_layer = edges.layer(layer)
        close(by_layer.scores, mean[layer].mean(0))
        close(edges.layer(layer, "max").scores, mean[layer].max(0))
        for head in range(4):
            close(edges.head(layer, head).scores, mean[layer, head])
        np.testing.assert_array_equal(by_layer.counts, counts)
        assert np.isnan(by_layer.scores[counts == 0]).all()


def test_pairs_are_evaluable_with_enough_cells_and_two_genes(edges: AttentionEdges) -> None:
    expected = edges.total_counts >= 2
    for i, source in enumerate(edges.sources):
        expected[i, edges.targets.index(source)] = False
    np.testing.assert_array_equal(edges.evaluable, expected)
    assert not expected.all()


def test_replicate_blocks_are_kept_apart(
    model: TransformerModel, tokens: Tokens, edges: AttentionEdges
) -> None:
    table = edges.layer(1)
    assert table.blocks is not None
    for block in (0, 1):
        part = tokens[np.flatnonzero(block == BLOCKS)]
        mean, counts = slow(model, part, edges.sources, edges.targets)
        np.testing.assert_array_equal(table.blocks.counts[block], counts)
        close(table.blocks.scores([block]), mean[1].mean(0))
    head = edges.head(1, 2)
    assert head.blocks is not None
    close(
        head.blocks.sums.sum(0) / np.maximum(edges.total_counts, 1), np.nan_to_num(head.scores),
    )  # fmt: skip


def test_direction_and_origin_are_told(edges: AttentionEdges, model: TransformerModel) -> None:
    provenance = edges.head(1, 2).provenance
    assert provenance["direction"] == "query to key"
    assert (provenance["layer"], provenance["head"]) == ("1", "2")
    assert provenance["model"] == model.name
    assert edges.layer(0, "max").provenance["head"] == "max"


def test_candidates_are_all_layers_maxima_and_heads(edges: AttentionEdges) -> None:
    found = edges.candidates()
    expected = {f"layer {n}" for n in range(3)} | {f"layer {n} max" for n in range(3)}
    expected |= {f"layer {n} head {h}" for n in range(3) for h in range(4)}
    assert set(found) == expected
    np.testing.assert_array_equal(found["layer 2 head 3"], edges.head(2, 3).scores)
    np.testing.assert_array_equal(found["layer 1 max"], edges.layer(1, "max").scores)
    assert set(edges.candidates(heads=False)) == {f"layer {n}" for n in range(3)}


def test_without_heads_only_layers(model: TransformerModel, tokens: Tokens) -> None:
    edges = attention_edges(model, tokens, heads=False)
    assert edges.n_heads == 0
    assert set(edges.candidates()) == {
        *(f"layer {n}" for n in range(3)),
        *(f"layer {n} {view}" for n in range(3) for view in ("transposed", "symmetric")),
    }
    for call in (lambda: edges.head(0, 0), lambda: edges.layer(0, "max")):
        with pytest.raises(InputError, match="heads=True"):
            call()


def test_all_genes_as_rows_have_both_directions_and_their_mean_as_views(
    model: TransformerModel, tokens: Tokens
) -> None:
    edges = attention_edges(model, tokens)
    found = edges.candidates()
    for layer in range(3):
        table = edges.layer(layer)
        np.testing.assert_array_equal(found[f"layer {layer} transposed"], table.transpose().scores)
        np.testing.assert_array_equal(found[f"layer {layer} symmetric"], table.symmetric().scores)
        named = edges.candidate(f"layer {layer} symmetric")
        np.testing.assert_array_equal(named.scores, named.scores.T)
    assert not np.allclose(found["layer 1"], found["layer 1 transposed"], equal_nan=True)


def test_a_candidate_by_its_name_is_the_table_behind_it(
    model: TransformerModel, tokens: Tokens
) -> None:
    edges = attention_edges(model, tokens, blocks=BLOCKS)
    for name, scores in edges.candidates().items():
        np.testing.assert_array_equal(edges.candidate(name).scores, scores)
    for wrong in ("layer 9", "layer 0 head 7", "layer 0 upside down", "first"):
        with pytest.raises(InputError, match=r"layer|head|no score"):
            edges.candidate(wrong)


def test_the_study_reads_every_candidate_from_blocks(
    model: TransformerModel, tokens: Tokens
) -> None:
    """All blocks together give the candidate itself: no name is read as another one."""
    from cellglass.regulation.coexpression_analysis import _block_scores

    edges = attention_edges(model, tokens, blocks=BLOCKS)
    for name, scores in edges.candidates().items():
        close(_block_scores(edges, name, np.array([0, 1])), scores)


def test_genes_that_any_cell_holds_are_rows_and_columns_by_default(
    model: TransformerModel, tokens: Tokens
) -> None:
    edges = attention_edges(model, tokens)
    held = {str(model.vocabulary.labels[g]) for g in tokens.gene_ids[tokens.is_gene]}
    assert set(edges.sources) == set(edges.targets) == held
    mean, counts = slow(model, tokens, edges.sources, edges.targets)
    close(edges.layer(2).scores, mean[2].mean(0))
    np.testing.assert_array_equal(edges.total_counts, counts)


def test_cells_are_tokenised_with_the_seed(
    model: TransformerModel, cells_of: Callable[..., Any]
) -> None:
    cells = cells_of(model, 4)
    by_cells = attention_edges(model, cells, seed=5, batch_size=1)
    by_tokens = attention_edges(model, model.tokenize(cells, seed=5))
    close(by_cells.sums, by_tokens.sums)


def test_unknown_genes_layers_and_heads_are_told(
    model: TransformerModel, tokens: Tokens, edges: AttentionEdges
) -> None:
    with pytest.raises(InputError, match="'NO_GENE' is not in"):
        edge_axes(model, ["NO_GENE"], [])
    with pytest.raises(InputError, match=r"layer 3"):
        edges.layer(3)
    with pytest.raises(InputError, match=r"head 4"):
        edges.head(0, 4)


def by_hand() -> AttentionEdges:
    """Five groups of two strata and one without, one layer, 1 x 2 pairs."""
    sums = np.array([[1, 2], [3, 0], [10, 20], [30, 0], [7, 7]], float).reshape(5, 1, 1, 2)
    counts = np.array([[1, 1], [2, 0], [10, 10], [10, 0], [7, 7]]).reshape(5, 1, 2)
    return AttentionEdges(
        ("A",), ("B", "C"), sums, counts, (0,),
        group_block=np.array([0, 1, 0, 1, 0]), group_stratum=np.array([0, 0, 1, 1, -1]),
        blocks=("x", "y"), strata=("T", "B"),
    )  # fmt: skip


def test_strata_are_sums_of_their_groups() -> None:
    scores, behind = by_hand().by_stratum(0)
    close(scores, [[[4 / 3, 2]], [[2, 2]]])
    assert behind.tolist() == [3, 20]
    # groups without a stratum count for the whole, not for a stratum
    close(by_hand().layer(0).scores, [[51 / 30, 29 / 18]])


def test_shuffled_strata_move_whole_groups() -> None:
    scores, behind = by_hand().by_stratum(0, np.array([1, 0, 1, 0, -1]))
    close(scores, [[[33 / 12, np.nan]], [[1, 2]]])
    assert behind.tolist() == [12, 11]


def test_sums_by_block_are_those_of_their_groups():
    """Group by group, in order, whatever file the sums are mapped from."""
    rng = np.random.default_rng(0)
    block = np.array([1, 0, 1, 2, 0])
    sums, counts = rng.normal(size=(5, 2, 3, 4)), rng.integers(1, 9, (5, 3, 4))
    edges = AttentionEdges(
        ("A", "B", "C"), ("A", "B", "C", "D"), sums, counts, (0, 1), None, block,
        np.full(5, -1), ("x", "y", "z"),
    )  # fmt: skip
    table = edges.layer(1)
    want = np.zeros((3, 3, 4))
    np.add.at(want, block, sums[:, 1])
    np.testing.assert_array_equal(table.blocks.sums, want)
    np.testing.assert_array_equal(table.counts, counts.sum(0))
    np.testing.assert_array_equal(edges.total_counts, counts.sum(0))
    np.testing.assert_allclose(table.scores, sums[:, 1].sum(0) / counts.sum(0))
