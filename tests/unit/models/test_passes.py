from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.models import Intervention, Site, Tap, Tokens, TransformerModel


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        (Tap.cell_embedding(), Tap.cell_embedding(normalise=True), "cell_embedding"),
        (Tap.cell_embedding(layer=0), Tap.cell_embedding(layer=1), "cell_embedding"),
        (Tap.cell_embedding(pooling="mean"), Tap.cell_embedding(), "cell_embedding"),
        (Tap.residual(), Tap.residual([0]), "residual"),
        (Tap.attention([1]), Tap.attention([0]), "attention"),
        (Tap.head_output([1]), Tap.head_output(), "head_output"),
    ],
)
def test_two_taps_that_would_overwrite_each_other_are_refused(
    model: TransformerModel, tokens: Tokens, first: Tap, second: Tap, name: str
) -> None:
    with pytest.raises(InputError, match="two taps") as caught:
        model.forward(tokens, [first, second])
    assert f"would fill trace.{name}" in caught.value.found
    assert "second forward pass" in caught.value.fix


def test_the_same_tap_twice_is_one(model: TransformerModel, tokens: Tokens) -> None:
    taps = [Tap.residual([1]), Tap.cell_embedding(), Tap.attention([0]), Tap.logits()]
    once, twice = model.forward(tokens, taps), model.forward(tokens, taps + taps)
    for name in ("residual", "cell_embedding", "attention", "logits"):
        np.testing.assert_array_equal(getattr(once, name), getattr(twice, name))


def test_reducers_stand_beside_what_is_kept(model: TransformerModel, tokens: Tokens) -> None:
    seen: list[int] = []
    taps = [Tap.residual(), Tap.residual([1], reduce=lambda layer, *_: seen.append(layer))]
    trace = model.forward(tokens, taps, batch_size=5)
    assert trace.residual.shape[0] == 3
    assert seen == [-1, 1]


@pytest.mark.parametrize(
    ("intervention", "message"),
    [
        (Intervention.mlp_zero(3), r"layers \[3\]"),
        (Intervention.head_zero(-1, [0]), r"layers \[-1\]"),
        (Intervention.head_zero(0, [4]), r"heads \[4\]"),
        (Intervention.head_uniform(0, [0, 9]), r"heads \[0, 9\]"),
        (Intervention.add_direction(Site.residual(7), np.ones(16)), r"layers \[7\]"),
    ],
)
def test_sites_that_do_not_exist_are_named(
    model: TransformerModel, tokens: Tokens, intervention: Any, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        model.forward(tokens, [Tap.residual()], [intervention])


def test_interventions_apply_in_the_order_given_and_before_taps(
    model: TransformerModel, tokens: Tokens
) -> None:
    site = Site.residual(1)
    clean = model.forward(tokens, [Tap.residual()]).residual[1]
    add, double = Intervention.map(site, lambda x: x + 1), Intervention.map(site, lambda x: 2 * x)
    for order, expected in (([add, double], 2 * (clean + 1)), ([double, add], 2 * clean + 1)):
        found = model.forward(tokens, [Tap.residual()], order).residual[1]
        np.testing.assert_allclose(found[tokens.valid], expected[tokens.valid], rtol=1e-6)


def test_gradients_flow_where_asked(model: TransformerModel, tokens: Tokens) -> None:
    import torch

    direction = torch.zeros(16, requires_grad=True)
    push = Intervention.map(Site.residual(0), lambda x: x + direction)
    trace = model.forward(tokens, [Tap.cell_embedding()], [push], grad=True, batch_size=2)
    trace.tensor("cell_embedding").square().sum().backward()
    assert direction.grad is not None
    step = 1e-2
    found = float(direction.grad[3])
    losses = []
    for sign in (1, -1):
        moved = torch.zeros(16)
        moved[3] = sign * step
        shift = Intervention.map(Site.residual(0), lambda x, by=moved: x + by)
        losses.append(float(
            (model.forward(tokens, [Tap.cell_embedding()], [shift]).cell_embedding ** 2).sum()
        ))  # fmt: skip
    assert found == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=0.05, abs=0.05)
    plain = model.forward(tokens, [Tap.cell_embedding()])
    assert not plain.tensor("cell_embedding").requires_grad
