from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.dictionaries.planted import planted_dictionary, recovery
from cellglass.concepts.transform import Transform


def test_cells_are_sums_of_k_concepts():
    made = planted_dictionary(400, 30, 12, 3, seed=1, noise=0.0)
    assert (np.diff(made.codes.indptr) == 3).all()
    assert made.codes.has_canonical_format or not made.codes.has_sorted_indices
    np.testing.assert_allclose(made.embedding, made.codes @ made.directions, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(made.directions, axis=1), 1, rtol=1e-6)
    assert (np.bincount(made.codes.indices, minlength=30) > 0).all()


@pytest.mark.parametrize("gamma", [5.0, 30.0])
def test_gamma_is_what_was_asked_for(gamma: float):
    made = planted_dictionary(500, 30, 12, 3, seed=1, gamma=gamma)
    assert Transform.fit(made.embedding).gamma == pytest.approx(gamma, rel=0.05)


def test_noise_is_a_share_of_the_signal():
    quiet, loud = (planted_dictionary(500, 30, 12, 3, seed=1, noise=n) for n in (0.0, 0.5))
    assert (loud.embedding - quiet.embedding).std() == pytest.approx(
        0.5 * quiet.embedding.std(), rel=0.05
    )


def test_seeds_differ_and_repeat():
    a, b, c = (planted_dictionary(50, 30, 12, 3, seed=s).embedding for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


def as_dictionary(rows: np.ndarray) -> Dictionary:
    plain = Transform(np.zeros(rows.shape[1], np.float32), 1.0)
    return Dictionary("l1", rows, np.zeros(len(rows)), rows, np.zeros(rows.shape[1]), plain)


def test_recovery_is_blind_to_order_and_sign_and_counts_what_is_missing():
    made = planted_dictionary(50, 20, 12, 3, seed=1)
    rows = made.directions
    shuffled = np.random.default_rng(0).permutation(rows) * -1
    assert recovery(as_dictionary(shuffled), made) == pytest.approx(1, abs=1e-6)
    assert recovery(as_dictionary(rows), 3 * rows) == pytest.approx(1, abs=1e-6)
    assert recovery(as_dictionary(rows[:5]), made) == pytest.approx(0.25, abs=1e-6)
    random = planted_dictionary(50, 20, 12, 3, seed=2).directions
    assert recovery(as_dictionary(random), made) < 0.7
