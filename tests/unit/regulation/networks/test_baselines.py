"""Every named baseline by hand on two regulators and three genes."""

import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.regulation.networks.baselines import GeneStatistics, margin_scores

FEATURES = pd.DataFrame(
    {"mean": [1.0, 2.0, 4.0], "variance": [3.0, 5.0, 7.0], "detection": [0.1, 0.5, 1.0],
     "other": 0.0},
    index=["A", "B", "C"],
)  # fmt: skip


@pytest.fixture
def statistics() -> GeneStatistics:
    return GeneStatistics.of(FEATURES, ("C", "A"), ("A", "B", "C"))


def test_scores_by_hand(statistics):
    found = statistics.scores(np.array([9, 0, 2]))
    by_hand = {
        "target mean": [[1, 2, 4], [1, 2, 4]],
        "mean product": [[4, 8, 16], [1, 2, 4]],
        "target variance": [[3, 5, 7], [3, 5, 7]],
        "variance product": [[21, 35, 49], [9, 15, 21]],
        "target detection": [[0.1, 0.5, 1.0], [0.1, 0.5, 1.0]],
        "detection product": [[0.1, 0.5, 1.0], [0.01, 0.05, 0.1]],
        "-|difference of means|": [[-3, -2, 0], [0, -1, -3]],
        "target out-degree": [[9, 0, 2], [9, 0, 2]],
    }
    assert list(found) == list(by_hand)
    for name, expected in by_hand.items():
        np.testing.assert_allclose(found[name], expected, err_msg=name)
    assert "target out-degree" not in statistics.scores()


def test_covariates_by_hand(statistics):
    mask = np.array([[True, True, False], [False, False, True]])
    found, names = statistics.covariates(mask)
    assert found.dtype == np.float64
    table = pd.DataFrame(found, columns=names)
    assert table["regulator mean"].tolist() == [4, 4, 1]
    assert table["target mean"].tolist() == [1, 2, 4]
    assert table["mean product"].tolist() == [4, 8, 4]
    assert table["target variance"].tolist() == [3, 5, 7]
    assert table["regulator detection"].tolist() == [1.0, 1.0, 0.1]
    assert table["difference of means"].tolist() == [3, 2, 3]
    assert len(names) == len(set(names)) == 10


def test_margins_leave_out_what_is_not_evaluable():
    scores = np.array([[1.0, 3.0, 100.0], [5.0, 100.0, 7.0]])
    mask = scores < 100
    found = margin_scores(scores, mask)
    np.testing.assert_allclose(found["own column mean"], [[3, 3, 7], [3, 3, 7]])
    np.testing.assert_allclose(found["own marginal product"], [[6, 6, 14], [18, 18, 42]])


def test_a_gene_without_statistics_is_named():
    with pytest.raises(InputError, match="the first is Z"):
        GeneStatistics.of(FEATURES, ("A",), ("A", "Z"))
