from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.dictionaries import dictionary as module
from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.transform import Transform
from cellglass.errors import InputError


def made(kind="topk", concepts=12, width=5, k: int | None = 3, seed=0, **changes):
    rng = np.random.default_rng(seed)
    decoder = rng.normal(size=(concepts, width))
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    parts = {
        "encoder": decoder + 0.1 * rng.normal(size=decoder.shape),
        "encoder_bias": 0.1 * rng.normal(size=concepts),
        "decoder": decoder,
        "bias": rng.normal(size=width),
        "transform": Transform(rng.normal(size=width).astype(np.float32), 0.7, 1.5),
        "k": k,
    }
    if kind in ("batchtopk", "jumprelu"):
        parts["threshold"] = rng.uniform(0.1, 0.5, size=concepts)
    return Dictionary(kind, **(parts | changes))


def by_hand(d: Dictionary, h: np.ndarray) -> np.ndarray:
    """Codes, one cell and concept after the other, in float64."""
    t = (h - d.transform.mean) * d.transform.scale
    pre = (t - d.bias) @ d.encoder.astype(float).T + d.encoder_bias
    out = np.zeros_like(pre)
    for i, row in enumerate(pre):
        if d.kind in ("topk", "matryoshka"):
            kept = np.argsort(-row)[: d.k]
        elif d.threshold is not None:
            kept = np.flatnonzero(row > d.threshold)
        else:
            kept = np.arange(len(row))
        out[i, kept] = np.maximum(row[kept], 0)
    return out


@pytest.mark.parametrize("kind", module.DICTIONARY_KINDS)
def test_encode_decode_reconstruct_by_hand(kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "BLOCK", 7)  # several blocks, the last one short
    d = made(kind)
    h = np.random.default_rng(1).normal(size=(20, 5)).astype(np.float32)
    z = by_hand(d, h)
    codes = d.encode(h)
    assert codes.format == "csr"
    assert codes.shape == (20, 12)
    np.testing.assert_allclose(codes.toarray(), z, atol=1e-5)
    t = z @ d.decoder + d.bias
    np.testing.assert_allclose(d.decode(codes), t, atol=1e-5)
    np.testing.assert_allclose(d.decode(codes.toarray()), t, atol=1e-5)
    np.testing.assert_allclose(
        d.reconstruct(h), t / d.transform.scale + d.transform.mean, atol=1e-5
    )


def test_no_cells_give_no_codes():
    d = made()
    assert d.encode(np.zeros((0, 5))).shape == (0, 12)
    assert d.reconstruct(np.zeros((0, 5))).shape == (0, 5)


def test_another_width_is_refused():
    with pytest.raises(InputError, match="5, the width the dictionary was trained on"):
        made().encode(np.zeros((3, 6)))


def test_rows_normalised_along_the_wrong_axis_are_refused():
    """Library mistake 4: unit norm per output coordinate leaves concepts of any norm."""
    decoder = np.random.default_rng(0).normal(size=(12, 5))
    wrong = decoder / np.linalg.norm(decoder, axis=0, keepdims=True)
    with pytest.raises(InputError, match="one unit vector a concept"):
        made(decoder=wrong)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoder": np.zeros((12, 4))}, "encoder has shape"),
        ({"encoder_bias": np.zeros(11)}, "encoder_bias has shape"),
        ({"bias": np.full(5, np.nan)}, "not finite"),
        ({"k": 12}, "fewer than the concepts"),
        ({"k": None}, "k is None"),
        ({"kind": "batchtopk", "threshold": None}, "threshold has shape"),
        ({"kind": "top-k"}, "did you mean 'topk'"),
        ({"transform": Transform(np.zeros(4, np.float32), 1.0)}, "a transform of width 4"),
    ],
)
def test_what_cannot_be_a_dictionary_is_refused(changes: dict, said: str):
    with pytest.raises(InputError, match=said):
        made(**changes)


def test_hash_tells_weights_apart():
    d = made()
    assert d.weights_sha256 == made().weights_sha256
    assert d.weights_sha256 != made(bias=np.ones(5)).weights_sha256
    other = Transform(d.transform.mean + 1, d.transform.scale)
    assert d.weights_sha256 != made(transform=other).weights_sha256
