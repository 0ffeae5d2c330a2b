"""The interval solver against exhaustive search."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.data.integrality import log10_chance, solve_units, whole_numbers


def slow_solution(value: np.ndarray, delta: np.ndarray, multiple: int) -> list[int] | None:
    """Scan units finely: counts if some unit puts a whole number into every interval."""
    m = int(np.argmin(value))
    units = np.linspace((value[m] - delta[m]) / multiple, (value[m] + delta[m]) / multiple, 8001)
    counts = np.rint(value / units[:, None])
    fits = np.all((np.abs(value - counts * units[:, None]) <= delta) & (counts >= 1), axis=1)
    return counts[fits][0].astype(int).tolist() if fits.any() else None


def rounded_cell(rng: np.random.Generator, decimals: int) -> tuple[np.ndarray, np.ndarray, list]:
    counts = rng.integers(1, 30, size=8)
    counts[rng.integers(8)] = 1
    unit = rng.uniform(0.5, 5)
    value = np.round(counts * unit, decimals)
    return value, np.full(8, 0.5 * 10.0**-decimals), counts.tolist()


def test_units_agree_with_a_scan() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        value, delta, counts = rounded_cell(rng, 2)
        found = solve_units(value, delta, np.array([0, 8]))
        assert found.solved.all()
        assert found.counts.tolist() == counts == slow_solution(value, delta, 1)


def test_values_that_are_no_multiples_are_refused_as_by_a_scan() -> None:
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(40):
        value, delta = rng.uniform(1, 30, 8), np.full(8, 0.005)
        found = solve_units(value, delta, np.array([0, 8]))
        scan = any(slow_solution(value, delta, k) for k in range(1, 5))
        assert bool(found.solved[0]) == scan
        refused += not scan
    assert refused == 40


def test_smallest_value_may_be_several_counts() -> None:
    value = np.array([2.0, 3.0, 7.0, 3.0, 5.0]) * 0.37
    found = solve_units(value, np.full(5, 1e-9), np.array([0, 3, 5]))
    assert found.counts.tolist() == [2, 3, 7, 3, 5]
    assert found.multiple.tolist() == [2, 3]


def test_too_coarse_rounding_is_told_apart_from_contradiction() -> None:
    coarse = solve_units(np.array([1.0, 40.3]), np.array([0.05, 0.05]), np.array([0, 2]))
    assert not coarse.solved[0]
    assert coarse.too_wide[0]
    wrong = solve_units(np.array([1.0, 1.1, 1.21]), np.full(3, 1e-6), np.array([0, 3]))
    assert not wrong.solved[0]
    assert not wrong.too_wide[0]


def test_other_values_narrow_the_unit() -> None:
    """400 counts cannot be told from the smallest value alone, but from its neighbours they can."""
    counts = np.array([1, 3, 10, 35, 120, 400])
    value, delta = np.round(counts * 0.731, 2), np.full(6, 0.005)
    alone = solve_units(value[[0, 5]], delta[[0, 5]], np.array([0, 2]))
    assert alone.too_wide[0]
    assert solve_units(value, delta, np.array([0, 6])).counts.tolist() == counts.tolist()


def test_values_that_fit_one_by_one_but_not_together() -> None:
    """10.08 and 9.92 are both 10 units of about 1, but of no single unit."""
    value, delta = np.array([1.0, 9.92, 10.08]), np.full(3, 0.01)
    assert solve_units(value[:2], delta[:2], np.array([0, 2])).solved[0]
    assert solve_units(value[[0, 2]], delta[:2], np.array([0, 2])).solved[0]
    found = solve_units(value, delta, np.array([0, 3]))
    assert not found.solved[0]
    assert slow_solution(value, delta, 1) is None


def test_empty_rows_keep_their_place() -> None:
    found = solve_units(np.array([0.5, 1.0, 0.3]), np.full(3, 1e-9), np.array([0, 0, 2, 2, 3]))
    assert found.solved.all()
    assert found.counts.tolist() == [1, 2, 1]
    assert np.isnan(found.low[[0, 2]]).all()


def test_rounding_larger_than_the_value_is_never_solved() -> None:
    found = solve_units(np.array([0.4, 3.0]), np.array([0.5, 0.5]), np.array([0, 2]))
    assert not found.solved[0]


def test_counts_are_at_least_one() -> None:
    one = np.ones(1)
    assert not whole_numbers(np.array([0.1]), np.array([0.2]), one, one)[2][0]


@pytest.mark.parametrize("free", [True, False])
def test_chance_is_the_share_of_random_values_that_pass(free: bool) -> None:
    """One extra value of half-width 0.1 passes in one of five random cases."""
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(4000):
        value = np.array([1.0, rng.uniform(5, 15)])
        one = np.ones(2)
        hits += bool(whole_numbers(value, np.array([0.0, 0.1]), one, one)[2].all())
    assert hits / 4000 == pytest.approx(0.2, abs=0.02)
    value, width = np.array([1.0, 7.0, 7.0, 9.0]), np.array([1e-3, 0.1, 0.1, 0.1])
    chance = log10_chance(value, width, np.array([0, 4]), free_unit=free)
    if free:  # the smallest proves nothing, 7.0 counts once, four multiples were tried
        assert chance == pytest.approx(2 * np.log10(0.2) + np.log10(4))
    else:
        assert chance == pytest.approx(2 * np.log10(0.2) + np.log10(2e-3))


def test_chance_without_evidence_is_one() -> None:
    assert log10_chance(np.array([3.0]), np.array([0.1]), np.array([0, 1]), free_unit=True) == 0
    assert log10_chance(np.zeros(0), np.zeros(0), np.array([0]), free_unit=True) == 0
