"""SAELens's layout, read by what SAELens computes; tests/peers holds it against the package."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from cellglass.concepts.dictionaries.dictionary import DICTIONARY_KINDS, Dictionary
from cellglass.concepts.dictionaries.saelens import from_saelens, to_saelens
from cellglass.errors import CheckpointError, InputError

Make = Callable[..., Dictionary]


def as_saelens(folder: Path, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes and reconstruction in float64, as the package computes them from its two files."""
    config = json.loads((folder / "cfg.json").read_text())
    w = {k: v.double().numpy() for k, v in load_file(folder / "sae_weights.safetensors").items()}
    pre = (h - w["b_dec"] * config["apply_b_dec_to_input"]) @ w["W_enc"] + w["b_enc"]
    norms = np.linalg.norm(w["W_dec"], axis=1)
    by_norm = config.get("rescale_acts_by_decoder_norm", False)
    pre = pre * norms if by_norm else pre
    if config["architecture"] == "topk":
        kept = np.argsort(np.argsort(-pre, axis=1), axis=1) < config["k"]
    elif config["architecture"] == "jumprelu":
        kept = pre > w["threshold"]
    elif config["architecture"] in ("batchtopk", "matryoshka_batchtopk"):
        kept = pre > w["topk_threshold"]  # as it is saved for inference
    else:
        kept = np.ones_like(pre, dtype=bool)
    z = np.maximum(pre, 0) * kept
    return z, (z / norms if by_norm else z) @ w["W_dec"] + w["b_dec"]


@pytest.mark.parametrize("kind", DICTIONARY_KINDS)
def test_codes_there_and_back(
    random_dictionary: Make, raw_embedding: np.ndarray, tmp_path: Path, kind: str
):
    d = random_dictionary(kind)
    folder = to_saelens(d, tmp_path / "x")
    z, reconstruction = as_saelens(folder, raw_embedding)
    ours = d.encode(raw_embedding).toarray()
    assert (ours > 0).sum() > 40
    np.testing.assert_allclose(z, ours, atol=1e-5)
    np.testing.assert_allclose(reconstruction, d.reconstruct(raw_embedding), atol=1e-4)
    back = from_saelens(folder)
    np.testing.assert_allclose(back.encode(raw_embedding).toarray(), ours, atol=1e-5)
    assert (back.kind, back.k, back.groups) == (d.kind, d.k, d.groups)
    assert (back.transform.mean == d.transform.mean).all()
    assert back.meta["seed"] == 4
    assert back.meta["imported"]["architecture"] in ("topk", "jumprelu", "standard")


def folder_of(
    folder: Path, architecture: str, *, even: bool = True, **config: Any
) -> tuple[Path, dict[str, torch.Tensor]]:
    """A folder that SAELens could have written, far from our conventions."""
    generator = torch.Generator().manual_seed(1)
    w_dec = torch.randn(12, 5, generator=generator)
    w_dec /= w_dec.norm(dim=1, keepdim=True)
    if not even:
        w_dec *= torch.linspace(0.5, 2, 12)[:, None]
    tensors = {
        "W_dec": w_dec,
        "W_enc": torch.randn(5, 12, generator=generator),
        "b_enc": torch.randn(12, generator=generator),
        "b_dec": torch.randn(5, generator=generator),
    }
    if architecture == "jumprelu":
        tensors["threshold"] = torch.rand(12, generator=generator)
    if architecture in ("batchtopk", "matryoshka_batchtopk"):
        tensors["topk_threshold"] = torch.tensor(0.8, dtype=torch.double)
    folder.mkdir(exist_ok=True)
    save_file(tensors, folder / "sae_weights.safetensors")
    base = {"architecture": architecture, "d_in": 5, "d_sae": 12, "apply_b_dec_to_input": True}
    (folder / "cfg.json").write_text(json.dumps({**base, **config}))
    return folder, tensors


@pytest.mark.parametrize("b_dec", [True, False])
@pytest.mark.parametrize(
    ("architecture", "config"),
    [
        ("topk", {"k": 3}),
        ("jumprelu", {}),
        ("standard", {}),
        ("batchtopk", {"k": 2.6, "rescale_acts_by_decoder_norm": True}),
        ("matryoshka_batchtopk",
         {"k": 3, "matryoshka_widths": [4, 12], "rescale_acts_by_decoder_norm": True}),
    ],
)  # fmt: skip
def test_codes_of_folders_that_others_wrote(
    raw_embedding: np.ndarray, tmp_path: Path, architecture: str, config: dict, b_dec: bool
):
    folder, _ = folder_of(tmp_path / "x", architecture, apply_b_dec_to_input=b_dec, **config)
    d = from_saelens(folder)
    z, reconstruction = as_saelens(folder, raw_embedding)
    np.testing.assert_allclose(d.encode(raw_embedding).toarray(), z, atol=2e-5)
    np.testing.assert_allclose(d.reconstruct(raw_embedding), reconstruction, atol=2e-4)
    assert not d.meta["imported"]["norms_folded"]
    expected = {"topk": "topk", "jumprelu": "jumprelu", "standard": "l1"}
    assert d.kind == expected.get(architecture, "batchtopk")
    assert d.groups == ((4, 12) if architecture == "matryoshka_batchtopk" else None)


@pytest.mark.parametrize(
    ("architecture", "config"),
    [("jumprelu", {}), ("standard", {}), ("topk", {"k": 3, "rescale_acts_by_decoder_norm": True})],
)
def test_uneven_norms_are_folded_into_the_codes(
    raw_embedding: np.ndarray, tmp_path: Path, architecture: str, config: dict
):
    folder, tensors = folder_of(tmp_path / "x", architecture, even=False, **config)
    d = from_saelens(folder)
    z, reconstruction = as_saelens(folder, raw_embedding)
    # where the choice is by norm, SAELens's own codes carry the norm already
    norms = 1 if config.get("rescale_acts_by_decoder_norm") else tensors["W_dec"].norm(dim=1)
    np.testing.assert_allclose(d.encode(raw_embedding).toarray(), z * np.asarray(norms), atol=2e-5)
    np.testing.assert_allclose(d.reconstruct(raw_embedding), reconstruction, atol=2e-4)
    assert d.meta["imported"]["norms_folded"]


def test_thresholds_of_old_checkpoints(raw_embedding: np.ndarray, tmp_path: Path):
    folder, tensors = folder_of(tmp_path / "x", "jumprelu")
    new = from_saelens(folder)
    tensors["log_threshold"] = tensors.pop("threshold").log()
    save_file(tensors, folder / "sae_weights.safetensors")
    np.testing.assert_allclose(from_saelens(folder).threshold, new.threshold, rtol=1e-5)


def test_trained_on_by_others_the_transform_holds_and_what_was_known_does_not(
    random_dictionary: Make, raw_embedding: np.ndarray, tmp_path: Path
):
    d = random_dictionary("jumprelu")
    folder = to_saelens(d, tmp_path / "x")
    tensors = load_file(folder / "sae_weights.safetensors")
    tensors["b_enc"] = tensors["b_enc"] + 0.3
    save_file(tensors, folder / "sae_weights.safetensors")
    back = from_saelens(folder)
    z, _ = as_saelens(folder, raw_embedding)
    np.testing.assert_allclose(back.encode(raw_embedding).toarray(), z, atol=1e-5)
    assert back.transform.scale == d.transform.scale
    assert "seed" not in back.meta


@pytest.mark.parametrize(
    ("architecture", "config", "message"),
    [
        ("gated", {}, "architecture 'gated'"),
        ("topk", {"k": 3, "normalize_activations": "layer_norm"}, "'layer_norm'"),
        ("topk", {"k": 3, "normalize_activations": "expected_average_only_in"}, "average norm"),
        ("topk", {"k": 3, "reshape_activations": "hook_z"}, "hook_z"),
        ("topk", {"k": 12}, "k is 12 for 12 concepts"),
    ],
)
def test_what_has_no_place_here_is_refused(
    tmp_path: Path, architecture: str, config: dict, message: str
):
    folder, _ = folder_of(tmp_path / "x", architecture, **config)
    with pytest.raises(InputError, match=message):
        from_saelens(folder)


def test_a_choice_among_uneven_rows_is_refused(tmp_path: Path):
    folder, tensors = folder_of(tmp_path / "x", "topk", even=False, k=3)
    with pytest.raises(InputError, match="decoder rows have norms"):
        from_saelens(folder)
    del tensors["b_enc"]
    save_file(tensors, folder / "sae_weights.safetensors")
    with pytest.raises(CheckpointError, match="no 'b_enc'"):
        from_saelens(folder)


def test_normalised_embeddings(random_dictionary: Make, tmp_path: Path):
    d = random_dictionary(meta={"normalised": True})
    with pytest.raises(InputError, match="divided by their norm"):
        to_saelens(d, tmp_path / "x")
    assert not (tmp_path / "x").exists()
    to_saelens(d, tmp_path / "x", normalised_input=True)
