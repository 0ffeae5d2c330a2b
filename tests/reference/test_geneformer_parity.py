"""Against Hugging Face's ``BertForMaskedLM`` with eager attention, published shapes shrunk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.models import Tap, Tokens, TransformerModel, load_model

transformers = pytest.importorskip("transformers")

# layers, heads and the ratio of widths are the published ones, or close to it
SHAPES: dict[str, dict[str, Any]] = {
    "v1 6 layers": {
        "num_hidden_layers": 6, "num_attention_heads": 4, "hidden_size": 32,
        "intermediate_size": 64, "max_position_embeddings": 64,
    },
    "v2": {
        "num_hidden_layers": 12, "num_attention_heads": 12, "hidden_size": 48,
        "intermediate_size": 192, "max_position_embeddings": 128,
    },
    "v2 18 heads": {
        "num_hidden_layers": 4, "num_attention_heads": 18, "hidden_size": 72,
        "intermediate_size": 288, "max_position_embeddings": 128,
    },
    "gelu": {
        "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16,
        "intermediate_size": 64, "max_position_embeddings": 64, "hidden_act": "gelu",
    },
}  # fmt: skip
N_TOKENS = 90
LENGTHS = (60, 41, 17, 1, 60)


def published(name: str) -> Any:
    """Random weights, far from the small ones of a fresh BERT: sharp attention, uneven norms."""
    config = transformers.BertConfig(
        **{"hidden_act": "relu", "layer_norm_eps": 1e-12, "vocab_size": N_TOKENS} | SHAPES[name],
        attn_implementation="eager",
    )
    model = transformers.BertForMaskedLM(config).eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for key, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if "LayerNorm.weight" in key:
                weight.copy_(1 + 0.2 * noise)
            elif weight.dim() == 1:
                weight.copy_(0.2 * noise)
            elif "embeddings" in key:
                weight.copy_(0.3 * noise)  # the table of the logits as well: more is only rounding
            else:
                sharp = 2.5 if ".query." in key or ".key." in key else 1.0
                weight.copy_(sharp * noise / weight.shape[1] ** 0.5)
    return model


@pytest.fixture(scope="module", params=sorted(SHAPES))
def pair(request: pytest.FixtureRequest, tmp_path_factory: Any) -> tuple[Any, TransformerModel]:
    reference = published(request.param)
    folder: Path = tmp_path_factory.mktemp("bert")
    reference.save_pretrained(folder)
    return reference, load_model(folder)


def tokens() -> Tokens:
    rng = np.random.default_rng(1)
    ids = np.zeros((len(LENGTHS), max(LENGTHS)), np.int64)
    valid = np.arange(max(LENGTHS)) < np.array(LENGTHS)[:, None]
    ids[valid] = rng.integers(2, N_TOKENS, size=int(valid.sum()))
    return Tokens(gene_ids=ids, valid=valid)


@pytest.mark.parametrize("batch_size", [2, 8])
def test_every_layer_and_the_logits_equal_those_of_hugging_face(
    pair: tuple[Any, TransformerModel], assert_parity: Callable[..., None], batch_size: int
) -> None:
    reference, model = pair
    cells = tokens()
    valid = cells.valid
    with torch.no_grad():
        expected = reference(
            input_ids=torch.as_tensor(cells.gene_ids),
            attention_mask=torch.as_tensor(valid.astype(np.int64)),
            output_hidden_states=True,
            output_attentions=True,
        )
    trace = model.forward(
        cells, [Tap.residual(), Tap.attention(), Tap.logits()], batch_size=batch_size
    )
    states = [h.numpy() for h in expected.hidden_states]
    assert len(states) == model.n_layers + 1
    assert_parity(trace.embedding[valid], states[0][valid])
    for layer, state in enumerate(states[1:]):
        assert_parity(trace.residual[layer][valid], state[valid])
    for layer, weights in enumerate(expected.attentions):
        rows = weights.numpy().transpose(0, 2, 1, 3)[valid]
        assert_parity(trace.attention[layer].transpose(0, 2, 1, 3)[valid], rows)
        assert rows.max() > 0.5  # not a test of uniform attention
    assert_parity(trace.logits[valid], expected.logits.numpy()[valid])


def test_the_tiny_checkpoints_of_the_unit_tests_are_real_ones(
    tiny: Any, tmp_path: Path, assert_parity: Callable[..., None]
) -> None:
    """What `tiny.py` writes by hand, Hugging Face reads and computes alike."""
    folder = tiny.write_geneformer(tmp_path / "m", dictionaries=False)
    reference = transformers.BertForMaskedLM.from_pretrained(
        folder, attn_implementation="eager"
    ).eval()
    model = load_model(folder)
    ids = np.arange(2, 30)[None]
    cells = Tokens(gene_ids=ids, valid=np.ones_like(ids, bool))
    with torch.no_grad():
        expected = reference(input_ids=torch.as_tensor(ids)).logits.numpy()
    assert_parity(model.forward(cells, [Tap.logits()]).logits, expected)
