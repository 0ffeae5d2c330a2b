from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cellglass.models.attention as module
from cellglass.errors import InputError
from cellglass.models import Encoder, EncoderConfig
from cellglass.models.encoder import NoHooks


def with_weights(config: EncoderConfig, seed: int = 0) -> Encoder:
    generator = torch.Generator().manual_seed(seed)
    encoder = Encoder(config).eval()
    with torch.no_grad():
        for name, weight in encoder.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            weight.copy_(1 + 0.2 * noise if name.endswith("norm.weight") else 0.3 * noise)
    return encoder


def torch_layer(encoder: Encoder, index: int) -> nn.TransformerEncoderLayer:
    """PyTorch's own layer with the same weights."""
    c, own = encoder.config, encoder.blocks[index]
    layer = nn.TransformerEncoderLayer(
        c.width, c.n_heads, c.mlp_width, dropout=0.0, activation=c.activation,
        layer_norm_eps=c.norm_eps, batch_first=True, norm_first=c.norm == "pre",
    ).eval()  # fmt: skip
    pairs = {
        "self_attn.in_proj_": own.qkv, "self_attn.out_proj.": own.attention_out,
        "linear1.": own.mlp_in, "linear2.": own.mlp_out,
        "norm1.": own.attention_norm, "norm2.": own.mlp_norm,
    }  # fmt: skip
    layer.load_state_dict({
        f"{name}{kind}": getattr(module, kind)
        for name, module in pairs.items() for kind in ("weight", "bias")
    })  # fmt: skip
    return layer


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("final_norm", [False, True])
def test_layers_equal_those_of_pytorch(
    norm: Any, activation: Any, causal: bool, final_norm: bool
) -> None:
    config = EncoderConfig(
        2, 3, 12, 20, activation, norm, norm_eps=0.01, causal=causal, final_norm=final_norm
    )
    encoder = with_weights(config)
    x = torch.randn(3, 7, 12, generator=torch.Generator().manual_seed(1))
    valid = torch.arange(7)[None] < torch.tensor([7, 4, 1])[:, None]
    mask = torch.ones(7, 7, dtype=torch.bool).triu(1) if causal else None
    expected = x
    for i in range(2):
        layer = torch_layer(encoder, i).train()  # .train() keeps off the fused path
        expected = layer(expected, src_mask=mask, src_key_padding_mask=~valid)
    if encoder.final_norm is not None:
        expected = encoder.final_norm(expected)
    found = encoder(x, valid)
    torch.testing.assert_close(found[valid], expected[valid], atol=1e-5, rtol=1e-5)


class Recorder(NoHooks):
    """Keeps what passes by, and doubles it at one site."""

    def __init__(self, double: tuple[str, int | None] | None = None) -> None:
        self.seen: dict[tuple[str, int | None], Tensor] = {}
        self.double = double

    def at(self, kind: Any, layer: int | None, state: Tensor) -> Tensor:
        self.seen[kind, layer] = state
        return 2 * state if (kind, layer) == self.double else state


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_sites_are_what_they_are_called(norm: Any) -> None:
    config = EncoderConfig(2, 3, 12, 20, norm=norm)
    encoder = with_weights(config, 2)
    x = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(3))
    valid = torch.ones(2, 5, dtype=torch.bool)
    hooks = Recorder()
    out = encoder(x, valid, hooks)
    kinds = ("head_output", "attention_output", "mlp_output", "residual")
    assert list(hooks.seen) == [("embedding", None), *((k, i) for i in (0, 1) for k in kinds)]
    assert torch.equal(hooks.seen["embedding", None], x)
    assert torch.equal(hooks.seen["residual", 1], out)
    assert hooks.seen["head_output", 0].shape == (2, 3, 5, 4)
    layer = encoder.blocks[0]
    heads = hooks.seen["head_output", 0].transpose(1, 2).reshape(2, 5, 12)
    attended = hooks.seen["attention_output", 0]
    torch.testing.assert_close(layer.attention_out(heads), attended)
    mlp = hooks.seen["mlp_output", 0]
    if norm == "pre":
        torch.testing.assert_close(x + attended + mlp, hooks.seen["residual", 0])
    else:
        middle = layer.attention_norm(x + attended)
        torch.testing.assert_close(layer.mlp_norm(middle + mlp), hooks.seen["residual", 0])


@pytest.mark.parametrize("kind", ["embedding", "head_output", "attention_output", "mlp_output",
                                  "residual"])  # fmt: skip
def test_what_a_hook_returns_is_what_goes_on(kind: str) -> None:
    encoder = with_weights(EncoderConfig(2, 3, 12, 20, norm="pre"), 4)
    x = torch.randn(1, 5, 12, generator=torch.Generator().manual_seed(5))
    valid = torch.ones(1, 5, dtype=torch.bool)
    clean, changed = Recorder(), Recorder((kind, None if kind == "embedding" else 0))
    encoder(x, valid, clean)
    encoder(x, valid, changed)
    before = list(clean.seen).index(changed.double)  # type: ignore[arg-type]
    for i, site in enumerate(clean.seen):
        same = torch.equal(clean.seen[site], changed.seen[site])
        assert same == (i <= before)


def test_a_width_that_the_heads_do_not_divide_is_refused() -> None:
    with pytest.raises(InputError, match=r"width 10.*3 heads"):
        EncoderConfig(2, 3, 10, 20)


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("n_layers", [1, 2, 3, None])
@pytest.mark.parametrize("floating", [False, True])
def test_fewer_layers_and_the_first_position_alone(
    norm: Any, causal: bool, n_layers: int | None, floating: bool
) -> None:
    config = EncoderConfig(3, 3, 12, 20, "gelu", norm, causal=causal, final_norm=True)
    encoder = with_weights(config)
    x = torch.randn(3, 7, 12, generator=torch.Generator().manual_seed(1))
    valid = torch.arange(7)[None] < torch.tensor([7, 4, 1])[:, None]
    expected, workspace = x, module.Workspace()
    for i, layer in enumerate(encoder.blocks[:n_layers]):
        expected = layer(expected, valid, i, NoHooks(), workspace)
    if n_layers in (3, None):
        assert encoder.final_norm is not None
        expected = encoder.final_norm(expected)
    given = valid.to(x) if floating else valid
    found = encoder(x, given, n_layers=n_layers)
    torch.testing.assert_close(found[valid], expected[valid], rtol=1e-5, atol=1e-5)
    first = encoder(x, given, n_layers=n_layers, first_only=True)
    torch.testing.assert_close(first[:, 0], expected[:, 0], rtol=1e-5, atol=1e-5)
    assert first.shape[1] == (7 if causal else 1)
