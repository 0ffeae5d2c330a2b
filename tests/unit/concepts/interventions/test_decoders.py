"""Decoders of edited embeddings, against the models' own passes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cellglass as cg
from cellglass.concepts import LinearUnits, Transform, concept_effects, dose_curve
from cellglass.concepts.interventions.decoders import (
    geneformer_decoder,
    scgpt_decoder,
    scvi_decoder,
)
from cellglass.errors import CheckpointError, InputError


@pytest.fixture(scope="module")
def scgpt(tmp_path_factory, tiny: Any) -> Any:
    return cg.load_model(tiny.write_scgpt(tmp_path_factory.mktemp("scgpt")))


@pytest.fixture(scope="module", params=["v1", "v2"])
def geneformer(request, tmp_path_factory, tiny: Any) -> Any:
    """V1 pools the mean over genes, V2 reads <cls>."""
    folder = tmp_path_factory.mktemp("geneformer")
    return cg.load_model(tiny.write_geneformer(folder, version=request.param))


@pytest.fixture(scope="module")
def symbol_cells(tiny: Any) -> Any:
    return tiny.counts_data(7, tiny.SYMBOLS, seed=3)


@pytest.fixture(scope="module")
def ensembl_cells(tiny: Any) -> Any:
    return tiny.counts_data(7, tiny.ENSEMBL, seed=3)


def mean_over_genes(model: Any, tokens: Any) -> np.ndarray:
    """Masked-gene logits as a plain pass gives them, averaged cell by cell."""
    logits = model.forward(tokens, [cg.Tap.logits()]).logits
    return np.stack([logits[i][tokens.is_gene[i]].mean(0) for i in range(len(tokens))])


def test_scgpt_decodes_as_its_own_pass_does(scgpt, symbol_cells):
    tokens = scgpt.tokenize(symbol_cells)
    trace = scgpt.forward(tokens, [cg.Tap.logits(), cg.Tap.cell_embedding()])
    decoder = scgpt_decoder(scgpt)
    found = decoder.decode(trace.cell_embedding, range(7))
    assert decoder.genes == tuple(scgpt.genes)
    for cell in range(7):
        at = np.flatnonzero(tokens.is_gene[cell])
        columns = [decoder.genes.index(scgpt.vocabulary.names[g])
                   for g in tokens.gene_ids[cell, at]]  # fmt: skip
        np.testing.assert_allclose(found[cell, columns], trace.cell_logits[cell, at], atol=1e-4)


def test_scgpt_takes_normalised_embeddings_with_their_norms(scgpt, symbol_cells, tiny):
    h = scgpt.embed(symbol_cells)
    norms = np.linalg.norm(h, axis=1)
    genes = [tiny.SYMBOLS[5], tiny.SYMBOLS[0]]
    plain = scgpt_decoder(scgpt, genes=genes).decode(h[[4, 2]], [4, 2])
    found = scgpt_decoder(scgpt, genes=genes, norms=norms).decode(
        (h / norms[:, None])[[4, 2]], [4, 2]
    )
    np.testing.assert_allclose(found, plain, atol=1e-4)


def test_scgpt_without_the_head_is_refused(tmp_path, tiny):
    model = cg.load_model(tiny.write_scgpt(tmp_path / "m", decoders=False))
    with pytest.raises(CheckpointError, match="no decoder from the cell embedding"):
        scgpt_decoder(model)


@pytest.mark.parametrize("at", ["pooled", "all"])
def test_geneformer_unedited_gives_its_own_logits(geneformer, ensembl_cells, at):
    tokens = geneformer.tokenize(ensembl_cells)
    slow = mean_over_genes(geneformer, tokens)
    decoder = geneformer_decoder(geneformer, ensembl_cells, at=at, batch_size=3)
    found = decoder.decode(geneformer.embed(ensembl_cells), range(7))
    ids = [geneformer.vocabulary.gene_id(g) for g in decoder.genes]
    np.testing.assert_allclose(found, slow[:, ids], atol=1e-4)


@pytest.mark.parametrize("at", ["pooled", "all"])
def test_geneformer_runs_layers_below_the_edit_once(geneformer, ensembl_cells, at, monkeypatch):
    """The quick way gives what a whole patched pass gives, for other cells and edits in turn."""
    rng = np.random.default_rng(0)
    decoder: Any = geneformer_decoder(geneformer, ensembl_cells, at=at, batch_size=2)
    h = geneformer.embed(ensembl_cells)
    passes = []
    whole = type(geneformer).forward

    def counted(*args, **kwargs):
        passes.append(1)
        return whole(*args, **kwargs)

    monkeypatch.setattr(type(geneformer), "forward", counted)
    for cells in (np.array([5, 0, 3]), np.array([1, 2])):
        for _ in range(2):
            edited = h[cells] + rng.normal(size=(len(cells), geneformer.width))
            found = decoder.decode(edited, cells)
            np.testing.assert_allclose(found, decoder.run(edited, cells)[0], atol=1e-5)
    assert len(passes) == 2 + 4  # one a set of cells, and those of `run`


@pytest.mark.parametrize("at", ["pooled", "all"])
def test_geneformer_has_the_edited_embedding_in_the_patched_pass(geneformer, ensembl_cells, at):
    rng = np.random.default_rng(0)
    decoder: Any = geneformer_decoder(geneformer, ensembl_cells, at=at, batch_size=2)
    cells = np.array([5, 0, 3])
    edited = geneformer.embed(ensembl_cells)[cells] + rng.normal(size=(3, geneformer.width))
    logits, patched = decoder.run(edited, cells)
    np.testing.assert_allclose(patched, edited, atol=1e-4)
    # each cell gets its own edit, whatever stands beside it
    for row, cell in enumerate(cells):
        alone = decoder.decode(edited[[row]], [cell])
        np.testing.assert_allclose(alone[0], logits[row], atol=1e-4)
    assert np.abs(decoder.change(decoder.own[cells], edited, cells)).max() > 0.01


def test_geneformer_edit_everywhere_is_a_direction_added(geneformer, ensembl_cells):
    """The same vector for all cells: what `Intervention.add_direction` does."""
    vector = np.random.default_rng(1).normal(size=geneformer.width).astype(np.float32)
    layer = geneformer.embedding_layer
    decoder = geneformer_decoder(geneformer, ensembl_cells, at="all")
    found = decoder.decode(geneformer.embed(ensembl_cells) + vector, range(7))
    tokens = geneformer.tokenize(ensembl_cells)
    added = cg.Intervention.add_direction(cg.Site.residual(layer), vector)
    logits = geneformer.forward(tokens, [cg.Tap.logits()], [added]).logits
    ids = [geneformer.vocabulary.gene_id(g) for g in decoder.genes]
    for cell in range(7):
        slow = logits[cell][tokens.is_gene[cell]].mean(0)[ids]
        np.testing.assert_allclose(found[cell], slow, atol=1e-3)


def test_geneformer_edit_that_cannot_reach_the_genes_is_refused(geneformer, ensembl_cells):
    last = geneformer.n_layers - 1
    if geneformer.pooling == "mean":
        decoder = geneformer_decoder(geneformer, ensembl_cells, layer=last)
        assert np.abs(decoder.change(decoder.own, decoder.own + 1, range(7))).max() > 0  # type: ignore[attr-defined]
        return
    with pytest.raises(InputError, match="does not reach the genes"):
        geneformer_decoder(geneformer, ensembl_cells, layer=last)
    with pytest.raises(InputError, match="pooled or all"):
        geneformer_decoder(geneformer, ensembl_cells, at="cls")  # type: ignore[arg-type]


class StandIn:
    """What is asked of an scVI model."""

    genes = ("A", "B")

    def decode(self, z, cells, *, library, batch):
        self.asked = (library, batch)
        return library * np.column_stack([z[:, 0] ** 2, cells.obs["x"].to_numpy()])


def test_a_real_scvi_model_is_decoded_and_edited(scvi_folder):
    """Its decoder is not linear: a push does not do the same in every cell."""
    model = cg.load_model(scvi_folder)
    cells = cg.data.pbmc68k_reduced()[:60]
    h = model.embed(cells)
    decoder = scvi_decoder(model, cells)
    shares = np.expm1(decoder.decode(h, range(60))) / 1e4
    np.testing.assert_allclose(shares.sum(1), 1.0, rtol=1e-3)
    assert decoder.genes == tuple(model.genes)
    units = LinearUnits("neuron", tuple(map(str, range(h.shape[1]))), np.eye(h.shape[1]), 0.0,
                        Transform.fit(h))  # fmt: skip
    found = concept_effects(units, h, decoder, [0, 1], draws=5)
    assert (found.concepts["effect"] > 0).all()
    assert (np.abs(found.concepts["specificity"] - 1) > 1e-3).all()
    curve = dose_curve(units, h, decoder, 0, draws=2)
    assert curve["along"].is_monotonic_increasing
    assert curve["effect"][2] == 0.0


def test_scvi_decodes_with_the_cells_own_covariates(symbol_cells):
    cells = symbol_cells.copy()
    cells.obs["x"] = np.arange(7.0)
    model = StandIn()
    decoder = scvi_decoder(model, cells, library=100.0, batch="b")
    found = decoder.decode(np.array([[2.0], [1.0]]), [6, 3])
    np.testing.assert_allclose(found, np.log1p([[400.0, 600.0], [100.0, 300.0]]))
    assert model.asked == (100.0, "b")
    assert decoder.genes == ("A", "B")
    plain = scvi_decoder(model, cells, library=1.0, log=False)
    np.testing.assert_allclose(plain.decode(np.array([[2.0]]), [5]), [[4.0, 5.0]])
