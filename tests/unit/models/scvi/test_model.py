from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.errors import InputError
from cellglass.models.interventions import Intervention
from cellglass.models.scvi import ScviModel
from cellglass.models.scvi.loading import load
from cellglass.testing import check_cell_model


@pytest.fixture
def original(theirs: Any) -> Any:
    """``original(folder)``: the model as scvi-tools loads it, with the cells registered."""
    from cellglass.models.scvi.library import scvi_tools
    from cellglass.models.scvi.training import _quiet

    def read(folder: Path) -> Any:
        with _quiet():
            return scvi_tools().model.SCVI.load(str(folder), adata=theirs, accelerator="cpu")

    return read


@pytest.mark.parametrize("folder", ["scvi_folder", "scvi_batch_folder"])
def test_embeddings_are_those_of_scvi_tools(
    folder: str, cells: Any, theirs: Any, original: Any, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(folder)
    model = load(path)
    if folder == "scvi_batch_folder":  # scvi-tools wants the genes of the model and no others
        theirs._inplace_subset_var(model.genes)
    expected = original(path).get_latent_representation(give_mean=True)
    np.testing.assert_allclose(model.embed(cells), expected, atol=1e-5)


def test_decoded_expression_is_that_of_scvi_tools(
    scvi_folder: Path, cells: Any, original: Any
) -> None:
    model, reference = load(scvi_folder), original(scvi_folder)
    z = torch.as_tensor(model.embed(cells))
    inference = reference.module.inference

    def with_the_mean(*arguments: Any, **options: Any) -> Any:
        return {**inference(*arguments, **options), "z": z}

    reference.module.inference = with_the_mean  # theirs draws z
    for theirs, ours in ((1, 1), (1e4, 1e4), ("latent", "own")):
        expected = reference.get_normalized_expression(
            library_size=theirs, return_numpy=True, batch_size=len(z)
        )
        found = model.decode(z.numpy(), cells, library=ours)  # type: ignore[arg-type]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["model", "batch_model"])
def test_it_keeps_the_contract(name: str, cells: Any, request: pytest.FixtureRequest) -> None:
    model: ScviModel = request.getfixturevalue(name)
    lines = check_cell_model(model, cells[:6])
    assert ("not asked for" in lines[-1]) == (name == "batch_model")
    assert model.determinism.deterministic
    assert model.embed(cells).tobytes() == model.embed(cells).tobytes()


def test_every_cell_keeps_its_batch_when_genes_change(batch_model: ScviModel, cells: Any) -> None:
    gene = batch_model.genes[0]
    edits = [Intervention.set_gene(gene, 9)]
    found = batch_model.embed_perturbed(cells, edits)
    other = cells.copy()
    other.obs["phase"] = "S"
    moved = batch_model.embed_perturbed(other, edits)
    same = (cells.obs["phase"] == "S").to_numpy()
    np.testing.assert_allclose(found[same], moved[same], atol=1e-6)
    assert np.abs(found[~same] - moved[~same]).max(1).min() > 1e-4


def test_a_batch_that_is_new_or_missing_is_an_error_unless_one_is_named(
    batch_model: ScviModel, scvi_batch_folder: Path, cells: Any
) -> None:
    strange = cells.copy()
    strange.obs["phase"] = "M"
    with pytest.raises(InputError, match="was not trained with 'M'"):
        batch_model.embed(strange)
    del strange.obs["phase"]
    with pytest.raises(InputError, match="no column 'phase'"):
        batch_model.embed(strange)
    named = load(scvi_batch_folder, batch="S")
    other = cells.copy()
    other.obs["phase"] = "S"
    np.testing.assert_array_equal(named.embed(strange), batch_model.embed(other))
    with pytest.raises(InputError, match="no batch 'T'"):
        load(scvi_batch_folder, batch="T")


def test_edits_are_those_of_the_counts(model: ScviModel, cells: Any) -> None:
    counts = model.counts(cells).matrix.toarray()
    column = model.vocabulary.gene_id("LYZ")
    counts[:, column] = 7
    with torch.no_grad():
        expected = model.encode(torch.as_tensor(counts).float())
    found = model.embed_perturbed(cells, [Intervention.set_gene("LYZ", 7)])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_gradients_reach_the_counts(model: ScviModel, cells: Any) -> None:
    counts = torch.as_tensor(model.counts(cells[:1]).matrix.toarray()).float().requires_grad_()
    model.encode(counts)[0, 0].backward()
    assert counts.grad is not None
    assert float(counts.grad.abs().sum()) > 0


def test_batches_do_not_change_numbers(
    model: ScviModel, cells: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, decoded = model.embed(cells), model.decode(model.embed(cells), cells)
    monkeypatch.setattr("cellglass.models.scvi.model.CELLS_A_PASS", 7)
    np.testing.assert_allclose(model.embed(cells), whole, atol=1e-6)
    np.testing.assert_allclose(model.decode(whole, cells), decoded, rtol=1e-5)


def test_decoding_as_of_another_batch(batch_model: ScviModel, cells: Any) -> None:
    z = batch_model.embed(cells)
    own = batch_model.decode(z, cells, library=1)
    other = batch_model.decode(z, cells, library=1, batch="G2M")
    same = (cells.obs["phase"] == "G2M").to_numpy()
    np.testing.assert_array_equal(own[same], other[same])
    assert np.abs(own[~same] - other[~same]).max() > 0


def test_points_of_other_cells_are_refused(model: ScviModel, cells: Any) -> None:
    with pytest.raises(InputError, match=r"points of shape \(3, 10\)"):
        model.decode(np.zeros((3, 10)), cells)


def test_the_untrained_copy_is_drawn_from_the_seed(model: ScviModel, cells: Any) -> None:
    state = torch.get_rng_state()
    one, same, other = model.untrained(1), model.untrained(1), model.untrained(2)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(one.embed(cells), same.embed(cells))
    assert np.abs(one.embed(cells) - other.embed(cells)).max() > 1e-2
    assert np.abs(one.embed(cells) - model.embed(cells)).max() > 1e-2
    assert one.name == "small-untrained"
    means = [v for k, v in one.module.state_dict().items() if k.endswith("running_mean")]
    assert means
    assert all(not m.any() for m in means)


def test_cost_grows_with_the_genes(model: ScviModel, batch_model: ScviModel) -> None:
    assert model.cost(1) == model.cost(1000)
    assert model.cost().flops > 2 * 765 * 128
    assert batch_model.cost().activation_bytes < model.cost().activation_bytes


def test_precision_can_be_changed(scvi_folder: Path, model: ScviModel, cells: Any) -> None:
    double = load(scvi_folder).to("cpu", torch.float64)
    assert double.dtype == torch.float64
    np.testing.assert_allclose(double.embed(cells), model.embed(cells), atol=1e-5)


def test_options_of_the_swap_space_are_refused(model: ScviModel, cells: Any) -> None:
    with pytest.raises(InputError, match="no option 'bins'"):
        model.swap_space(cells, bins="frozen")


def test_it_says_what_it_is(batch_model: ScviModel) -> None:
    assert repr(batch_model) == (
        "ScviModel('batches', 200 genes, 10 latent dimensions, covariates: phase)"
    )
