import numpy as np
import pytest
from scipy import stats

from cellglass.stats import LabelPermutation, LabelWithinRegulator, ScoreColumn

MASK = np.array([[0, 1, 1, 1, 1], [1, 0, 1, 1, 1], [1, 1, 0, 1, 0]], dtype=bool)
LABELS = np.array([[0, 1, 0, 0, 1], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0]], dtype=bool)


def frequencies(kind, n=20_000):
    draws = kind(LABELS, MASK).draw_positives(np.random.default_rng(0), n)
    return np.bincount(draws.ravel(), minlength=15).reshape(3, 5), n


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (LabelPermutation, MASK * 4 / MASK.sum()),
        (LabelWithinRegulator, MASK * (LABELS.sum(1) / MASK.sum(1))[:, None]),
        (ScoreColumn, MASK * (LABELS.sum(0) / MASK.sum(0))[None, :]),
    ],
)
def test_each_pair_is_positive_as_often_as_its_stratum_says(kind, expected):
    counts, n = frequencies(kind)
    sd = np.sqrt(n * expected * (1 - expected)) + 1e-9
    assert np.abs((counts - n * expected) / sd).max() < 4.5
    assert (counts[expected == 0] == 0).all()


def test_redrawing_positives_in_a_column_equals_permuting_its_scores():
    # The statistic sum-of-scores-at-positives, by the null and by permuting scores literally.
    rng = np.random.default_rng(1)
    scores = rng.normal(size=MASK.shape)
    draws = ScoreColumn(LABELS, MASK).draw_positives(rng, 4000)
    by_labels = scores.ravel()[draws].sum(1)
    by_scores = np.empty(4000)
    for k in range(4000):
        permuted = scores.copy()
        for column in range(5):
            rows = np.flatnonzero(MASK[:, column])
            permuted[rows, column] = scores[rng.permutation(rows), column]
        by_scores[k] = permuted[LABELS].sum()
    # The statistic takes few values; rounding makes equal sums equal in any order of adding.
    assert stats.ks_2samp(by_labels.round(9), by_scores.round(9)).pvalue > 1e-3
