from __future__ import annotations

import numpy as np
import pytest
import torch

from cellglass.concepts.dictionaries.dictionary import DICTIONARY_KINDS, Dictionary
from cellglass.concepts.dictionaries.dictionary_units import DictionaryUnits
from cellglass.concepts.transform import Transform


def units(kind: str) -> DictionaryUnits:
    rng = np.random.default_rng(5)
    decoder = rng.normal(size=(12, 6))
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    return DictionaryUnits(
        Dictionary(
            kind, decoder * 1.2, 0.2 * rng.normal(size=12), decoder, rng.normal(size=6),
            Transform(rng.normal(size=6).astype(np.float32), 0.8), k=3,
            threshold=rng.uniform(0.1, 1, size=12) if kind in ("batchtopk", "jumprelu") else None,
        )
    )  # fmt: skip


H = np.random.default_rng(6).normal(size=(50, 6)).astype(np.float32)


@pytest.mark.parametrize("kind", DICTIONARY_KINDS)
def test_gated_are_the_codes_and_the_margin_is_positive_exactly_there(kind: str):
    u = units(kind)
    found = u.read(H)
    np.testing.assert_array_equal(found.gated, u.dictionary.encode(H).toarray())
    np.testing.assert_array_equal(found.margin > 0, found.gated > 0)
    assert 0 < (found.gated > 0).mean() < 1


@pytest.mark.parametrize("kind", ["topk", "matryoshka"])
def test_margin_of_top_k_by_hand(kind: str):
    found = units(kind).read(H)
    for i in range(len(H)):
        for j in range(12):
            others = np.maximum(np.delete(found.pre[i], j), 0)
            wanted = found.pre[i, j] - np.sort(others)[-3]
            assert found.margin[i, j] == pytest.approx(wanted, abs=1e-6)


def test_margin_above_thresholds_by_hand():
    u = units("jumprelu")
    found = u.read(H)
    np.testing.assert_allclose(found.margin, found.pre - u.dictionary.threshold)
    plain = units("l1").read(H)
    np.testing.assert_array_equal(plain.margin, plain.pre)


@pytest.mark.parametrize("kind", ["topk", "batchtopk"])
def test_some_units_are_read_as_all_are(kind: str):
    u = units(kind)
    every, some = u.read(H), u.read(H, [7, 2])
    for name in ("gated", "pre", "margin"):
        np.testing.assert_array_equal(getattr(some, name), getattr(every, name)[:, [7, 2]])


def test_an_equal_beside_the_last_of_the_k():
    plain = Transform(np.zeros(3, np.float32), 1.0)
    d = Dictionary("topk", np.eye(3), np.zeros(3), np.eye(3), np.zeros(3), plain, k=1)
    found = DictionaryUnits(d).read(np.array([[2.0, 2.0, 1.0]]))
    assert found.gated.tolist() == [[2.0, 0.0, 0.0]]
    assert (found.margin > 0).tolist() == [[True, False, False]]


def test_pre_is_differentiable_and_the_same():
    u = units("topk")
    h = torch.tensor(H, dtype=torch.float64, requires_grad=True)
    pre = u.pre(h, [3, 9])
    np.testing.assert_allclose(pre.detach().numpy(), u.read(H, [3, 9]).pre, atol=1e-5)
    pre[:, 0].sum().backward()
    wanted = u.dictionary.encoder[3] * u.transform.scale
    np.testing.assert_allclose(h.grad[0].numpy(), wanted, rtol=1e-6)


def test_names_and_directions():
    u = units("topk")
    assert u.kind == "concept"
    assert u.names[:2] == ("concept 0", "concept 1")
    assert u.directions is u.dictionary.decoder
