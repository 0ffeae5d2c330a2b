"""Dictionaries and embeddings that cellglass and its peers both read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cellglass.concepts import Dictionary, Transform

WIDTH, CONCEPTS, K = 24, 96, 6


@pytest.fixture(scope="session")
def embedding() -> np.ndarray:
    """500 cells far from the origin (gamma about 30), as L2-normalised embeddings are."""
    rng = np.random.default_rng(0)
    centre = rng.normal(size=WIDTH)
    return (30 * centre + rng.normal(size=(500, WIDTH))).astype(np.float32)


@pytest.fixture(scope="session")
def dictionary_of(embedding: np.ndarray) -> Callable[..., Dictionary]:
    """``dictionary_of(kind)``: random weights behind the transform of `embedding`."""

    def make(kind: Any, **changes: Any) -> Dictionary:
        rng = np.random.default_rng(1)
        decoder = rng.normal(size=(CONCEPTS, WIDTH))
        decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
        with_threshold = kind in ("batchtopk", "jumprelu")
        parts: dict[str, Any] = {
            "encoder": decoder + 0.1 * rng.normal(size=decoder.shape),
            "encoder_bias": 0.1 * rng.normal(size=CONCEPTS),
            "decoder": decoder,
            "bias": 0.1 * rng.normal(size=WIDTH),
            "transform": Transform.fit(embedding),
            "k": K if kind in ("topk", "batchtopk", "matryoshka") else None,
            "threshold": rng.uniform(0.2, 0.6, CONCEPTS) if with_threshold else None,
            "groups": (24, 48, CONCEPTS) if kind == "matryoshka" else None,
        }
        return Dictionary(kind, **(parts | changes))

    return make
