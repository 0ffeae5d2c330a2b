"""sparsify's layout, read by what sparsify computes; tests/peers holds it against the package."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.dictionaries.sparsify import from_sparsify, to_sparsify
from cellglass.errors import CheckpointError, InputError

Make = Callable[..., Dictionary]


def as_sparsify(folder: Path, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes and reconstruction in float64, as the package computes them from its two files."""
    config = json.loads((folder / "cfg.json").read_text())
    w = {k: v.double().numpy() for k, v in load_file(folder / "sae.safetensors").items()}
    pre = np.maximum((h - w["b_dec"]) @ w["encoder.weight"].T + w["encoder.bias"], 0)
    kept = np.argsort(np.argsort(-pre, axis=1), axis=1) < config["k"]
    return pre * kept, (pre * kept) @ w["W_dec"] + w["b_dec"]


@pytest.mark.parametrize("kind", ["topk", "matryoshka"])
@pytest.mark.parametrize("noted", [True, False])
def test_codes_there_and_back(
    random_dictionary: Make, raw_embedding: np.ndarray, tmp_path: Path, kind: str, noted: bool
):
    d = random_dictionary(kind)
    folder = to_sparsify(d, tmp_path / "x")
    if not noted:  # as the package itself saves it again
        config = json.loads((folder / "cfg.json").read_text())
        del config["cellglass"]
        (folder / "cfg.json").write_text(json.dumps(config))
    z, reconstruction = as_sparsify(folder, raw_embedding)
    ours = d.encode(raw_embedding).toarray()
    np.testing.assert_allclose(z, ours, atol=1e-5)
    np.testing.assert_allclose(reconstruction, d.reconstruct(raw_embedding), atol=1e-4)
    back = from_sparsify(folder)
    np.testing.assert_allclose(back.encode(raw_embedding).toarray(), ours, atol=1e-5)
    assert back.kind == (kind if noted else "topk")
    assert back.groups == (d.groups if noted else None)
    assert ("seed" in back.meta) == noted


@pytest.mark.parametrize("kind", ["batchtopk", "jumprelu", "l1"])
def test_thresholds_have_no_place_there(random_dictionary: Make, tmp_path: Path, kind: str):
    with pytest.raises(InputError, match=f"of kind '{kind}'") as caught:
        to_sparsify(random_dictionary(kind), tmp_path / "x")
    assert "to_saelens" in caught.value.fix
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activation": "groupmax"}, "groupmax"),
        ({"transcode": True}, "a transcoder"),
        ({"skip_connection": True}, "a skip connection"),
    ],
)
def test_what_has_no_place_here_is_refused(
    random_dictionary: Make, tmp_path: Path, change: dict[str, Any], message: str
):
    folder = to_sparsify(random_dictionary(), tmp_path / "x")
    config = json.loads((folder / "cfg.json").read_text())
    (folder / "cfg.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(InputError, match=message):
        from_sparsify(folder)


def test_uneven_rows_and_missing_tensors(random_dictionary: Make, tmp_path: Path):
    folder = to_sparsify(random_dictionary(), tmp_path / "x")
    tensors = load_file(folder / "sae.safetensors")
    tensors["W_dec"][0] *= 2
    save_file(tensors, folder / "sae.safetensors")
    with pytest.raises(InputError, match="decoder rows have norms"):
        from_sparsify(folder)
    del tensors["encoder.bias"]
    save_file(tensors, folder / "sae.safetensors")
    with pytest.raises(CheckpointError, match=r"no 'encoder.bias'"):
        from_sparsify(folder)


def test_normalised_embeddings(random_dictionary: Make, tmp_path: Path):
    d = random_dictionary(meta={"embedding": {"normalised": True}})
    with pytest.raises(InputError, match="divided by their norm"):
        to_sparsify(d, tmp_path / "x")
    to_sparsify(d, tmp_path / "x", normalised_input=True)
