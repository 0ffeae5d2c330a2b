from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from cellglass.errors import CheckpointError
from cellglass.models.weights import assign, count_layers, translated

PATH = Path("somewhere/best_model.pt")


def test_weights_are_put_in_by_name_in_our_precision() -> None:
    module = nn.Linear(2, 1)
    held = {"weight": torch.tensor([[3.0, 4.0]]).half(), "bias": torch.tensor([5.0]),
            "more": torch.ones(1)}  # fmt: skip
    assign(module, held, PATH)
    assert module.weight.tolist() == [[3.0, 4.0]]
    assert module.bias.tolist() == [5.0]
    assert module.weight.dtype == torch.float32


def test_missing_weights_are_counted_and_named() -> None:
    with pytest.raises(CheckpointError, match=r"2 weights are missing, the first is 'weight'"):
        assign(nn.Linear(2, 1), {}, PATH)


def test_a_wrong_shape_is_told_with_the_right_one() -> None:
    held = {"weight": torch.ones(1, 3), "bias": torch.ones(1)}
    with pytest.raises(CheckpointError, match=r"(?s)'weight' has .*\(1, 3\).*\(1, 2\)") as caught:
        assign(nn.Linear(2, 1), held, PATH)
    assert caught.value.where == str(PATH)


def test_nothing_is_assigned_where_something_does_not_fit() -> None:
    module = nn.Linear(2, 1)
    before = module.weight.clone()
    with pytest.raises(CheckpointError):
        assign(module, {"weight": torch.zeros(1, 2), "bias": torch.ones(7)}, PATH)
    assert torch.equal(module.weight, before)


def test_names_are_translated_and_what_is_left_is_listed() -> None:
    held = {"their.a": torch.ones(1), "their.z": torch.ones(2), "their.y": torch.ones(3)}
    ours, unused = translated(held, {"a": "their.a", "b": "their.b"})
    assert list(ours) == ["a"]
    assert unused == ["their.y", "their.z"]


def test_layers_are_counted_by_their_largest_index() -> None:
    held = dict.fromkeys(["layers.0.w", "layers.10.w", "layers.norm.w", "other.12.w"],
                         torch.ones(1))  # fmt: skip
    assert count_layers(held, "layers.") == 11
    assert count_layers(held, "none.") == 0
