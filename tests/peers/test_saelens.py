"""Same codes and reconstructions as SAELens, there and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.concepts import Dictionary, from_saelens, to_saelens

sae_lens = pytest.importorskip("sae_lens", reason="SAELens is not installed here: make test-peers")
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

Make = Callable[..., Dictionary]


def codes_of(sae: Any, h: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return sae.encode(torch.as_tensor(h)).numpy()


def rebuilt_by(sae: Any, h: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return sae(torch.as_tensor(h)).numpy()


@pytest.mark.parametrize("kind", ["topk", "batchtopk", "matryoshka", "jumprelu", "l1"])
def test_exported_and_loaded(dictionary_of: Make, embedding: np.ndarray, tmp_path: Path, kind: str):
    d = dictionary_of(kind)
    sae = sae_lens.SAE.load_from_disk(to_saelens(d, tmp_path / "x"))
    ours = d.encode(embedding).toarray()
    assert (ours > 0).sum() > len(embedding)
    assert np.abs(codes_of(sae, embedding) - ours).max() < 1e-5
    assert np.allclose(rebuilt_by(sae, embedding), d.reconstruct(embedding), atol=1e-4)
    sae.save_model(tmp_path / "again")
    back = from_saelens(tmp_path / "again")
    assert back.kind == kind
    assert back.groups == d.groups
    again = back.encode(embedding).toarray()
    assert np.abs(again - ours).max() < 1e-5


def made_by_saelens(architecture: str, training: bool, width: int) -> Any:
    """A model of theirs with weights far from their initial ones."""
    configs: dict[str, tuple[Any, Any, dict[str, Any]]] = {
        "topk": (sae_lens.TopKSAEConfig, sae_lens.TopKTrainingSAEConfig, {"k": 6}),
        "jumprelu": (sae_lens.JumpReLUSAEConfig, sae_lens.JumpReLUTrainingSAEConfig, {}),
        "standard": (sae_lens.StandardSAEConfig, sae_lens.StandardTrainingSAEConfig, {}),
        "batchtopk": (None, sae_lens.BatchTopKTrainingSAEConfig, {"k": 6}),
        "matryoshka": (None, sae_lens.MatryoshkaBatchTopKTrainingSAEConfig,
                       {"k": 6, "matryoshka_widths": [24, 96]}),
    }  # fmt: skip
    inference, trained, options = configs[architecture]
    config = (trained if training else inference)(d_in=width, d_sae=96, **options)
    registry = sae_lens.TrainingSAE if training else sae_lens.SAE
    sae = registry.from_dict(config.to_dict())
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, weight in sae.named_parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) / width**0.5)
            if name == "threshold":
                weight.abs_()
        if architecture in ("topk", "jumprelu") and not training:
            sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
        if hasattr(sae, "topk_threshold"):
            sae.topk_threshold += 0.8
    return sae


@pytest.mark.parametrize("architecture", ["topk", "jumprelu", "standard"])
def test_their_models_for_inference(embedding: np.ndarray, tmp_path: Path, architecture: str):
    h = embedding - embedding.mean(0)
    sae = made_by_saelens(architecture, training=False, width=h.shape[1])
    sae.save_model(tmp_path / "x")
    if architecture == "standard":
        sae.fold_W_dec_norm()  # codes of unit rows are what we give
    d = from_saelens(tmp_path / "x")
    theirs = codes_of(sae, h)
    assert np.abs(d.encode(h).toarray() - theirs).max() < 1e-5
    assert np.allclose(d.reconstruct(h), rebuilt_by(sae, h), atol=1e-4)


@pytest.mark.parametrize(
    "architecture", ["topk", "jumprelu", "standard", "batchtopk", "matryoshka"]
)
def test_their_checkpoints_and_what_they_make_of_them(
    embedding: np.ndarray, tmp_path: Path, architecture: str
):
    h = embedding - embedding.mean(0)
    sae = made_by_saelens(architecture, training=True, width=h.shape[1])
    sae.save_model(tmp_path / "training")
    sae.save_inference_model(tmp_path / "inference")
    theirs = sae_lens.SAE.load_from_disk(
        tmp_path / "inference", fold_W_dec_norm=architecture in ("jumprelu", "standard")
    )
    expected = codes_of(theirs, h)
    for folder in ("training", "inference"):
        d = from_saelens(tmp_path / folder)
        assert np.abs(d.encode(h).toarray() - expected).max() < 1e-5
        assert np.allclose(d.reconstruct(h), rebuilt_by(theirs, h), atol=1e-4)
    in_training = from_saelens(tmp_path / "training")
    assert in_training.groups == ((24, 96) if architecture == "matryoshka" else None)
