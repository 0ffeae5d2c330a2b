from __future__ import annotations

import pytest
import torch

from cellglass.models import TransformerModel


def test_costs_count_the_weights_and_grow_with_tokens(model: TransformerModel) -> None:
    small, large = model.cost(10), model.cost(20)
    n = sum(p.numel() for p in model.network.parameters())
    assert small.weight_bytes == large.weight_bytes == 4 * n
    assert 2 * small.flops < large.flops < 4 * small.flops
    assert large.activation_bytes == 2 * small.activation_bytes
    half = model.to(dtype=torch.float16).cost(10)
    assert half.weight_bytes == 2 * n
    c = model.config
    products = 2 * 10 * (4 * c.width**2 + 2 * c.width * c.mlp_width) + 2 * 2 * 10**2 * c.width
    assert small.flops == pytest.approx(3 * products)
