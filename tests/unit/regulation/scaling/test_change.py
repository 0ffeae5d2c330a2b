from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from scipy.stats import wilcoxon as scipy_wilcoxon

from cellglass.regulation.scaling.change import (
    agreement_table,
    changes_table,
    compared_rungs,
    expected_jaccard,
    runs_table,
    tops_table,
)
from cellglass.regulation.scaling.ladder import Ladder, Run, climb
from cellglass.regulation.scaling.micro_groups import Rung
from cellglass.regulation.scaling.ranking import ranking_metrics


def run(draw: int, n: int, scores: Any, labels: Any, by: Any = (0.5,), cells: Any = (0,)) -> Run:
    metrics = ranking_metrics(scores, labels, ks=(2, 4))
    return Run("layer 0", "candidate", draw, Rung(n, 1, n), np.array(cells), 1, 1.0, 1, metrics,
               metrics.auroc, np.array(by, float))  # fmt: skip


LABELS = np.arange(12) < 3
TOP_ONLY = np.array([20.0, 19, 0, *range(1, 10)])  # two positives lead, one is last
SPREAD = np.array([17.0, 16, 15, 20, 19, *range(1, 8)])  # two negatives lead, all others follow


def test_top_k_and_auroc_that_disagree_are_found() -> None:
    """A2: the top of the list loses its positives while the AUROC rises."""
    runs = [run(d, n, s, LABELS) for d in range(3) for n, s in ((200, TOP_ONLY), (1000, SPREAD))]
    table = tops_table(Ladder(runs)).set_index("k")
    changes = changes_table(Ladder(runs)).iloc[0]
    assert changes["auroc_change"] > 0
    assert (changes["auroc_rises"], changes["n_draws"]) == (3, 3)
    assert table.loc[2, "f1_change"] < 0
    assert (table.loc[2, "tp_few"], table.loc[2, "tp_all"]) == (2.0, 0.0)
    assert table.loc[2, "expected_tp"] == pytest.approx(2 * 3 / 12)
    assert bool(table.loc[2, "disagrees"])
    assert not bool(table.loc[4, "disagrees"])  # two positives before and after


def test_less_than_one_true_positive_is_no_direction() -> None:
    tied = np.array([20.0, 20, 0, 20, *range(1, 9)])  # a third of a positive fewer in the top two
    runs = [run(0, 200, TOP_ONLY, LABELS), run(0, 1000, tied, LABELS)]
    row = tops_table(Ladder(runs)).set_index("k").loc[2]
    assert -1 < row["tp_all"] - row["tp_few"] < 0
    assert not bool(row["disagrees"])


def test_tests_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    by = rng.random((2, 4, 12))
    few, many = by[0], by[1] + 0.1
    runs = [
        run(d, n, TOP_ONLY, LABELS, b[d]) for d in range(4) for n, b in ((200, few), (1000, many))
    ]
    row = changes_table(Ladder(runs)).iloc[0]
    expected = scipy_wilcoxon(many.mean(0), few.mean(0))
    assert row["p"] == pytest.approx(expected.pvalue)
    assert row["n_regulators"] == 12
    assert row["regulator_change"] == pytest.approx((many.mean(0) - few.mean(0)).mean())
    flips = [run(d, n, s, LABELS) for d in range(5) for n, s in ((200, TOP_ONLY), (1000, SPREAD))]
    assert changes_table(Ladder(flips)).iloc[0]["auroc_sign_p"] == pytest.approx(
        binomtest(5, 5).pvalue
    )


def test_too_few_regulators_have_no_p() -> None:
    runs = [run(0, 200, TOP_ONLY, LABELS, (0.4,) * 5), run(0, 1000, SPREAD, LABELS, (0.5,) * 5)]
    row = changes_table(Ladder(runs)).iloc[0]
    assert np.isnan(row["p"])
    assert row["n_regulators"] == 5


def test_few_cells_are_a_fifth_of_all_as_published() -> None:
    def ladder(*numbers: int) -> Ladder:
        return Ladder([run(0, n, SPREAD, LABELS) for n in numbers])

    assert compared_rungs(ladder(25, 50, 100, 200, 300, 500, 1000)) == (200, 1000)
    assert compared_rungs(ladder(25, 100, 700)) == (100, 700)
    assert compared_rungs(ladder(25, 40)) == (25, 40)
    uneven = Ladder(
        [run(0, n, SPREAD, LABELS) for n in (50, 100, 700)]
        + [run(1, n, SPREAD, LABELS) for n in (50, 700)]
    )
    assert compared_rungs(uneven) == (50, 700)  # only what every draw has


def test_agreement_between_draws_is_a_jaccard_index() -> None:
    one, two = SPREAD.copy(), SPREAD.copy()
    two[[4, 11]] = two[[11, 4]]  # the second of the list is another
    runs = [run(0, 200, one, LABELS, cells=(1, 2, 3)), run(1, 200, two, LABELS, cells=(2, 3, 4))]
    row = agreement_table(Ladder(runs)).set_index("k").loc[2]
    assert row["jaccard"] == pytest.approx(1 / 3)
    assert row["cells_jaccard"] == pytest.approx(1 / 2)
    assert row["expected_jaccard"] == expected_jaccard(2, 12)
    assert row["n_pairs_of_draws"] == 1


def test_lists_with_ties_at_their_end_agree_with_nothing() -> None:
    tied = np.array([20.0, 5, 5, 5, *range(-8, 0)])
    runs = [run(d, 200, tied, LABELS) for d in range(2)]
    row = agreement_table(Ladder(runs)).set_index("k").loc[2]
    assert np.isnan(row["jaccard"])
    assert row["n_pairs_of_draws"] == 0


def test_expected_jaccard_is_that_of_random_lists() -> None:
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(300):
        a, b = (set(rng.choice(500, 60, replace=False)) for _ in range(2))
        drawn.append(len(a & b) / len(a | b))
    assert expected_jaccard(60, 500) == pytest.approx(np.mean(drawn), rel=0.05)


def test_runs_stand_in_rows_with_every_metric(planted: Any) -> None:
    p = planted(0.6)
    found = climb(p.held, p.pairs, p.rows, seed=1, task="t", repeats=2, wanted=(30,))
    table = runs_table(found)
    assert len(table) == len(found.runs) == 2 * 2 * 4
    first = found.runs[0]
    row = table.iloc[0]
    assert (row["score"], row["n_cells"]) == (first.score, first.rung.n_cells)
    assert row["f1_top_20"] == first.metrics.f1(20)
    assert row["expected_tp_20"] == pytest.approx(20 * row["n_positives"] / row["n_pairs"])
    assert row["base_rate"] == pytest.approx(row["n_positives"] / row["n_pairs"])
