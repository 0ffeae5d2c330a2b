from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.scaling.ranking import TOP_K, ranking_metrics
from cellglass.stats import (
    auprc,
    auroc,
    base_rate,
    expected_true_positives,
    top_k_f1,
    top_k_true_positives,
)


@pytest.mark.parametrize("levels", [2, 7, 10_000])
def test_one_sort_gives_what_each_function_gives(levels: int) -> None:
    rng = np.random.default_rng(levels)
    labels = rng.random(900) < 0.07
    scores = rng.integers(0, levels, 900) + 0.5 * labels
    found = ranking_metrics(scores, labels)
    assert found.auroc == pytest.approx(auroc(scores, labels), abs=1e-12)
    assert found.auprc == pytest.approx(auprc(scores, labels), abs=1e-12)
    assert found.base_rate == pytest.approx(base_rate(labels))
    for k in TOP_K:
        assert found.true_positives[k] == pytest.approx(top_k_true_positives(scores, labels, k))
        assert found.f1(k) == pytest.approx(top_k_f1(scores, labels, k))
        assert found.expected(k) == pytest.approx(expected_true_positives(labels, k))


def test_top_lists_are_there_only_where_ties_allow_one() -> None:
    found = ranking_metrics([3.0, 2.0, 2.0, 1.0], [1, 0, 1, 0], ks=(1, 2, 3))
    assert found.top[1] is not None
    assert found.top[1].tolist() == [0]
    assert found.top[2] is None  # either of the two tied pairs could be second
    assert found.top[3] is not None
    assert sorted(found.top[3]) == [0, 1, 2]


def test_lists_longer_than_the_universe_are_left_out() -> None:
    found = ranking_metrics([1.0, 2.0], [0, 1], ks=(1, 500))
    assert list(found.true_positives) == [1]
    assert set(found.row()) >= {"auroc", "f1_top_1", "tp_top_1", "expected_tp_1", "base_rate"}


def test_without_a_positive_or_a_negative_the_auroc_is_undefined() -> None:
    none = ranking_metrics([1.0, 2.0], [0, 0], ks=(1,))
    assert np.isnan(none.auroc)
    assert none.f1(1) == 0.0
    everything = ranking_metrics([1.0, 2.0], [1, 1], ks=(1,))
    assert np.isnan(everything.auroc)
    assert everything.auprc == 1.0
    with pytest.raises(InputError, match="not empty"):
        ranking_metrics([], [])
