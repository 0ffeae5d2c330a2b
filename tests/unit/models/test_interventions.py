from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.errors import InputError
from cellglass.models import Intervention, Site, Tap, Tokens, Trace, TransformerModel

STATES = [Tap.residual(), Tap.head_output(), Tap.mlp_output(), Tap.cell_embedding()]


def run(model: TransformerModel, tokens: Tokens, *changes: Intervention, **options: Any) -> Trace:
    return model.forward(tokens, STATES, changes, **options)


def same(found: Any, expected: Any, valid: Any, *, atol: float = 2e-5) -> None:
    """Residual states agree at tokens; layers x cells x positions x width."""
    np.testing.assert_allclose(found[:, valid], expected[:, valid], atol=atol, rtol=1e-4)


def heads_of(trace: Trace, layer: int) -> Any:
    """Head outputs at tokens: tokens x heads x head width."""
    return trace.head_output[layer].transpose(0, 2, 1, 3)[trace.tokens.valid]


@pytest.mark.parametrize("heads", [[0], [1, 3], [0, 1, 2, 3]])
def test_zeroing_heads_is_zeroing_columns_of_the_output_projection(
    model: TransformerModel, tokens: Tokens, heads: list[int]
) -> None:
    found = run(model, tokens, Intervention.head_zero(1, heads))
    clean = run(model, tokens)
    weight = model.network.encoder.blocks[1].attention_out.weight
    with torch.no_grad():
        for head in heads:
            weight[:, 4 * head : 4 * head + 4] = 0
    expected = run(model, tokens)
    same(found.residual, expected.residual, tokens.valid)
    np.testing.assert_allclose(found.cell_embedding, expected.cell_embedding, atol=2e-5)
    assert np.abs(found.residual[1] - clean.residual[1])[tokens.valid].max() > 0.01
    np.testing.assert_array_equal(found.residual[0], clean.residual[0])
    assert not heads_of(found, 1)[:, heads].any()


@pytest.mark.parametrize("batch_size", [2, 16])
def test_mean_heads_are_means_over_the_tokens_of_the_reference(
    model: TransformerModel, tokens: Tokens, cells_of: Callable[..., Any], batch_size: int
) -> None:
    reference = model.forward(model.tokenize(cells_of(model, 3, seed=9)), [Tap.head_output([2, 1])])
    valid = reference.tokens.valid
    means = reference.head_output[1][:, [0, 2]].transpose(0, 2, 1, 3)[valid].mean(0)
    assert reference.layers["head_output"] == (2, 1)  # slot 1 is layer 1
    by_trace = run(
        model, tokens, Intervention.head_mean(1, [0, 2], reference), batch_size=batch_size
    )
    by_values = run(model, tokens, Intervention.head_mean(1, [0, 2], means))
    same(by_trace.residual, by_values.residual, tokens.valid)
    found, clean = heads_of(by_trace, 1), heads_of(run(model, tokens), 1)
    np.testing.assert_allclose(
        found[:, [0, 2]], np.broadcast_to(means, found[:, [0, 2]].shape), atol=1e-5
    )
    np.testing.assert_allclose(found[:, [1, 3]], clean[:, [1, 3]], atol=1e-5)


@pytest.mark.parametrize("watched", [False, True])
def test_uniform_heads_are_means_of_the_values(
    model: TransformerModel, tokens: Tokens, holed: Callable[[Tokens], Tokens], watched: bool
) -> None:
    tokens = holed(tokens)
    taps = [*STATES, Tap.attention()] if watched else STATES
    trace = model.forward(tokens, taps, [Intervention.head_uniform(1, [2])])
    qkv = model.network.encoder.blocks[1].qkv
    with torch.no_grad():
        values = qkv(torch.as_tensor(trace.residual[0]))[..., 32:].numpy()[..., 8:12]
    for cell in range(5):
        at = tokens.valid[cell]
        expected = np.broadcast_to(values[cell, at].mean(0), (int(at.sum()), 4))
        np.testing.assert_allclose(trace.head_output[1, cell, 2, at], expected, atol=1e-5)
        if watched:
            rows = trace.attention[1, cell][:, at][:, :, at]
            np.testing.assert_allclose(rows[2], 1 / at.sum(), rtol=1e-5)
            assert rows[1].max() > 2 / at.sum()
    clean = model.forward(tokens, STATES)
    np.testing.assert_allclose(
        heads_of(trace, 1)[:, [0, 1, 3]], heads_of(clean, 1)[:, [0, 1, 3]], atol=1e-5
    )


def test_no_head_uniform_is_no_change(model: TransformerModel, tokens: Tokens) -> None:
    found, clean = run(model, tokens, Intervention.head_uniform(1, [])), run(model, tokens)
    np.testing.assert_array_equal(found.residual, clean.residual)


def test_resampled_heads_come_from_the_reference_token_by_token(
    model: TransformerModel, tokens: Tokens, cells_of: Callable[..., Any]
) -> None:
    reference = model.forward(model.tokenize(cells_of(model, 3, seed=9)), [Tap.head_output()])
    bank = heads_of(reference, 1)[:, [3, 1]]
    change = Intervention.head_resample(1, [3, 1], reference, seed=7)
    one = run(model, tokens, change, batch_size=1)
    found = heads_of(one, 1)[:, [3, 1]]
    # heads of a token are drawn together, from some token of the reference
    distance = np.abs(found[:, None] - bank[None]).max((2, 3))
    np.testing.assert_allclose(distance.min(1), 0, atol=1e-6)
    assert len(np.unique(distance.argmin(1))) > 10
    for batch_size in (2, 16):
        same(run(model, tokens, change, batch_size=batch_size).residual, one.residual, tokens.valid)
    again = run(model, tokens, Intervention.head_resample(1, [3, 1], reference, seed=7))
    other = run(model, tokens, Intervention.head_resample(1, [3, 1], reference, seed=8))
    same(again.residual, one.residual, tokens.valid)
    assert np.abs(other.residual[1] - one.residual[1])[tokens.valid].max() > 0.01


def test_a_reference_without_the_layer_is_named(model: TransformerModel, tokens: Tokens) -> None:
    reference = model.forward(tokens, [Tap.head_output([0])])
    for make in (Intervention.head_mean, Intervention.head_resample):
        with pytest.raises(InputError, match=r"layers \[0\], not of 1"):
            make(1, [0], reference)
    with pytest.raises(InputError, match=r"Tap\.head_output"):
        Intervention.head_mean(1, [0], model.forward(tokens, [Tap.residual()]))


def test_zeroing_a_feed_forward_block_is_zeroing_its_output_weights(
    model: TransformerModel, tokens: Tokens
) -> None:
    found = run(model, tokens, Intervention.mlp_zero(1))
    clean = run(model, tokens)
    assert not found.mlp_output[1].any()
    assert np.abs(found.residual[1] - clean.residual[1])[tokens.valid].max() > 0.01
    block = model.network.encoder.blocks[1].mlp_out
    with torch.no_grad():
        block.weight.zero_()
        block.bias.zero_()
    same(found.residual, run(model, tokens).residual, tokens.valid)


SITES = [Site.embedding(), Site.residual(1), Site.mlp_output(1), Site.attention_output(1)]


@pytest.mark.parametrize("site", SITES, ids=lambda s: s.kind)
def test_adding_a_direction_is_adding_it(
    model: TransformerModel, tokens: Tokens, site: Site
) -> None:
    direction = np.linspace(-1, 1, 16)
    found = run(model, tokens, Intervention.add_direction(site, direction, scale=0.5))
    shift = torch.as_tensor(0.5 * direction, dtype=torch.float32)
    expected = run(model, tokens, Intervention.map(site, lambda x: x + shift))
    same(found.residual, expected.residual, tokens.valid)
    block, clean = model.network.encoder.blocks[1], run(model, tokens)
    if site.kind == "residual":
        np.testing.assert_allclose(
            found.residual[1], clean.residual[1] + 0.5 * direction, atol=1e-5
        )
    elif site.kind != "embedding":  # the same as a larger bias
        bias = (block.mlp_out if site.kind == "mlp_output" else block.attention_out).bias
        with torch.no_grad():
            bias += shift
        same(found.residual, run(model, tokens).residual, tokens.valid)
    else:
        np.testing.assert_allclose(found.embedding, clean.embedding + 0.5 * direction, atol=1e-5)


@pytest.mark.parametrize("site", SITES, ids=lambda s: s.kind)
def test_projecting_out_leaves_no_component_and_all_else(
    model: TransformerModel, tokens: Tokens, site: Site
) -> None:
    direction = 7.0 * np.linspace(-1, 2, 16)
    unit = direction / np.linalg.norm(direction)
    held: dict[str, Any] = {}

    def keep(name: str) -> Intervention:
        def look(state: torch.Tensor) -> torch.Tensor:
            held[name] = state.numpy().copy()
            return state

        return Intervention.map(site, look)

    run(model, tokens, keep("before"), Intervention.project_out(site, direction), keep("after"))
    assert np.abs(held["before"] @ unit).max() > 0.1
    np.testing.assert_allclose(held["after"] @ unit, 0, atol=1e-5)
    component = (held["before"] @ unit)[..., None] * unit
    np.testing.assert_allclose(held["after"], held["before"] - component, atol=1e-5)


def test_the_zero_direction_cannot_be_projected_out() -> None:
    with pytest.raises(InputError, match="zero"):
        Intervention.project_out(Site.residual(0), np.zeros(16))


@pytest.mark.parametrize("batch_size", [1, 2, 16])
@pytest.mark.parametrize("layer", [0, 1])
def test_patching_own_values_changes_nothing_and_undoes_what_came_before(
    model: TransformerModel, tokens: Tokens, layer: int, batch_size: int
) -> None:
    clean = run(model, tokens)
    for site, values in (
        (Site.residual(layer), clean.residual[layer]),
        (Site.embedding(), clean.embedding),
        (Site.mlp_output(layer), clean.mlp_output[layer]),
        (Site.head_output(layer), clean.head_output[layer]),
        (Site.head_output(layer, [2, 0]), clean.head_output[layer][:, [2, 0]]),
    ):
        found = run(model, tokens, Intervention.patch(site, values), batch_size=batch_size)
        same(found.residual, clean.residual, tokens.valid)
    restored = run(
        model, tokens, Intervention.mlp_zero(0),
        Intervention.patch(Site.residual(layer), clean.tensor("residual")[layer]),
    )  # fmt: skip
    same(restored.residual[layer:], clean.residual[layer:], tokens.valid)


def test_patching_another_runs_state_makes_it_that_run(
    model: TransformerModel, tokens: Tokens
) -> None:
    other = run(model, tokens, Intervention.head_zero(0, [0, 1]))
    clean = run(model, tokens)
    patch = Intervention.patch(Site.residual(1), other.residual[1])
    found = run(model, tokens, patch)
    same(found.residual[1:], other.residual[1:], tokens.valid)
    assert np.abs(found.residual[2] - clean.residual[2])[tokens.valid].max() > 0.01


def test_patching_some_positions_leaves_the_others(model: TransformerModel, tokens: Tokens) -> None:
    clean = run(model, tokens)
    values = np.zeros_like(clean.residual[1])
    change = Intervention.patch(Site.residual(1), values, positions=[0, 4])
    found = run(model, tokens, change, batch_size=2).residual[1]
    assert not found[:, [0, 4]].any()
    rest = tokens.valid.copy()
    rest[:, [0, 4]] = False
    np.testing.assert_allclose(found[rest], clean.residual[1][rest], atol=1e-5)


@pytest.mark.parametrize("shape", [(5, 3, 16), (5, 40, 15), (4, 40, 16), (8, 40, 16)])
def test_values_of_another_shape_are_refused(
    model: TransformerModel, tokens: Tokens, shape: tuple[int, ...]
) -> None:
    with pytest.raises(InputError, match="cannot be patched"):
        run(model, tokens, Intervention.patch(Site.residual(1), np.zeros(shape)))


def test_map_gives_the_state_as_documented(model: TransformerModel, tokens: Tokens) -> None:
    shapes = []

    def note(state: torch.Tensor) -> torch.Tensor:
        shapes.append(tuple(state.shape))
        return state

    for site in (Site.residual(0), Site.head_output(0), Site.head_output(0, [1])):
        run(model, tokens, Intervention.map(site, note))
    p = int(tokens.lengths.max())
    assert shapes == [(5, p, 16), (5, 4, p, 4), (5, 1, p, 4)]


def held(tokens: Tokens, cell: int) -> dict[int, float]:
    """Genes of a cell with their values."""
    assert tokens.values is not None
    at = np.flatnonzero(tokens.is_gene[cell])
    found = {int(tokens.gene_ids[cell, p]): float(tokens.values[cell, p]) for p in at}
    assert len(found) == len(at)
    return found


def pick(model: TransformerModel, tokens: Tokens) -> tuple[int, int]:
    """A gene that some cells hold and some do not, and another one."""
    share = np.bincount(tokens.gene_ids[tokens.is_gene], minlength=model.vocabulary.n_embeddings)
    some = np.flatnonzero((share > 1) & (share < 5))
    return int(some[0]), int(some[-1])


def test_dropping_a_gene_is_tokenising_without_it(
    model: TransformerModel, tokens: Tokens, cells_of: Callable[..., Any]
) -> None:
    gene, _ = pick(model, tokens)
    name = model.vocabulary.names[gene]
    edited = model.forward(tokens, [Tap.cell_embedding()], [Intervention.drop_gene(name)])
    cells = cells_of(model, 5, seed=3)
    if model.family == "geneformer":
        cells.obs["n_counts"] = np.asarray(cells.X.sum(1)).ravel()  # of the whole cell
        cells = cells[:, cells.var_names != name].copy()
        tokenised = model.tokenize(cells)
        np.testing.assert_array_equal(edited.tokens.gene_ids, tokenised.gene_ids)
        np.testing.assert_array_equal(edited.tokens.valid, tokenised.valid)
    for cell in range(5):
        expected = {g: v for g, v in held(tokens, cell).items() if g != gene}
        assert held(edited.tokens, cell) == expected
    # scGPT bins the genes of a cell together: the other genes keep the bins they had
    without = [tokens.valid[i] & (tokens.gene_ids[i] != gene) for i in range(5)]
    for cell, keep in enumerate(without):
        alone = Tokens(
            tokens.gene_ids[[cell]][:, keep], np.ones((1, keep.sum()), bool),
            tokens.values[[cell]][:, keep],  # type: ignore[index]
        )  # fmt: skip
        expected = model.forward(alone, [Tap.cell_embedding()]).cell_embedding[0]
        np.testing.assert_allclose(edited.cell_embedding[cell], expected, atol=1e-5)
    clean = model.forward(tokens, [Tap.cell_embedding()]).cell_embedding
    has = (tokens.gene_ids == gene) & tokens.valid
    changed = np.abs(edited.cell_embedding - clean).max(1) > 1e-4
    assert changed.tolist() == has.any(1).tolist()


def test_swapping_exchanges_values_or_ranks(model: TransformerModel, tokens: Tokens) -> None:
    gene, other = pick(model, tokens)
    names = model.vocabulary.names
    edited = model.forward(tokens, [], [Intervention.swap_gene(names[gene], names[other])]).tokens
    assert edited.lengths.tolist() == tokens.lengths.tolist()
    swapped = {gene: other, other: gene}
    for cell in range(5):
        expected = {swapped.get(g, g): v for g, v in held(tokens, cell).items()}
        assert held(edited, cell) == expected
        before = tokens.gene_ids[cell, tokens.is_gene[cell]]
        after = edited.gene_ids[cell, edited.is_gene[cell]]
        assert after.tolist() == [swapped.get(g, g) for g in before.tolist()]


@pytest.mark.parametrize("value", [1.0, 7.5, 5000.0])
def test_setting_a_gene_gives_every_cell_its_value(
    model: TransformerModel, tokens: Tokens, value: float
) -> None:
    gene, _ = pick(model, tokens)
    change = Intervention.set_gene(model.vocabulary.names[gene], value)
    edited = model.forward(tokens, [], [change]).tokens
    for cell in range(5):
        expected = held(tokens, cell) | {gene: value}
        found = held(edited, cell)
        if model.family == "geneformer":
            values = list(found.values())
            assert values == sorted(values, reverse=True)  # it stands where its value ranks it
            if len(expected) > 30:  # no room: the lowest rank fell off
                expected.pop(min(expected, key=lambda g: expected[g]))
        assert found == expected
    assert (edited.special.sum(1) == tokens.special.sum(1)).all()  # type: ignore[union-attr]


def test_setting_a_gene_to_zero_drops_it(model: TransformerModel, tokens: Tokens) -> None:
    name = model.vocabulary.names[pick(model, tokens)[0]]
    zero = model.forward(tokens, [], [Intervention.set_gene(name, 0)]).tokens
    dropped = model.forward(tokens, [], [Intervention.drop_gene(name)]).tokens
    for cell in range(5):
        assert held(zero, cell) == held(dropped, cell)


def test_edits_follow_one_another(model: TransformerModel, tokens: Tokens) -> None:
    gene, other = (model.vocabulary.names[g] for g in pick(model, tokens))
    there_and_back = [Intervention.swap_gene(gene, other), Intervention.swap_gene(other, gene)]
    same(run(model, tokens, *there_and_back).residual, run(model, tokens).residual, tokens.valid)
    gone = [Intervention.set_gene(gene, 3), Intervention.drop_gene(gene)]
    found = model.forward(tokens, [], gone).tokens
    for cell in range(5):
        assert model.vocabulary.gene_id(gene) not in held(found, cell)


def test_unknown_genes_are_named_with_the_nearest(model: TransformerModel, tokens: Tokens) -> None:
    name = model.vocabulary.names[model.vocabulary.n_embeddings // 2]
    wrong = str(name)[:-1] + "x"
    for change in (
        Intervention.drop_gene(wrong), Intervention.set_gene(wrong, 1),
        Intervention.swap_gene(str(name), wrong),
    ):  # fmt: skip
        with pytest.raises(InputError, match=f"(?s)'{wrong}'.*did you mean"):
            run(model, tokens, change)


def test_embed_perturbed_is_the_embedding_under_the_edit(
    model: TransformerModel, cells_of: Callable[..., Any], tokens: Tokens
) -> None:
    cells = cells_of(model, 5, seed=3)
    edit = [Intervention.drop_gene(model.vocabulary.names[pick(model, tokens)[0]])]
    expected = model.forward(tokens, [Tap.cell_embedding()], edit).cell_embedding
    np.testing.assert_allclose(model.embed_perturbed(cells, edit), expected, atol=1e-6)


def test_descriptions_say_what_and_where() -> None:
    assert Intervention.head_zero(3, [0, 2]).description == "zero heads 0, 2 of layer 3"
    assert "layer 1" in Intervention.mlp_zero(1).description
    assert Intervention.set_gene("LYZ", 2).description == "set LYZ to 2"
    assert Intervention.swap_gene("A", "B").description == "swap A and B"
