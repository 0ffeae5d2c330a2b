"""Labels permuted within strata: exactness, enumeration, and strata that cannot move."""

from itertools import combinations, product

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.errors import InputError, StudyError
from cellglass.stats.nulls import LabelPermutation, NullScorer, null_distribution
from cellglass.stats.nulls.label_within_strata import LabelWithinStrata

LABELS = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=bool)
MASK = np.array([[1, 1, 1, 1], [0, 1, 1, 1], [1, 0, 1, 1]], dtype=bool)
STRATA = np.array([[7, 7, 7, -2], [0, -2, -2, -2], [7, 0, -2, -2]])


def enumerated():
    """Every set of positives that has as many of each stratum as observed."""
    choices = []
    for code in np.unique(STRATA[MASK]):
        members = np.flatnonzero(np.equal(STRATA, code) & MASK)
        taken = int(LABELS.ravel()[members].sum())
        choices.append(list(combinations(members.tolist(), taken)))
    return [sum(parts, ()) for parts in product(*choices)]


def test_draws_are_uniform_over_the_enumeration():
    null = LabelWithinStrata(LABELS, MASK, STRATA)
    every = {tuple(sorted(s)) for s in enumerated()}
    assert len(every) == 4 * 20  # 1 of 4, and 3 of 6
    n = 40_000
    drawn = np.sort(null.draw_positives(np.random.default_rng(0), n), axis=1)
    found, counts = np.unique(drawn, axis=0, return_counts=True)
    assert {tuple(row) for row in found.tolist()} == every
    expected = n / len(every)
    assert ((counts - expected) ** 2 / expected).sum() < 125  # chi-squared, 79 df, p about 0.001


def test_p_is_that_of_the_enumeration():
    rng = np.random.default_rng(1)
    score = rng.normal(size=LABELS.shape) + 0.8 * LABELS
    values = []
    for positives in enumerated():
        truth = np.zeros(LABELS.size, bool)
        truth[list(positives)] = True
        values.append(roc_auc_score(truth[MASK.ravel()], score[MASK]))
    observed = roc_auc_score(LABELS[MASK], score[MASK])
    exact = np.mean(np.asarray(values) >= observed - 1e-12)
    draws = 20_000
    result = null_distribution(
        NullScorer([score], LABELS, MASK),
        LabelWithinStrata(LABELS, MASK, STRATA),
        draws=draws, seed=0, task="t",
    )  # fmt: skip
    assert 0.02 < exact < 0.9
    error = np.sqrt(exact * (1 - exact) / draws)
    assert result.distributions[0].p == pytest.approx(exact, abs=4 * error + 1 / draws)


def test_one_stratum_is_the_plain_permutation():
    one = LabelWithinStrata(LABELS, MASK, np.zeros(LABELS.shape, int))
    plain = LabelPermutation(LABELS, MASK)
    draws = [n.draw_positives(np.random.default_rng(3), 50) for n in (one, plain)]
    assert np.array_equal(*draws)


def test_halves_of_draws_are_the_whole():
    null = LabelWithinStrata(LABELS, MASK, STRATA)
    rng = np.random.default_rng(4)
    halves = np.concatenate([null.draw_positives(rng, 5), null.draw_positives(rng, 5)])
    assert np.array_equal(halves, null.draw_positives(np.random.default_rng(4), 10))


def test_numbers_of_strata_do_not_matter():
    far = np.where(STRATA == 7, 10**12, STRATA)
    near = np.unique(STRATA, return_inverse=True)[1].reshape(STRATA.shape)
    draws = [
        LabelWithinStrata(LABELS, MASK, codes).draw_positives(np.random.default_rng(0), 20)
        for codes in (STRATA, near, far)
    ]
    assert np.array_equal(draws[0], draws[1])
    assert np.array_equal(draws[0], draws[2])


def test_report_counts_what_can_move():
    labels = np.array([[1, 0, 0, 0], [1, 1, 0, 0]], bool)
    strata = np.array([[0, 0, 0, 0], [1, 1, 2, 2]])
    report = LabelWithinStrata(labels, np.ones((2, 4), bool), strata).report
    assert (report.n_strata, report.n_movable) == (3, 1)
    assert (report.n_without_positives, report.n_all_positive) == (1, 1)
    assert report.movable_share == pytest.approx(1 / 3)
    assert report.expected_kept == pytest.approx((1 / 4 + 2) / 3)
    assert report.largest_share == pytest.approx(2 / 3)


def test_expected_kept_is_what_draws_keep():
    null = LabelWithinStrata(LABELS, MASK, STRATA)
    draws = null.draw_positives(np.random.default_rng(0), 5000)
    kept = LABELS.ravel()[draws].mean(1)
    assert kept.mean() == pytest.approx(
        null.report.expected_kept, abs=4 * kept.std() / np.sqrt(5000)
    )


def test_check_fails_where_few_positives_can_move():
    # each positive alone in its stratum but for the last row
    labels = np.eye(6, dtype=bool)
    strata = np.where(labels, np.arange(36).reshape(6, 6), -1)
    strata[5] = 99
    null = LabelWithinStrata(labels, np.ones((6, 6), bool), strata, by="degree", notes=("Note.",))
    check = null.check(null.draw_positives(np.random.default_rng(0), 30))
    assert not check.passed
    text = " ".join(check.messages)
    assert "Only 17% of the positives lie in strata (degree) that can move" in text
    assert "5 nothing else" in text
    assert "Note." in text
    with pytest.raises(StudyError, match="fewer bins"):
        check.require()


def test_check_passes_on_movable_strata_and_says_so():
    labels = np.zeros((10, 20), bool)
    labels[:, :3] = True
    null = LabelWithinStrata(labels, np.ones_like(labels), np.arange(200).reshape(10, 20) % 4)
    check = null.check(null.draw_positives(np.random.default_rng(0), 50))
    assert check.passed
    assert "3 of 4 strata (strata) can move, with 100% of the positives" in check.messages[0]


@pytest.mark.parametrize(
    ("strata", "message"),
    [(np.zeros((3, 3), int), "expected: one a pair"), (np.zeros((3, 4)), "float64")],
)
def test_refuses_other_strata(strata, message):
    with pytest.raises(InputError, match=message):
        LabelWithinStrata(LABELS, MASK, strata)
