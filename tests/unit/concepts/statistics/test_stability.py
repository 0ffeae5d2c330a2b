"""Stability over seeds: copies match at one, strangers at the null."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from cellglass.concepts.statistics.stability import (
    initial_difference,
    seed_stability,
    subspace_overlap,
)
from cellglass.errors import InputError


def rows(seed: int, n: int = 60, width: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, width))


def test_permuted_copies_match_at_one():
    order = np.random.default_rng(9).permutation(60)
    found = seed_stability([rows(0), -2 * rows(0)[order], rows(0)[::-1]])
    assert found.pw_mcc == pytest.approx(1.0, abs=1e-6)
    assert found.pairs.share_matched_closely.eq(1.0).all()
    assert found.units.stability.eq(1.0).all()
    assert len(found.units) == 180
    assert found.units.n_other_seeds.eq(2).all()
    # two of two seeds: Wilson says how little that is
    assert found.units.stability_low.iloc[0] == pytest.approx(0.342, abs=1e-3)


def test_strangers_match_at_the_null():
    found = seed_stability([rows(i) for i in range(4)], null_draws=4)
    table = found.summary().set_index("measure")
    assert table.loc["pw_mcc", "n_pairs"] == 6
    assert table.loc["pw_mcc", "value"] == pytest.approx(
        table.loc["pw_mcc", "null_isotropic"], abs=0.02
    )
    assert table.loc["share_matched", "value"] == 0.0


def test_covariance_null_catches_what_a_narrow_space_gives():
    """Unrelated dictionaries in the same three dimensions match well by being there."""
    narrow = np.zeros(40)
    narrow[:3] = 1.0
    found = seed_stability([rows(i) * (narrow + 0.01) for i in range(2)])
    table = found.summary().set_index("measure").loc["pw_mcc"]
    assert table.value > 0.9 > 0.6 > table.null_isotropic
    assert table.value == pytest.approx(table.null_covariance, abs=0.05)


def test_stability_of_a_concept_is_its_share_of_seeds():
    shared, decoders = rows(0, 10), []
    for seed in range(1, 5):
        mine = rows(seed, 30)
        mine[:5] = shared[:5]
        if seed < 3:
            mine[5] = shared[5]
        decoders.append(mine)
    units = seed_stability(decoders).units
    first = units[units.seed == 0]
    assert first.stability.iloc[:5].eq(1.0).all()
    assert first.stability.iloc[5] == pytest.approx(1 / 3)
    assert first.stability.iloc[6:].eq(0.0).all()
    assert seed_stability(decoders).pairs.share_matched.iloc[0] == pytest.approx(6 / 30)


def test_unlike_sizes_leave_the_rest_unmatched():
    found = seed_stability([rows(0), rows(0)[:20]], method="hungarian")
    units = found.units
    assert units[units.seed == 0].stability.sum() == 20
    assert units[units.seed == 1].stability.sum() == 20


def test_one_seed_is_refused():
    with pytest.raises(InputError, match="1 dictionary"):
        seed_stability([rows(0)])


def test_seeds_that_start_alike_are_refused():
    assert initial_difference(rows(0), rows(1)) == 0.0
    with pytest.raises(InputError, match="100% of the initial directions"):
        initial_difference(rows(0), rows(0)[::-1])
    mixed = rows(1)
    mixed[:6] = rows(0)[:6]
    with pytest.raises(InputError, match="10% of the initial directions"):
        initial_difference(rows(0), mixed)
    assert initial_difference(rows(0), mixed, shared=0.2) == pytest.approx(0.1)


def test_principal_angles_are_those_of_scipy():
    found = subspace_overlap(rows(0, 8), rows(1, 8), n_top=5)
    expected = np.cos(subspace_angles(rows(0, 8)[:5].T, rows(1, 8)[:5].T))
    np.testing.assert_allclose(np.sort(found.cosines), np.sort(expected), atol=1e-5)
    assert found.overlap == pytest.approx((expected**2).mean(), abs=1e-6)


def test_random_spaces_overlap_by_chance():
    overlaps = [subspace_overlap(rows(i), rows(i + 50), n_top=10).overlap for i in range(30)]
    found = subspace_overlap(rows(0), rows(1), n_top=10)
    assert found.chance == 10 / 40
    assert np.mean(overlaps) == pytest.approx(found.chance, abs=0.02)
    assert found.null.mean() == pytest.approx(found.chance, abs=0.04)


def test_unstable_concepts_in_a_stable_space():
    basis = np.linalg.qr(rows(0, 40))[0][:10]
    a, b = rows(1, 30, 10) @ basis, rows(2, 30, 10) @ basis
    assert seed_stability([a, b]).pairs.share_matched_closely.item() < 0.2
    assert subspace_overlap(a, b, n_top=20).overlap == pytest.approx(1.0)
    assert subspace_overlap(a, b, n_top=20).chance == 0.25


def test_variance_chooses_the_span():
    variance = np.r_[np.zeros(30), np.ones(30)]
    found = subspace_overlap(rows(0), rows(0)[30:], variance_first=variance, n_top=10)
    assert found.overlap == pytest.approx(1.0)
    with pytest.raises(InputError, match="99 top units"):
        subspace_overlap(rows(0), rows(1), n_top=99)
