from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.stats import auroc
from cellglass.stats.row_auroc import row_auroc


def test_every_row_is_the_auroc_of_its_judged_entries():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, (40, 30)).astype(float)  # many ties
    labels = rng.random((40, 30)) < 0.2
    mask = rng.random((40, 30)) < 0.8
    scores[~mask] = np.where(rng.random((~mask).sum()) < 0.5, np.nan, 1e9)
    found = row_auroc(scores, labels, mask)
    for row in range(40):
        want = auroc(scores[row, mask[row]], labels[row, mask[row]])
        np.testing.assert_equal(found[row], want)


def test_rows_without_both_classes_have_none():
    found = row_auroc(np.zeros((3, 2)), [[1, 1], [0, 0], [1, 0]], np.ones((3, 2)))
    assert np.isnan(found[:2]).all()
    assert found[2] == 0.5
    assert np.isnan(row_auroc(np.zeros((1, 2)), [[1, 0]], [[0, 0]])).all()


def test_a_judged_score_must_be_finite():
    with pytest.raises(InputError, match="1 scores are not finite"):
        row_auroc([[np.nan, 1.0]], [[1, 0]], [[1, 1]])
    with pytest.raises(InputError, match="rows x columns"):
        row_auroc([1.0], [1], [1])
