"""Dictionaries of random directions with the gate of a trained one."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import Transform
from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.statistics.matching import random_directions
from cellglass.concepts.statistics.random_dictionary import random_dictionary
from cellglass.errors import InputError


@pytest.fixture
def cells() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(500, 8)) * np.r_[5.0, np.ones(7)] + 1.0


def trained(cells: np.ndarray, kind: str) -> Dictionary:
    rng = np.random.default_rng(2)
    rows = random_directions(20, 8, rng)
    threshold = rng.uniform(0.2, 2, size=20) if kind in ("batchtopk", "jumprelu") else None
    return Dictionary(
        kind,  # type: ignore[arg-type]
        rows, rng.normal(size=20) * 0.3, rows, rng.normal(size=8) * 0.1, Transform.fit(cells),
        k=None if kind in ("l1", "jumprelu") else 3, threshold=threshold,
        groups=(5, 15) if kind == "matryoshka" else None,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["topk", "matryoshka"])
def test_gate_stays_and_directions_do_not(kind: str, cells: np.ndarray):
    d = trained(cells, kind)
    found = random_dictionary(d, 1)
    assert (found.kind, found.k, found.groups) == (kind, 3, d.groups)
    np.testing.assert_allclose(np.linalg.norm(found.decoder, axis=1), 1, atol=1e-6)
    assert np.abs(found.decoder @ d.decoder.T).max() < 0.99
    assert np.diff(found.encode(cells).indptr).max() <= 3
    np.testing.assert_array_equal(found.decoder, random_dictionary(d, 1).decoder)
    assert not np.allclose(found.decoder, random_dictionary(d, 2).decoder)
    assert found.meta["origin"] == "random directions"


@pytest.mark.parametrize("kind", ["batchtopk", "jumprelu", "l1"])
def test_thresholds_give_the_same_rates(kind: str, cells: np.ndarray):
    d = trained(cells, kind)
    found = random_dictionary(d, 1, embedding=cells)
    expected = np.diff(d.encode(cells).tocsc().indptr)
    active = np.diff(found.encode(cells).tocsc().indptr)
    # a threshold below 0 is not to be had by a gate of codes above 0
    possible = expected < 0.4 * len(cells)
    assert possible.sum() >= 5
    np.testing.assert_allclose(active[possible], expected[possible], atol=2)


def test_covariance_of_the_cells(cells: np.ndarray):
    d = trained(cells, "topk")
    like = random_dictionary(d, 1, embedding=cells, covariance=True)
    assert np.mean(like.decoder[:, 0] ** 2) > 0.4


def test_cells_are_asked_for_where_needed(cells: np.ndarray):
    with pytest.raises(InputError, match="kind 'l1'"):
        random_dictionary(trained(cells, "l1"), 1)
    with pytest.raises(InputError, match="with their covariance"):
        random_dictionary(trained(cells, "topk"), 1, covariance=True)
