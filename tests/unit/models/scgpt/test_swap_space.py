from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse

from cellglass.errors import InputError
from cellglass.models import Intervention, Tap
from cellglass.models.swap_space import Edit


@pytest.fixture
def cells(tiny: Any) -> Any:
    return tiny.counts_data(5, [*tiny.SYMBOLS[::-1], "UNHEARD_OF"], seed=7)


OPTIONS: list[Any] = [
    {}, {"ties": "middle"}, {"max_tokens": 12}, {"max_tokens": 12, "select": "top"},
]  # fmt: skip


def forward(model: Any, tokens: Any) -> Any:
    return model.forward(tokens, [Tap.cell_embedding()]).cell_embedding


def with_count(cells: Any, cell: int, gene: str, count: float) -> Any:
    changed = cells[[cell]].copy()
    dense = changed.X.toarray()
    dense[0, list(cells.var_names).index(gene)] = count
    changed.X = sparse.csr_matrix(dense)
    return changed


@pytest.mark.parametrize("bins", ["frozen", "recompute"])
@pytest.mark.parametrize("options", OPTIONS)
def test_cells_are_embedded_as_tokenised_with_draws_by_gene(
    scgpt: Any, cells: Any, bins: Any, options: Any
) -> None:
    space = scgpt.swap_space(cells, seed=4, bins=bins, **options)
    expected = forward(scgpt, scgpt.tokenize(cells, seed=4, draws="gene", **options))
    np.testing.assert_allclose(space.embed(), expected, atol=2e-6)
    assert space.scale == {"frozen": "bins", "recompute": "counts"}[bins]
    for p, q in ((0, 1), (3, 2)):
        found = space.embed_edits([space.full_swap(p, q)])[0]
        np.testing.assert_allclose(found, expected[q], atol=2e-6)


@pytest.mark.parametrize("options", OPTIONS)
def test_recomputed_swaps_are_those_of_cells_with_another_count(
    scgpt: Any, cells: Any, options: Any
) -> None:
    space = scgpt.swap_space(cells, seed=4, bins="recompute", **options)
    genes = space.differing(0, 1)
    counts = cells.to_df()
    for gene in genes[::3]:
        name = space.genes[gene]
        assert space.row(1)[gene] == counts[name].iloc[1]
        changed = with_count(cells, 0, name, counts[name].iloc[1])
        expected = forward(scgpt, scgpt.tokenize(changed, seed=4, draws="gene", **options))
        found = space.embed_edits([space.swap(0, 1, [gene])])
        np.testing.assert_allclose(found, expected, atol=2e-6)


def test_frozen_swaps_set_add_and_drop_single_tokens(scgpt: Any, cells: Any) -> None:
    space = scgpt.swap_space(cells, seed=4)
    tokens = scgpt.tokenize(cells, seed=4, draws="gene")
    own, other = space.row(0), space.row(1)
    kinds = set()
    for gene in space.differing(0, 1):
        edit = Intervention.set_gene(space.genes[gene], float(other[gene]))
        expected = scgpt.forward(tokens[[0]], [Tap.cell_embedding()], [edit]).cell_embedding
        found = space.embed_edits([space.swap(0, 1, [gene])])
        np.testing.assert_allclose(found, expected, atol=2e-6)
        kinds.add((own[gene] > 0, other[gene] > 0))
    assert len(kinds) == 3


def test_after_an_edit_the_rule_chooses_anew_what_fits(scgpt: Any, cells: Any) -> None:
    space = scgpt.swap_space(cells, seed=4, max_tokens=12)
    row = space.row(0)
    ids, _ = space.tokens_of(row)
    assert len(ids) == 12
    expressed = space.ids[row > 0]
    by_priority = sorted(expressed.tolist(), key=lambda g: space.draws.priority[g])
    assert set(ids[1:].tolist()) == set(by_priority[:11])
    row[np.flatnonzero(space.ids == by_priority[0])] = 0
    assert set(space.tokens_of(row)[0][1:].tolist()) == set(by_priority[1:12])


def test_a_cell_without_genes_is_cls_alone(scgpt: Any, cells: Any) -> None:
    for bins in ("frozen", "recompute"):
        space = scgpt.swap_space(cells, bins=bins)
        every = np.arange(len(space.genes))
        ids, values = space.tokens_of(np.zeros(len(every)))
        assert (ids.tolist(), values.tolist()) == ([41], [-2.0])
        edits = [Edit(c, every, np.zeros(len(every))) for c in (0, 1)]
        one, other = space.embed_edits(edits)
        np.testing.assert_allclose(one, other, atol=1e-6)
        assert np.isfinite(one).all()


def test_other_seeds_are_other_draws_of_the_same_cells(scgpt: Any, cells: Any) -> None:
    space = scgpt.swap_space(cells, seed=4, max_tokens=12)
    other = space.reseeded(5)
    assert other.genes == space.genes
    assert np.abs(other.embed() - space.embed()).max() > 1e-3
    np.testing.assert_array_equal(space.reseeded(4).embed(), space.embed())
    expected = scgpt.swap_space(cells, seed=5, max_tokens=12).embed()
    np.testing.assert_array_equal(other.embed(), expected)


@pytest.mark.parametrize("style", ["continuous", "category"])
def test_slopes_at_the_start_are_those_of_a_small_step(
    tiny: Any, tmp_path: Any, cells: Any, style: str
) -> None:
    from cellglass.models import load_model

    args = {"pad_value": 0} if style == "category" else {}
    model: Any = load_model(tiny.write_scgpt(tmp_path / "m", style=style, args=args))
    space = model.to(dtype=torch.float64).swap_space(cells, seed=4)
    with torch.no_grad():  # attention less peaked, or slopes at absent tokens are beyond all steps
        for block in model.network.encoder.blocks:
            block.qkv.weight[:32] *= 0.4
    relaxation, columns = space.relaxation(0, 1, start_only=True)
    found = space.path_gradients(0, 1, lambda h: h[:, :2], start_only=True)
    with torch.no_grad():
        for gene, column in list(enumerate(columns))[::3]:
            shares = torch.ones(2, len(columns), dtype=torch.float64)
            shares[1, gene] -= 1e-6
            ends = relaxation.embed(shares, at_start=False)
            expected = (ends[0] - ends[1])[:2] / 1e-6
            if space.row(0)[column] == space.row(1)[column]:
                expected = torch.zeros(2)
            np.testing.assert_allclose(found[:, column], expected, rtol=1e-3, atol=1e-4)


def test_under_recompute_the_screen_uses_the_edges_of_the_cell(scgpt: Any, cells: Any) -> None:
    dense = cells.X.toarray()
    dense[2] = dense[0]
    dense[2, ::2] *= 3  # edges move, counts of the others do not
    cells.X = sparse.csr_matrix(dense)
    space = scgpt.swap_space(cells, seed=4, bins="recompute", ties="middle")
    relaxation, columns = space.relaxation(0, 2, start_only=True)
    path, _ = space.relaxation(0, 2, start_only=False)
    counts, others = space.row(0)[columns], space.row(2)[columns]
    same = (counts > 0) & (counts == others)
    assert same.any()
    np.testing.assert_array_equal(relaxation.first[same], relaxation.second[same])
    assert path.moves is None
    assert (path.first[same] != path.second[same]).any()
    assert ((relaxation.second > 0) == (others > 0)).all()
    found = space.path_gradients(0, 2, lambda h: h[:, :1], steps=2)
    assert not found[0, columns[same]].any()
    assert found.any()


def test_under_recompute_the_screen_counts_the_bins_that_a_swap_moves(
    scgpt: Any, cells: Any
) -> None:
    """Against a small step of the gene and, with it, of every bin that its swap moves."""
    with torch.no_grad():
        for block in scgpt.network.encoder.blocks:
            block.qkv.weight[:32] *= 0.4
    space = scgpt.to(dtype=torch.float64).swap_space(cells, seed=4, bins="recompute")
    relaxation, columns = space.relaxation(0, 1, start_only=True)
    found = space.path_gradients(0, 1, lambda h: h[:, :2], start_only=True)
    own, n, moved = space._bins_of(space.row(0)), len(columns), 0
    for gene, column in list(enumerate(columns))[::3]:
        if space.row(0)[column] == space.row(1)[column]:
            assert not found[:, column].any()
            continue
        row = space.row(0)
        row[column] = space.row(1)[column]
        after = space._bins_of(row)
        others = np.delete(columns, gene)
        moved += np.any(after[others] != own[others])
        shares = torch.ones(2, 2 * n, dtype=torch.float64)
        shares[1, gene] -= 1e-6
        shares[1, n:] -= 1e-6 * torch.as_tensor((after - own)[columns])
        shares[1, n + gene] = 1.0
        with torch.no_grad():
            ends = relaxation.embed(shares, at_start=False)
        expected = (ends[0] - ends[1])[:2] / 1e-6
        np.testing.assert_allclose(found[:, column], expected, rtol=1e-3, atol=1e-4)
        assert relaxation.second[gene] == after[column]
    assert moved


def test_options_that_make_no_sense_are_refused(scgpt: Any, cells: Any) -> None:
    with pytest.raises(InputError, match=r"(?s)'thawed'.*'frozen' or 'recompute'"):
        scgpt.swap_space(cells, bins="thawed")
    with pytest.raises(InputError, match=r"(?s)include_zeros=3.*leave include_zeros out"):
        scgpt.swap_space(cells, include_zeros=3)
