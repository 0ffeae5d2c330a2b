from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.errors import InputError
from cellglass.models import Tap, Tokens, TransformerModel, load_model


def test_what_a_model_says_of_itself(model: TransformerModel) -> None:
    assert (model.n_layers, model.n_heads, model.width) == (3, 4, 16)
    assert (model.device.type, model.dtype) == ("cpu", torch.float32)
    assert len(model.genes) == 40
    assert model.genes == [n for n in model.vocabulary.names if n]
    assert "3 layers x 4 heads, width 16, 40 genes" in repr(model)


@pytest.mark.parametrize("ids", [[[0, 99]], [[0, -1]]])
def test_ids_outside_the_vocabulary_are_refused(model: TransformerModel, ids: Any) -> None:
    tokens = Tokens(gene_ids=ids, valid=[[True, True]], values=[[1, 1]])
    with pytest.raises(InputError, match="tokenize the cells with this model"):
        model.forward(tokens)
    padded = Tokens(gene_ids=[[3, 99]], valid=[[True, False]], values=[[1, 1]])
    assert padded.lengths.tolist() == [1]


def test_cells_longer_than_the_model_reads_are_refused(model: TransformerModel) -> None:
    n = model.max_tokens
    ids = np.arange(n + 1)[None] % 40
    too_long = Tokens(gene_ids=ids, valid=np.ones_like(ids, bool), values=np.ones_like(ids))
    with pytest.raises(InputError, match=rf"(?s)a cell has {n + 1} tokens.*at most {n}"):
        model.forward(too_long)
    valid = np.arange(n + 1)[None] < n  # longer by padding only
    padded = Tokens(gene_ids=ids, valid=valid, values=np.ones_like(ids))
    found = model.forward(padded, [Tap.residual()]).residual
    assert found.shape == (3, 1, n + 1, 16)


def test_no_cells_are_told(model: TransformerModel, tokens: Tokens) -> None:
    with pytest.raises(InputError, match="no cells"):
        model.forward(tokens[:0], [Tap.cell_embedding()])


def test_tokens_without_a_vocabulary_are_read_with_the_models(
    model: TransformerModel, tokens: Tokens
) -> None:
    bare = Tokens(tokens.gene_ids, tokens.valid, tokens.values)
    assert bare.special is None
    trace = model.forward(bare, [Tap.cell_embedding(pooling="mean")])
    expected = model.forward(tokens, [Tap.cell_embedding(pooling="mean")])
    np.testing.assert_array_equal(trace.cell_embedding, expected.cell_embedding)
    np.testing.assert_array_equal(trace.tokens.special, tokens.special)


def test_scgpt_without_values_is_told(scgpt: TransformerModel) -> None:
    tokens = Tokens(gene_ids=[[41, 3]], valid=[[True, True]])
    with pytest.raises(InputError, match=r"Tokens\.values"):
        scgpt.forward(tokens)


def test_embedding_normalised_or_not(model: TransformerModel, cells_of: Callable[..., Any]) -> None:
    cells = cells_of(model, 4)
    raw, unit = model.embed(cells), model.embed(cells, normalise=True)
    np.testing.assert_allclose(unit, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-6)
    np.testing.assert_array_equal(model.embed(cells), raw)
    np.testing.assert_array_equal(model.embed_perturbed(cells, []), raw)


def test_the_untrained_copy_differs_is_seeded_and_keeps_all_but_the_weights(
    model: TransformerModel, cells_of: Callable[..., Any]
) -> None:
    before = {k: v.clone() for k, v in model.network.state_dict().items()}
    copy, again, other = model.untrained(1), model.untrained(1), model.untrained(2)
    cells = cells_of(model, 3)
    for name, weight in model.network.state_dict().items():
        assert torch.equal(weight, before[name])  # the model itself is left alone
        assert torch.equal(copy.network.state_dict()[name], again.network.state_dict()[name])
        if weight.dim() == 2:
            assert not torch.equal(copy.network.state_dict()[name], weight)
            assert not torch.equal(
                copy.network.state_dict()[name], other.network.state_dict()[name]
            )
    assert copy.name == f"{model.name}-untrained"
    assert copy.provenance["untrained_seed"] == 1
    assert "untrained_seed" not in model.provenance
    np.testing.assert_array_equal(model.tokenize(cells).gene_ids, copy.tokenize(cells).gene_ids)
    assert not np.allclose(copy.embed(cells), model.embed(cells), atol=0.1)
    assert np.isfinite(copy.embed(cells)).all()


def test_the_untrained_copy_is_the_same_in_every_precision(model: TransformerModel) -> None:
    expected = model.untrained(3).network.state_dict()
    copy = model.to(dtype=torch.bfloat16).untrained(3)
    assert copy.dtype == torch.bfloat16
    for name, weight in copy.network.state_dict().items():
        assert torch.equal(weight, expected[name].to(torch.bfloat16))


def test_untrained_weights_have_the_published_scale(
    scgpt: TransformerModel, geneformer: TransformerModel
) -> None:
    bert = geneformer.untrained().network.state_dict()
    for name in ("gene_embedding.weight", "encoder.layers.1.mlp_in.weight", "head.dense.weight"):
        weight = bert[name][1:]  # the padding row is zero
        assert float(weight.std()) == pytest.approx(0.02, rel=0.15)
    assert not bert["gene_embedding.weight"][0].any()
    assert not bert["encoder.layers.1.qkv.bias"].any()
    ours = scgpt.untrained().network.state_dict()
    assert float(ours["gene_embedding.weight"].abs().max()) <= 0.1
    xavier = (6 / (16 + 48)) ** 0.5
    qkv = ours["encoder.layers.0.qkv.weight"].abs()
    assert 0.9 * xavier < float(qkv.max()) <= xavier
    for name, weight in (bert | ours).items():
        if name.endswith("norm.weight"):
            assert (weight == 1).all()


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_other_precisions_are_close(
    request: pytest.FixtureRequest, model: TransformerModel, tokens: Tokens, dtype: str
) -> None:
    folder: Path = request.getfixturevalue(f"{model.family}_folder")
    other = load_model(folder, dtype=dtype)
    taps = [Tap.cell_embedding(), Tap.attention(), Tap.logits()]
    found, expected = other.forward(tokens, taps), model.forward(tokens, taps)
    atol = {"bfloat16": 0.25, "float16": 0.03, "float64": 2e-5}[dtype]
    np.testing.assert_allclose(found.cell_embedding, expected.cell_embedding, atol=atol)
    np.testing.assert_allclose(found.attention, expected.attention, atol=atol)
    cosine = np.sum(found.cell_embedding * expected.cell_embedding, 1) / (
        np.linalg.norm(found.cell_embedding, axis=1)
        * np.linalg.norm(expected.cell_embedding, axis=1)
    )
    assert cosine.min() > 0.995
    assert found.logits.dtype == np.float32


def test_masking_hides_what_stands_there_and_nothing_else(
    model: TransformerModel, tokens: Tokens
) -> None:
    hidden = np.zeros(tokens.valid.shape, bool)
    hidden[0, [0, 2, 5]] = True  # position 0 is <cls>, which cannot be hidden
    hidden[1, -1] = True
    masked = model.mask_tokens(tokens, hidden)
    at = hidden & tokens.is_gene
    assert at.sum() in (2, 3)
    np.testing.assert_array_equal(masked.valid, tokens.valid)
    assert tokens.values is not None
    assert masked.values is not None
    if model.family == "scgpt":
        np.testing.assert_array_equal(masked.values, np.where(at, -1, tokens.values))
        np.testing.assert_array_equal(masked.gene_ids, tokens.gene_ids)
    else:
        np.testing.assert_array_equal(masked.gene_ids, np.where(at, 1, tokens.gene_ids))
    # what was hidden cannot be seen: another value in its place gives the same predictions
    gone = replace(
        tokens,
        values=np.where(at, 49, tokens.values),
        gene_ids=np.where(at & (model.family == "geneformer"), 7, tokens.gene_ids),
    )
    one = model.forward(masked, [Tap.logits()]).logits
    two = model.forward(model.mask_tokens(gone, hidden), [Tap.logits()]).logits
    np.testing.assert_array_equal(one[tokens.valid], two[tokens.valid])
