import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm

from cellglass.errors import InputError
from cellglass.stats.nulls import LabelWithinRegulator
from cellglass.stats.nulls.row_counts import RowCounts

R, G = 20, 90
Z = float(norm.isf(0.05))


def problem(ties=False):
    rng = np.random.default_rng(0)
    labels = rng.random((R, G)) < 0.15
    labels[3] = False  # a row without a positive
    mask = rng.random((R, G)) < 0.9
    labels &= mask
    labels[5] = mask[5]  # a row without a negative
    scores = rng.normal(size=(R, G)) + 0.4 * labels
    return (np.round(scores, 1) if ties else scores), labels, mask


@pytest.mark.parametrize("ties", [False, True])
def test_counts_are_those_of_the_mann_whitney_test_row_by_row(ties):
    scores, labels, mask = problem(ties)
    expected = 0
    for row in range(R):
        inside, truth = scores[row, mask[row]], labels[row, mask[row]]
        if truth.any() and not truth.all():
            p = mannwhitneyu(
                inside[truth], inside[~truth], alternative="greater", method="asymptotic",
                use_continuity=False,
            ).pvalue  # fmt: skip
            expected += p <= 0.05
    assert 2 < expected < R
    assert RowCounts(scores, mask, z=Z).of(np.flatnonzero(labels)[None])[0] == expected


def test_draws_of_a_null_are_counted_each_on_its_own():
    scores, labels, mask = problem()
    null = LabelWithinRegulator(labels, mask)
    counts = RowCounts(scores, mask, z=Z)
    draws = null.draw_positives(np.random.default_rng(1), 300)
    together = counts.of(draws)
    assert together.tolist() == [int(counts.of(d[None])[0]) for d in draws]
    # 18 rows have positives and negatives; 5 % of them by chance
    assert together.mean() == pytest.approx(0.05 * 18, rel=0.25)


def test_a_constant_row_never_counts():
    mask = np.ones((2, 30), bool)
    assert RowCounts(np.zeros((2, 30)), mask, z=-9.0).of(np.array([[0, 1, 31]]))[0] == 0


def test_shapes_must_fit():
    with pytest.raises(InputError, match="scores of shape"):
        RowCounts(np.zeros((2, 3)), np.ones((3, 2), bool), z=1.0)
