"""Dictionaries with random weights, far from the origin and off scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.transform import Transform


@pytest.fixture(scope="session")
def random_dictionary() -> Callable[..., Dictionary]:
    """``random_dictionary(kind, ...)``: 12 concepts of width 5, k = 3."""

    def make(kind: Any = "topk", **changes: Any) -> Dictionary:
        rng = np.random.default_rng(3)
        decoder = rng.normal(size=(12, 5))
        decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
        mean = (5 + rng.normal(size=5)).astype(np.float32)
        parts: dict[str, Any] = {
            "encoder": decoder + 0.1 * rng.normal(size=decoder.shape),
            "encoder_bias": 0.2 * rng.normal(size=12),
            "decoder": decoder,
            "bias": rng.normal(size=5),
            "transform": Transform(mean, 0.3, 8.5),
            "k": None if kind in ("jumprelu", "l1") else 3,
            "threshold": rng.uniform(0.1, 0.6, 12) if kind in ("batchtopk", "jumprelu") else None,
            "groups": (3, 6, 12) if kind == "matryoshka" else None,
            "meta": {"seed": 4, "fit": {"fvu": 0.25}, "model": "mini"},
        }
        return Dictionary(kind, **(parts | changes))

    return make


@pytest.fixture(scope="session")
def raw_embedding() -> np.ndarray:
    """40 embeddings around the mean that `random_dictionary` subtracts."""
    return (5 + 3 * np.random.default_rng(5).normal(size=(40, 5))).astype(np.float32)
