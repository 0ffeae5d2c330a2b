"""Against what scGPT 0.2.5 computes (stored in the shared test data)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.models import Tap, Tokens, Trace, load_model

TAPS = [Tap.residual(), Tap.attention(), Tap.logits(), Tap.cell_embedding()]


@pytest.fixture(scope="module")
def expected(shared_data: Callable[[str], Path]) -> dict[str, Any]:
    with np.load(shared_data("parity/scgpt_tiny/expected.npz")) as held:
        return dict(held)


@pytest.fixture(scope="module")
def run(shared_data: Callable[[str], Path], expected: dict[str, Any]) -> Callable[..., Trace]:
    model = load_model(shared_data("parity/scgpt_tiny/best_model.pt").parent)
    tokens = Tokens(
        gene_ids=expected["gene_ids"], valid=expected["valid"], values=expected["values"]
    )

    def forward(**options: Any) -> Trace:
        return model.forward(tokens, TAPS, **options)

    return forward


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_every_layer_equals_the_published_implementation(
    run: Callable[..., Trace],
    expected: dict[str, Any],
    assert_parity: Callable[..., None],
    batch_size: int,
) -> None:
    trace, valid = run(batch_size=batch_size), expected["valid"]
    assert 0 < (~valid).sum() < valid.size  # padding is there, and is left out
    assert_parity(trace.embedding[valid], expected["embedding"][valid])
    assert trace.residual.shape == expected["hidden"].shape
    for layer, hidden in enumerate(expected["hidden"]):
        assert_parity(trace.residual[layer][valid], hidden[valid])
    assert_parity(trace.cell_embedding, expected["cell_embedding"])
    assert_parity(trace.logits[valid], expected["mlm_output"][valid])
    assert_parity(trace.cell_logits[valid], expected["mvc_output"][valid])


def test_attention_equals_the_published_implementation(
    run: Callable[..., Trace], expected: dict[str, Any], assert_parity: Callable[..., None]
) -> None:
    found, stored = run().attention, expected["attention"]
    for cell in range(stored.shape[1]):
        valid = expected["valid"][cell]
        at = np.ix_(range(stored.shape[0]), range(stored.shape[2]), valid, valid)
        assert_parity(found[:, cell][at], stored[:, cell][at])
