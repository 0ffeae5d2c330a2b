import numpy as np
from scipy import stats

from cellglass.stats.nulls.kernels import below, next_word, sample_strata, tally

MASK = (1 << 64) - 1


def splitmix64(state):
    """The generator in Python integers."""
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return state, z ^ (z >> 31)


def test_words_equal_the_generator_in_python_integers():
    state, expected = 12345, []
    for _ in range(50):
        state, word = splitmix64(state)
        expected.append(word)
    own = np.array([12345], dtype=np.uint64)
    assert [int(next_word(own)) for _ in range(50)] == expected
    # First outputs for seed 0 as published with the reference implementation.
    zero = np.zeros(1, dtype=np.uint64)
    assert int(next_word(zero)) == 0xE220A8397B1DCDAF
    assert int(next_word(zero)) == 0x6E789E6AA1B965F4


def test_bounded_numbers_are_uniform():
    state = np.array([7], dtype=np.uint64)
    for bound in (1, 2, 7, 1000):
        drawn = np.array([below(state, bound) for _ in range(max(2000, 20 * bound))])
        counts = np.bincount(drawn, minlength=bound)
        assert counts.size == bound
        if bound > 1:
            assert stats.chisquare(counts).pvalue > 1e-4


def test_large_bounds_are_not_biased():
    # Without rejection, a bound of 3 * 2^30 would give the lowest third 50 % of the draws.
    state = np.array([7], dtype=np.uint64)
    bound = 3 << 30
    drawn = np.array([below(state, bound) for _ in range(6000)])
    thirds = np.bincount(drawn // (1 << 30), minlength=3)
    assert stats.chisquare(thirds).pvalue > 1e-3


def draw(sizes, take, n, seed=0):
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    members = np.random.default_rng(1).permutation(start[-1]).astype(np.int32)
    seeds = np.random.default_rng(seed).integers(0, 2**63, n, dtype=np.uint64)
    out = np.empty((n, sum(take)), dtype=np.int64)
    sample_strata(start, members, np.array(take, dtype=np.int64), seeds, out)
    return start, members, out


def test_each_stratum_gives_its_number_of_distinct_members():
    # Both sides of the switch at one half, an empty and a full stratum.
    sizes, take = [10, 10, 4, 6, 5], [2, 9, 0, 6, 3]
    start, members, out = draw(sizes, take, 200)
    bounds = np.concatenate([[0], np.cumsum(take)])
    for row in out:
        assert np.unique(row).size == sum(take)
        for s in range(5):
            inside = members[start[s] : start[s + 1]]
            assert np.isin(row[bounds[s] : bounds[s + 1]], inside).all()


def test_every_subset_is_equally_likely():
    for take in (2, 3):  # of 5: by choosing, and by leaving out
        _, _, out = draw([5], [take], 8000)
        codes = (1 << out).sum(1)
        counts = np.unique(codes, return_counts=True)[1]
        assert counts.size == 10
        assert stats.chisquare(counts).pvalue > 1e-4


def test_tally_equals_counting_with_sets():
    rng = np.random.default_rng(0)
    observed = rng.random((6, 9)) < 0.3
    mask = observed | (rng.random((6, 9)) < 0.7)
    p = int(observed.sum())
    draws = np.stack([rng.choice(54, p, replace=True) for _ in range(30)])
    draws[0] = np.flatnonzero(observed)
    column_ranks = rng.integers(1, 50, 9)
    found = tally(draws, observed, mask, observed.sum(1), observed.sum(0), column_ranks)
    truth = set(np.flatnonzero(observed).tolist())
    for row, counts in zip(draws, found, strict=True):
        assert counts[0] == sum(i in truth for i in row.tolist())
        assert counts[1] == sum(not mask.ravel()[i] for i in row.tolist())
        assert counts[2] == p - len(set(row.tolist()))
        rows, columns = np.bincount(row // 9, minlength=6), np.bincount(row % 9, minlength=9)
        assert counts[3] == (not np.array_equal(rows, observed.sum(1)))
        assert counts[4] == (not np.array_equal(columns, observed.sum(0)))
        assert counts[5] == column_ranks[row % 9].sum()
    assert found[0].tolist()[:5] == [p, 0, 0, 0, 0]
