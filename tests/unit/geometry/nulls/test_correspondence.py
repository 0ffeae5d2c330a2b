from itertools import permutations

import numpy as np
import pytest

from cellglass.errors import InputError, ResourceError, StudyError
from cellglass.geometry.nulls.correspondence import CorrespondenceNull, pairing_test


def pairings(null, n, seed=0):
    return np.array([pairing for pairing, _ in null.draws(n, seed, "test")])


def test_draws_are_uniform_permutations():
    drawn = pairings(CorrespondenceNull.of(4), 4800)
    counts = dict.fromkeys(permutations(range(4)), 0)
    for row in drawn:
        counts[tuple(row.tolist())] += 1
    assert len(counts) == 24
    expected = 200
    chi2 = sum((c - expected) ** 2 / expected for c in counts.values())
    assert chi2 < 49.7  # 0.1 % of chi-squared with 23 degrees of freedom


def test_draws_stay_in_their_blocks():
    null = CorrespondenceNull.of(30, ["a", "b", "c"] * 10)
    drawn = pairings(null, 50)
    assert (drawn % 3 == np.arange(30) % 3).all()
    assert (np.sort(drawn, axis=1) == np.arange(30)).all()
    assert len({tuple(row) for row in drawn.tolist()}) == 50


def test_a_draw_depends_on_its_number_alone():
    null = CorrespondenceNull.of(20)
    assert np.array_equal(pairings(null, 9)[:4], pairings(null, 4))
    assert not np.array_equal(pairings(null, 4), pairings(null, 4, seed=1))


def test_the_self_check_passes_for_its_own_draws_and_counts_fixed_pairs():
    null = CorrespondenceNull.of(60, np.arange(60) % 5)
    found = null.check(pairings(null, 200)).require()
    assert found.passed
    assert found.null == "correspondence"
    assert 60 * (1 - found.mean_changed) == pytest.approx(5, abs=0.7)  # one pair a block stays


def test_the_self_check_catches_what_is_no_correspondence_null():
    null = CorrespondenceNull.of(20, np.arange(20) % 2)
    good = pairings(null, 100)
    same = np.tile(np.arange(20), (100, 1))
    across = np.array([np.random.default_rng(i).permutation(20) for i in range(100)])
    twice = good.copy()
    twice[0, 0] = twice[0, 2]
    rotation = np.tile(np.roll(np.arange(20), 2), (100, 1))
    for draws, message in (
        (same, "100 of 100 draws equal the observed pairing"),
        (across, "takes a gene out of its block"),
        (twice, "gives two genes one partner"),
        (rotation, "0.00 pairs a draw are left as they were, 2 expected"),
    ):
        found = null.check(draws)
        assert not found.passed
        with pytest.raises(StudyError, match=message):
            found.require()
    with pytest.raises(InputError, match="expected: \\(draws, 20\\)"):
        null.check(good[:, :5])


def test_against_all_permutations_of_5():
    first, second = np.array([1.0, 2, 4, 7, 11]), np.array([1.5, 1, 6, 5, 9])

    def dot(pairing):
        return float(first @ (second if pairing is None else second[pairing]))

    exact = np.mean([dot(np.array(p)) >= dot(None) for p in permutations(range(5))])
    found = pairing_test(dot, CorrespondenceNull.of(5), draws=3000, seed=1)
    assert found.p == pytest.approx(exact, abs=4 * np.sqrt(exact / 3000))


def test_single_genes_and_too_few_draws_are_refused():
    with pytest.raises(InputError, match="1 of 2 blocks hold a single gene"):
        CorrespondenceNull.of(4, [0, 0, 0, 1])
    with pytest.raises(InputError, match="blocks"):
        CorrespondenceNull.of(4, [0, 0, 0])
    null = CorrespondenceNull.of(5)
    with pytest.raises(InputError, match="0 draws"):
        pairing_test(lambda pairing: 0.0, null, draws=0, seed=1)
    with pytest.raises(ResourceError, match="at least 19 draws"):
        pairing_test(lambda pairing: 0.0, null, draws=9, seed=1, level=0.05)
