"""Same codes and reconstructions as sparsify, there and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.concepts import Dictionary, from_sparsify, to_sparsify

sparsify = pytest.importorskip(
    "sparsify", reason="eai-sparsify is not installed here: make test-peers"
)
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

Make = Callable[..., Dictionary]


def codes_of(coder: Any, h: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        values, index, _ = coder.encode(torch.as_tensor(h))
    out = np.zeros((len(h), coder.num_latents), np.float32)
    np.put_along_axis(out, index.numpy(), values.numpy(), axis=1)
    return out


@pytest.mark.parametrize("kind", ["topk", "matryoshka"])
def test_exported_and_loaded(dictionary_of: Make, embedding: np.ndarray, tmp_path: Path, kind: str):
    d = dictionary_of(kind)
    coder = sparsify.SparseCoder.load_from_disk(to_sparsify(d, tmp_path / "x"))
    ours = d.encode(embedding).toarray()
    assert np.abs(codes_of(coder, embedding) - ours).max() < 1e-5
    with torch.no_grad():
        rebuilt = coder(torch.as_tensor(embedding)).sae_out.numpy()
    assert np.allclose(rebuilt, d.reconstruct(embedding), atol=1e-4)
    coder.save_to_disk(tmp_path / "again")  # which leaves our note out
    back = from_sparsify(tmp_path / "again")
    assert back.kind == "topk"
    again = back.encode(embedding).toarray()
    assert np.abs(again - ours).max() < 1e-5


def test_their_own(embedding: np.ndarray, tmp_path: Path):
    h = embedding - embedding.mean(0)
    config = sparsify.SparseCoderConfig(num_latents=96, k=6)
    torch.manual_seed(0)
    coder = sparsify.SparseCoder(h.shape[1], config)
    with torch.no_grad():
        coder.encoder.bias += 0.1 * torch.randn(96)
        coder.b_dec += 0.1 * torch.randn(h.shape[1])
    coder.save_to_disk(tmp_path / "x")
    d = from_sparsify(tmp_path / "x")
    theirs = codes_of(coder, h)
    assert np.abs(d.encode(h).toarray() - theirs).max() < 1e-5
    with torch.no_grad():
        rebuilt = coder(torch.as_tensor(h)).sae_out.numpy()
    assert np.allclose(d.reconstruct(h), rebuilt, atol=1e-4)
