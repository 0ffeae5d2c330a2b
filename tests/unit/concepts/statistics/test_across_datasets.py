"""Concepts that recur in a dictionary of other cells, planted."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.statistics.across_datasets import across_datasets
from cellglass.errors import InputError

UNITS, SHARED, CELLS, WIDTH = 60, 8, 400, 50


def planted(seed: int) -> tuple[np.ndarray, ...]:
    """Two dictionaries that share the first concepts, and their activations on common cells."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(2, UNITS, WIDTH))
    z = rng.gamma(1.0, size=(2, CELLS, UNITS)) * (rng.random((2, CELLS, UNITS)) < 0.1)
    rows[1, :SHARED] = rows[0, :SHARED] + 0.3 * rng.normal(size=(SHARED, WIDTH))
    z[1, :, :SHARED] = z[0, :, :SHARED] * rng.uniform(0.5, 1.5, size=(CELLS, SHARED))
    order = rng.permutation(UNITS)
    return rows[0], rows[1][order], z[0], z[1][:, order], order


def test_shared_concepts_are_found_and_no_others():
    a, b, za, zb, order = planted(0)
    found = across_datasets(a, b, za, zb, draws=40)
    units = found.units
    assert units.recurs[:SHARED].all()
    assert units.recurs[SHARED:].sum() <= 1
    assert units.same_match[:SHARED].all()
    partner = units.cosine_match[:SHARED].str.removeprefix("unit ").astype(int)
    np.testing.assert_array_equal(order[partner], np.arange(SHARED))
    shares = found.shares.set_index("measure")
    assert shares.loc["recurs", "share"] >= SHARED / UNITS
    assert shares.loc["recurs", "null_share"] < 0.02
    assert shares.loc["cosine at least 0.7", "share"] == pytest.approx(SHARED / UNITS)
    assert shares.loc["cosine at least 0.7", "null_share"] < 0.01


def test_correlation_is_that_of_numpy():
    a, b, za, zb, _ = planted(1)
    units = across_datasets(a, b, za, zb, draws=3).units
    dense = np.corrcoef(za.T, zb.T)[:UNITS, UNITS:]
    np.testing.assert_allclose(units.correlation, dense.max(1), atol=1e-9)
    best = units.correlation_match.str.removeprefix("unit ").astype(int)
    np.testing.assert_array_equal(best, dense.argmax(1))


def test_nothing_recurs_in_strangers():
    called = []
    for seed in range(5):
        a, _, za, _, _ = planted(seed)
        _, b, _, zb, _ = planted(seed + 50)
        called.append(across_datasets(a, b, za, zb, draws=20).units.recurs.mean())
    assert np.mean(called) < 0.01


def test_permuting_within_labels_asks_for_more_than_the_label():
    """Units of both dictionaries fire on the same cell type, each at random within it."""
    rng = np.random.default_rng(3)
    kinds = np.repeat(list("abcd"), 100)
    z = [
        np.stack([(kinds == "abcd"[i % 4]) * (rng.random(400) < 0.5) for i in range(60)], axis=1)
        for _ in range(2)
    ]
    a, b = rng.normal(size=(2, 60, 30))
    free = across_datasets(a, b, *z, draws=20).units
    within = across_datasets(a, b, *z, draws=20, strata=kinds).units
    assert (free.correlation_q <= 0.05).all()
    assert (within.correlation_q <= 0.05).mean() < 0.1


def test_silent_units_do_not_recur():
    a, b, za, zb, _ = planted(4)
    za[:, 0] = 0.0
    row = across_datasets(a, b, za, zb, draws=10).units.iloc[0]
    assert np.isnan(row.correlation)
    assert row.correlation_match == ""
    assert not row.recurs


def test_other_cells_are_refused():
    a, b, za, zb, _ = planted(5)
    with pytest.raises(InputError, match=r"\(400, 60\) and \(399, 60\)"):
        across_datasets(a, b, za, zb[:-1])


def test_isotropic_null_is_beaten_by_any_narrow_space():
    rng = np.random.default_rng(7)
    z = [rng.gamma(1.0, size=(50, 60)) * (rng.random((50, 60)) < 0.3) for _ in range(2)]
    narrow = np.r_[np.ones(5), np.full(45, 0.02)]
    a, b = rng.normal(size=(2, 60, 50)) * narrow
    strict = across_datasets(a, b, *z, draws=20).units.cosine_q
    loose = across_datasets(a, b, *z, draws=20, null="isotropic").units.cosine_q
    assert (loose <= 0.05).all()
    assert (strict <= 0.05).mean() < 0.1
