from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cellglass.concepts import attribute, attribution_significance
from cellglass.concepts.attribution.significance import group_means, sign_flip_p, signed_rank_p
from cellglass.stats.multiplicity import bh


def test_signed_ranks_against_scipy():
    rng = np.random.default_rng(0)
    values = np.round(rng.normal(0.2, 1.0, size=(40, 30)), 1)  # ties and zeros
    found = signed_rank_p(values)
    for column, p in zip(values.T, found, strict=True):
        want = stats.wilcoxon(column, method="approx", correction=False).pvalue
        assert p == pytest.approx(want, rel=1e-9)
    assert signed_rank_p(np.zeros((5, 2))).tolist() == [1, 1]


def test_sign_flips_against_scipy():
    values = np.random.default_rng(1).normal(0.5, 1.0, size=(7, 6))
    for column, p in zip(values.T, sign_flip_p(values, 0, "t"), strict=True):
        want = stats.permutation_test((column,), np.mean, permutation_type="samples",
                                      n_resamples=np.inf).pvalue  # fmt: skip
        assert p == pytest.approx(want)


def test_many_donors_are_flipped_at_random_and_calibrated():
    values = np.random.default_rng(2).normal(size=(20, 400))
    p = sign_flip_p(values, 0, "t")
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert np.array_equal(p, sign_flip_p(values, 0, "t"))


def test_means_of_groups():
    values = np.arange(8.0).reshape(4, 2)
    assert group_means(values, np.array([5, 5, 2, 2])).tolist() == [[5, 6], [1, 2]]


def test_read_genes_are_found_and_others_are_not(linear):
    settings = linear.small(n_prototypes=27, n_counterfactuals=3)
    found = attribute(linear.space, linear.units, donors=linear.donors, settings=settings)
    tests = attribution_significance(found)
    assert (tests.unit, tests.n) == ("donor", 7)
    assert np.array_equal(np.isfinite(tests.p), found.n_tested > 0)
    assert np.allclose(tests.q.ravel(), bh(tests.p.ravel()), equal_nan=True)
    assert not tests.influential[:, -3:].any()
    flips = attribution_significance(found, method="sign-flip")
    assert flips.smallest_p == 2 / 2**7
    assert np.nanmin(flips.p) >= flips.smallest_p
    by_cell = attribute(linear.space, linear.units, settings=settings)
    cells = attribution_significance(by_cell)
    assert cells.unit == "prototype"
    assert 20 < cells.n <= 27
    assert cells.attainable
    assert cells.influential.sum() >= 3
    assert not cells.influential[:, -3:].any()
    assert (by_cell.score[cells.influential] > 0.05).all()


def test_few_donors_cannot_pass(linear):
    found = attribute(linear.space, linear.units, donors=linear.donors, settings=linear.small())
    tests = attribution_significance(found, method="sign-flip", level=0.001)
    assert not tests.attainable
