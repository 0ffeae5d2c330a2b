from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor

from cellglass.errors import InputError
from cellglass.models import TransformerModel
from cellglass.models.swap_space import Edit
from cellglass.models.token_space import TokenSpace

WAY = torch.randn(16, 3, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def read(h: Tensor) -> Tensor:
    return torch.tanh(0.1 * h @ WAY.to(h))


@pytest.fixture
def space(model: TransformerModel, cells_of: Callable[..., Any]) -> TokenSpace:
    found = model.swap_space(cells_of(model, 6, seed=3))
    assert isinstance(found, TokenSpace)
    return found


def test_what_a_space_says_of_itself(space: TokenSpace, model: TransformerModel) -> None:
    assert space.values.shape == (6, len(space.genes))
    assert set(space.genes) <= set(model.genes)
    assert "UNHEARD_OF" not in space.genes
    assert space.cell_names == tuple(f"cell{i}" for i in range(6))
    assert (space.width, space.exact_full_swap) == (16, True)
    for cell in range(6):
        np.testing.assert_array_equal(space.row(cell), space.values[cell].toarray()[0])


def test_edits_keep_their_order_whatever_the_company(space: TokenSpace) -> None:
    edits = [space.swap(p, q, [g]) for p, q in ((0, 1), (4, 2), (0, 3))
             for g in space.differing(p, q)[::3]]  # fmt: skip
    every = space.embed_edits(edits)
    assert space.n_passes == len(edits)
    alone = np.concatenate([space.embed_edits([e]) for e in edits])
    np.testing.assert_allclose(alone, every, atol=2e-6)
    shuffled = np.random.default_rng(0).permutation(len(edits))
    found = space.embed_edits([edits[i] for i in shuffled])
    np.testing.assert_allclose(found, every[shuffled], atol=2e-6)
    assert space.n_passes == 3 * len(edits)
    assert space.embed_edits([]).shape == (0, 16)


def test_genes_that_are_equal_change_nothing(space: TokenSpace) -> None:
    same = np.setdiff1d(np.arange(len(space.genes)), space.differing(0, 1))
    assert same.size
    found = space.embed_edits([space.swap(0, 1, same), space.swap(0, 0, [0, 3])])
    np.testing.assert_allclose(found, space.embed([0, 0]), atol=1e-6)


def test_order_of_the_genes_of_an_edit_means_nothing(space: TokenSpace) -> None:
    genes = space.differing(0, 1)
    found = space.embed_edits([space.swap(0, 1, genes[::-1])])
    np.testing.assert_allclose(found, space.embed_edits([space.full_swap(0, 1)]), atol=1e-6)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_full_swap_is_the_other_cell(
    model: TransformerModel, cells_of: Callable[..., Any], layer: int, pooling: Any
) -> None:
    cells = cells_of(model, 4, seed=1)
    space = model.swap_space(cells, layer=layer, pooling=pooling, normalise=True)
    own = space.embed()
    assert np.abs(own[0] - own[1]).max() > 0.01
    for p, q in ((0, 1), (1, 0), (2, 3)):
        found = space.embed_edits([space.full_swap(p, q)])[0]
        np.testing.assert_allclose(found, own[q], atol=1e-6)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("longest", [None, 12])
def test_ends_of_the_relaxed_path_are_the_cells(
    model: TransformerModel, cells_of: Callable[..., Any], pooling: Any, longest: int | None
) -> None:
    space = shortened(model, cells_of, longest, pooling=pooling)
    relaxation, columns = space.relaxation(0, 1, start_only=False)
    assert set(space.differing(0, 1)) <= set(columns)
    own = space.embed([0, 1])
    with torch.no_grad():
        for share, expected in ((1.0, own[0]), (0.0, own[1])):
            shares = torch.full((1, relaxation.n_genes), share, dtype=torch.float64)
            found = relaxation.embed(shares, at_start=False)[0]
            np.testing.assert_allclose(found, expected, atol=5e-5)


@pytest.mark.parametrize("longest", [None, 12])
def test_slopes_between_the_cells_are_those_of_finite_differences(
    model: TransformerModel, cells_of: Callable[..., Any], longest: int | None
) -> None:
    relaxation, columns = shortened(model, cells_of, longest).relaxation(0, 1, start_only=False)
    shares = torch.as_tensor(np.random.default_rng(2).uniform(0.2, 0.8, (1, len(columns))))
    shares.requires_grad_()
    (found,) = torch.autograd.grad(read(relaxation.embed(shares, at_start=False))[0, 0], shares)
    step = 1e-6
    with torch.no_grad():
        for gene in range(len(columns)):
            near = shares.repeat(2, 1)
            near[:, gene] += torch.tensor([step, -step])
            ends = read(relaxation.embed(near, at_start=False))[:, 0]
            expected = float(ends[0] - ends[1]) / (2 * step)
            assert float(found[0, gene]) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_many_steps_sum_to_the_fall_of_the_read_out(
    model: TransformerModel, cells_of: Callable[..., Any]
) -> None:
    """To a few per cent; lines between position embeddings have kinks, so that there are more."""
    space = shortened(model, cells_of, None)
    own = read(torch.as_tensor(space.embed([0, 1])).double())
    steps = 64 if model.family == "scgpt" else 512
    found = space.path_gradients(0, 1, read, steps=steps)
    fall = own[0] - own[1]
    np.testing.assert_allclose(found.sum(1), fall, atol=0.03 * float(fall.abs().max()))
    assert found.shape == (3, len(space.genes))
    same = np.setdiff1d(np.arange(len(space.genes)), space.differing(0, 1))
    assert not found[:, same].any()


@pytest.mark.parametrize(
    ("name", "options"),
    [("mini-scgpt", {}), ("mini-scgpt", {"bins": "recompute"}), ("mini-geneformer", {})],
)
def test_the_screen_at_the_start_ranks_single_swaps(name: str, options: Any) -> None:
    """What `concepts` relies on, at the size of real cells."""
    import cellglass as cg

    space: Any = cg.load_model(name).swap_space(cg.data.pbmc68k_reduced()[:2], **options)
    way = torch.randn(128, 4, generator=torch.Generator().manual_seed(0))
    genes = space.differing(0, 1)
    swapped = space.embed_edits([space.swap(0, 1, [g]) for g in genes])
    exact = (space.embed([0]) - swapped) @ way.numpy()
    before = space.n_passes
    screen = space.path_gradients(0, 1, lambda h: h @ way, start_only=True)
    assert space.n_passes - before <= 2
    ranks = [spearmanr(s, e).statistic for s, e in zip(screen[:, genes], exact.T, strict=True)]
    assert np.mean(ranks) > 0.9
    other = space.path_gradients(1, 0, lambda h: h @ way, start_only=True)
    assert not np.allclose(screen, -other)


def test_gradients_do_not_depend_on_how_many_points_are_held(
    space: TokenSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = space.path_gradients(0, 1, read, steps=5)
    monkeypatch.setattr("cellglass.models.token_space.GRAPH_BYTES", 1)
    np.testing.assert_allclose(space.path_gradients(0, 1, read, steps=5), every, atol=1e-5)


def test_cells_and_values_that_cannot_be_are_refused(space: TokenSpace) -> None:
    for cell in (-1, 6):
        with pytest.raises(InputError, match=rf"(?s)cell {cell}.*0 to 5"):
            space.embed([cell])
    for value in (-1.0, np.nan):
        with pytest.raises(InputError, match="negative value or none"):
            space.embed_edits([Edit(0, np.array([1]), np.array([value]))])


def shortened(
    model: TransformerModel, cells_of: Callable[..., Any], longest: int | None, **options: Any
) -> Any:
    """A space in float64 of a model that reads `longest` tokens, its attention less peaked."""
    from dataclasses import replace

    model.to(dtype=torch.float64)
    with torch.no_grad():
        for block in model.network.encoder.blocks:
            block.qkv.weight[:32] *= 0.4
    if longest is not None:
        model.tokenizer = replace(model.tokenizer, max_tokens=longest)  # type: ignore[attr-defined]
    space = model.swap_space(cells_of(model, 4, seed=3), **options)
    assert isinstance(space, TokenSpace)
    assert longest is None or np.diff(space.values.indptr).min() > longest
    return space
