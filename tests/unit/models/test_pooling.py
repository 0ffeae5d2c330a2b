from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.errors import InputError
from cellglass.models import Encoder, Intervention, Site, Tap, Tokens, TransformerModel


def slow(state: Any, tokens: Tokens, pooling: str) -> Any:
    rows = []
    for cell in range(len(tokens)):
        if pooling == "cls":
            rows.append(state[cell, 0])
        else:
            rows.append(np.mean([state[cell, p] for p in np.flatnonzero(tokens.is_gene[cell])], 0))
    return np.array(rows)


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_any_layer_and_pooling_is_that_state_pooled(
    model: TransformerModel, tokens: Tokens, holed: Callable[[Tokens], Tokens], layer: int,
    pooling: Any,
) -> None:  # fmt: skip
    tokens = holed(tokens)
    taps = [Tap.residual(), Tap.cell_embedding(layer=layer, pooling=pooling)]
    trace = model.forward(tokens, taps, batch_size=2)
    expected = slow(trace.residual[layer], tokens, pooling)
    np.testing.assert_allclose(trace.cell_embedding, expected, atol=1e-6)
    assert np.ptp(trace.cell_embedding, 0).max() > 0.01  # cells differ


def test_published_choices(
    scgpt: TransformerModel, geneformer: TransformerModel, cells_of: Callable[..., Any]
) -> None:
    """scGPT: <cls> of the last layer. Geneformer V2: <cls> of the second to last."""
    for model, layer in ((scgpt, 2), (geneformer, 1)):
        tokens = model.tokenize(cells_of(model, 3))
        trace = model.forward(tokens, [Tap.residual(), Tap.cell_embedding()])
        expected = slow(trace.residual[layer], tokens, "cls")
        np.testing.assert_allclose(trace.cell_embedding, expected, atol=1e-6)
        np.testing.assert_allclose(model.embed(cells_of(model, 3)), expected, atol=1e-6)


def test_the_last_layer_is_read_after_the_final_norm(
    scgpt: TransformerModel, cells_of: Callable[..., Any]
) -> None:
    config = replace(scgpt.config, norm="pre", final_norm=True)
    old, scgpt.network.encoder = scgpt.network.encoder, Encoder(config)
    scgpt.network.encoder.load_state_dict(old.state_dict(), strict=False)
    norm = scgpt.network.encoder.final_norm
    assert norm is not None
    with torch.no_grad():
        norm.weight += 1
    tokens = scgpt.tokenize(cells_of(scgpt, 3))
    trace = scgpt.forward(tokens, [Tap.residual(), Tap.cell_embedding()])
    expected = norm(torch.as_tensor(trace.residual[-1][:, 0])).detach().numpy()
    np.testing.assert_allclose(trace.cell_embedding, expected, atol=1e-5)
    earlier = scgpt.forward(tokens, [Tap.residual(), Tap.cell_embedding(layer=1)])
    np.testing.assert_allclose(earlier.cell_embedding, earlier.residual[1][:, 0], atol=1e-6)


def test_pools_read_after_interventions(model: TransformerModel, tokens: Tokens) -> None:
    for layer in range(3):
        zero = Intervention.map(Site.residual(layer), torch.zeros_like)
        found = model.forward(tokens, [Tap.cell_embedding(layer=layer)], [zero]).cell_embedding
        assert not found.any()


@pytest.mark.parametrize("layer", [-1, 3])
def test_a_layer_that_does_not_exist_is_named(
    model: TransformerModel, tokens: Tokens, layer: int
) -> None:
    with pytest.raises(InputError, match=rf"(?s)layer {layer} asked for.*0 to 2"):
        model.forward(tokens, [Tap.cell_embedding(layer=layer)])


def test_cls_of_a_model_without_one_is_refused(
    tiny: Any, tmp_path: Any, cells_of: Callable[..., Any]
) -> None:
    from cellglass.models import load_model

    model = load_model(tiny.write_geneformer(tmp_path / "m", version="v1"))
    tokens = model.tokenize(cells_of(model, 2))
    with pytest.raises(InputError, match=r"(?s)no <cls> token.*pooling=\"mean\""):
        model.forward(tokens, [Tap.cell_embedding(pooling="cls")])
