"""Matching of directions against brute force."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from cellglass.concepts.statistics.matching import (
    best_cosine,
    match_directions,
    random_directions,
    unit_rows,
)
from cellglass.errors import InputError


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.normal(size=(6, 4)), rng.normal(size=(6, 4))


def test_hungarian_is_the_best_of_all(rows: tuple[np.ndarray, np.ndarray]):
    a, b = (unit_rows(r).astype(float) for r in rows)
    best = max(np.abs((a * b[list(p)]).sum(1)).sum() for p in permutations(range(6)))
    assert match_directions(*rows).cosine.sum() == pytest.approx(best, abs=1e-5)
    signed = max((a * b[list(p)]).sum() for p in permutations(range(6)))
    assert match_directions(*rows, signed=True).cosine.sum() == pytest.approx(signed, abs=1e-5)


def test_best_is_never_below_hungarian(rows: tuple[np.ndarray, np.ndarray]):
    one_to_one = match_directions(*rows).of_first(6)
    assert (match_directions(*rows, method="best").of_first(6) >= one_to_one - 1e-6).all()


def test_permuted_and_flipped_copy_matches_at_one(rows: tuple[np.ndarray, np.ndarray]):
    order = np.random.default_rng(2).permutation(6)
    found = match_directions(rows[0], -3 * rows[0][order])
    np.testing.assert_allclose(found.cosine, 1.0, atol=1e-6)
    np.testing.assert_array_equal(order[found.second], np.arange(6))
    assert match_directions(rows[0], -rows[0][order], signed=True).cosine.mean() < 0.6


def test_rows_left_over_have_no_partner(rows: tuple[np.ndarray, np.ndarray]):
    found = match_directions(rows[0], rows[1][:4])
    assert len(found.first) == 4
    assert np.isnan(found.of_first(6)).sum() == 2


def test_nearest_in_blocks_is_the_nearest():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2100, 8)), rng.normal(size=(50, 8))
    cosine, partner = best_cosine(a, b)
    all_of_them = unit_rows(a) @ unit_rows(b).T
    np.testing.assert_array_equal(partner, np.abs(all_of_them).argmax(1))
    np.testing.assert_allclose(cosine, all_of_them[np.arange(2100), partner], atol=1e-6)
    itself, at = best_cosine(a, a, itself=True)
    assert (at != np.arange(2100)).all()
    assert (np.abs(itself) < 1).all()


def test_random_directions_have_the_moments_asked_for():
    rng = np.random.default_rng(4)
    like = rng.normal(size=(500, 3)) * [10.0, 1.0, 0.1]
    drawn = random_directions(4000, 3, rng, like=like)
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), 1, atol=1e-6)
    assert (np.abs(drawn[:, 0]) > 0.9).mean() > 0.8
    flat = random_directions(4000, 3, rng)
    np.testing.assert_allclose(flat.T @ flat / 4000, np.eye(3) / 3, atol=0.02)


def test_unlike_widths_and_zero_rows_are_refused():
    with pytest.raises(InputError, match="width 2 and 3"):
        match_directions(np.ones((1, 2)), np.ones((1, 3)))
    with pytest.raises(InputError, match="1 of 2 directions are zero"):
        unit_rows([[0.0, 0.0], [1.0, 0.0]])
