from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from cellglass.errors import CheckpointError, InputError
from cellglass.models import Tap, load_model
from cellglass.models.swap_space import Edit


@pytest.fixture(params=["v1", "v2"])
def model(request: pytest.FixtureRequest, tiny: Any, tmp_path: Any) -> Any:
    return load_model(tiny.write_geneformer(tmp_path / "m", version=request.param))


def cells_of(tiny: Any, share: float = 0.5, **obs: Any) -> Any:
    genes = [*tiny.ENSEMBL[::-1], "ENSG99999999999"]
    return tiny.counts_data(5, genes, seed=7, share=share, obs=obs)


def forward(model: Any, tokens: Any) -> Any:
    return model.forward(tokens, [Tap.cell_embedding()]).cell_embedding


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_cells_and_full_swaps_are_embedded_as_tokenised(
    model: Any, tiny: Any, share: float
) -> None:
    """With a share of 1 all cells are longer than the model reads."""
    cells = cells_of(tiny, share)
    space, tokens = model.swap_space(cells), model.tokenize(cells)
    assert (tokens.lengths == 32).all() == (share == 1.0)
    expected = forward(model, tokens)
    np.testing.assert_allclose(space.embed(), expected, atol=2e-6)
    for p, q in ((0, 1), (3, 2)):
        found = space.embed_edits([space.full_swap(p, q)])[0]
        np.testing.assert_allclose(found, expected[q], atol=2e-6)
    assert space.scale == "normalised counts"
    assert space.reseeded(1) is None


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_swaps_are_those_of_cells_with_another_count(model: Any, tiny: Any, share: float) -> None:
    """Two cells of one library size, so that normalised values are counts; with ties."""
    cells = cells_of(tiny, share, n_counts=[1000.0, 1000.0, 1500.0, 1200.0, 1100.0])
    space, counts = model.swap_space(cells), cells.to_df()
    for gene in space.differing(0, 1)[::2]:
        name = space.genes[gene]
        changed = cells[[0]].copy()
        dense = changed.X.toarray()
        dense[0, list(cells.var_names).index(name)] = counts[name].iloc[1]
        changed.X = sparse.csr_matrix(dense)
        expected = forward(model, model.tokenize(changed))
        found = space.embed_edits([space.swap(0, 1, [gene])])
        np.testing.assert_allclose(found, expected, atol=2e-6)


def test_values_are_normalised_by_the_cells_own_total_and_stay(model: Any, tiny: Any) -> None:
    cells = cells_of(tiny, n_counts=[1000.0, 2000.0, 4000.0, 1000.0, 1000.0])
    space = model.swap_space(cells)
    medians = {g: 1 + (7 * i) % 5 for i, g in enumerate(tiny.ENSEMBL)}
    for cell, total in ((0, 1000), (2, 4000)):
        counts = cells.to_df().iloc[cell]
        expected = [counts[g] / total * 10_000 / medians[g] for g in space.genes]
        np.testing.assert_allclose(space.row(cell), expected, rtol=1e-6)
    gene = space.differing(0, 1)[0]
    edit = space.swap(0, 1, [gene])
    assert edit.values.tolist() == [space.row(1)[gene]]


def test_ranks_are_by_value_then_by_id(model: Any, tiny: Any) -> None:
    space = model.swap_space(cells_of(tiny))
    row = np.zeros(len(space.genes))
    row[[4, 2, 9]] = [3.0, 3.0, 8.0]
    ids, values = space.tokens_of(row)
    genes = ids[1:-1] if space.tokenizer.special_tokens else ids
    assert genes.tolist() == space.ids[[9, 2, 4]].tolist()
    assert values.dtype == np.float32
    assert sorted(values.tolist())[-3:] == [3.0, 3.0, 8.0]


def test_genes_without_a_median_are_no_columns(tiny: Any, tmp_path: Any) -> None:
    medians = dict.fromkeys(tiny.ENSEMBL[:5], 2.0)
    model: Any = load_model(tiny.write_geneformer(tmp_path / "m", medians=medians))
    space = model.swap_space(cells_of(tiny, 1.0))
    assert space.genes == tuple(tiny.ENSEMBL[:5])


def test_a_cell_without_genes_is_its_special_tokens_or_refused(model: Any, tiny: Any) -> None:
    space = model.swap_space(cells_of(tiny))
    every = np.arange(len(space.genes))
    edit = Edit(0, every, np.zeros(len(every)))
    if space.tokenizer.special_tokens:
        assert np.isfinite(space.embed_edits([edit])).all()
        return
    with pytest.raises(InputError, match=r"(?s)no gene is left.*<cls>"):
        space.embed_edits([edit])


def test_what_the_model_does_not_have_is_refused(tiny: Any, tmp_path: Any) -> None:
    folder = tiny.write_geneformer(tmp_path / "m", dictionaries=False)
    with pytest.raises(CheckpointError, match="no dictionaries"):
        load_model(folder).swap_space(cells_of(tiny))
    model = load_model(tiny.write_geneformer(tmp_path / "n"))
    with pytest.raises(InputError, match=r"(?s)no option 'bins'.*layer, pooling"):
        model.swap_space(cells_of(tiny), bins="frozen")
