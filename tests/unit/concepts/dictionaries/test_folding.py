"""Folding changes the basis, never a code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.dictionaries.folding import RawWeights, from_raw, to_raw
from cellglass.errors import CheckpointError, InputError

Make = Callable[..., Dictionary]


def pre_of(raw: RawWeights, h: np.ndarray) -> np.ndarray:
    return (h - raw.bias) @ raw.encoder.T + raw.encoder_bias


def test_pre_activations_and_reconstruction_of_raw_weights(
    random_dictionary: Make, raw_embedding: np.ndarray
):
    d = random_dictionary("l1")
    raw = to_raw(d)
    np.testing.assert_allclose(pre_of(raw, raw_embedding), d.pre(raw_embedding), atol=1e-5)
    z = d.encode(raw_embedding)
    np.testing.assert_allclose(z @ raw.decoder + raw.bias, d.reconstruct(raw_embedding), atol=1e-4)


@pytest.mark.parametrize("known", [True, False])
def test_back_with_and_without_the_transform(
    random_dictionary: Make, raw_embedding: np.ndarray, known: bool
):
    d = random_dictionary("jumprelu")
    unit = from_raw(to_raw(d), d.transform if known else None)
    assert not unit.norms_folded
    assert unit.transform.scale == pytest.approx(d.transform.scale, rel=1e-5)
    assert (unit.transform.mean == (d.transform.mean if known else 0)).all()
    w = unit.weights
    back = replace(
        d, encoder=w.encoder, encoder_bias=w.encoder_bias, decoder=w.decoder, bias=w.bias,
        threshold=w.threshold, transform=unit.transform,
    )  # fmt: skip
    np.testing.assert_allclose(w.decoder, d.decoder, atol=1e-6)
    np.testing.assert_allclose(
        back.encode(raw_embedding).toarray(), d.encode(raw_embedding).toarray(), atol=1e-5
    )
    np.testing.assert_allclose(
        back.reconstruct(raw_embedding), d.reconstruct(raw_embedding), atol=1e-4
    )


def uneven(d: Dictionary) -> tuple[RawWeights, np.ndarray]:
    raw = to_raw(d)
    norms = np.linspace(0.5, 2, len(raw.decoder))
    return replace(raw, decoder=(raw.decoder * norms[:, None]).astype(np.float32)), norms


def test_norms_move_from_the_decoder_into_the_codes(
    random_dictionary: Make, raw_embedding: np.ndarray
):
    raw, _ = uneven(random_dictionary("jumprelu"))
    norms = np.linalg.norm(raw.decoder, axis=1)
    pre = pre_of(raw, raw_embedding)
    codes = np.maximum(pre, 0) * (pre > raw.threshold)
    unit = from_raw(raw)
    assert unit.norms_folded
    w = unit.weights
    t = unit.transform(raw_embedding)
    folded = (t - w.bias) @ w.encoder.T + w.encoder_bias
    ours = np.maximum(folded, 0) * (folded > w.threshold)
    np.testing.assert_allclose(ours, codes * norms, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(w.decoder, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(
        unit.transform.inverse(ours @ w.decoder + w.bias), codes @ raw.decoder + raw.bias, atol=1e-4
    )


def test_a_threshold_that_holds_after_the_norms_stays(random_dictionary: Make):
    raw, _ = uneven(random_dictionary("jumprelu"))
    same = from_raw(raw, threshold_by_norm=True).weights.threshold
    assert (same == raw.threshold).all()
    assert np.abs(from_raw(raw).weights.threshold - raw.threshold).max() > 0.05


def test_a_choice_among_rows_of_different_norms_cannot_be_kept(random_dictionary: Make):
    raw, _ = uneven(random_dictionary("topk"))
    with pytest.raises(InputError, match="decoder rows have norms from"):
        from_raw(raw, selects=True)
    assert from_raw(raw, selects=True, selects_by_norm=True).norms_folded
    assert not from_raw(to_raw(random_dictionary("topk")), selects=True).norms_folded


def test_rows_without_direction_and_shapes_that_disagree(random_dictionary: Make):
    raw = to_raw(random_dictionary("topk"))
    dead = raw.decoder.copy()
    dead[[1, 2]] = 0
    with pytest.raises(InputError, match="2 decoder rows are zero"):
        from_raw(replace(raw, decoder=dead))
    with pytest.raises(CheckpointError, match=r"encoder of shape \(5, 12\)"):
        replace(raw, encoder=raw.encoder.T)
    with pytest.raises(CheckpointError, match=r"bias of shape \(4,\)"):
        replace(raw, bias=raw.bias[:4])
