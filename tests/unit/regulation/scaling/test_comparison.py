from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import wilcoxon

from cellglass.regulation.scaling.comparison import Entry, compare, difference_finding
from cellglass.stats import auroc, auroc_by_group


@pytest.fixture
def entries(planted: Any) -> tuple[Any, list[Entry]]:
    p = planted(1.0)
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(3, *p.pairs.labels.shape))
    good, fair = noise[0] + 1.5 * p.pairs.labels, noise[1] + 0.5 * p.pairs.labels
    return p.pairs, [
        Entry("good", "candidate", good, True, "m"),
        Entry("layer 0", "candidate", noise[2], False, "m"),
        Entry("other", "candidate", fair, True, "n"),
        Entry("untrained: n", "reference", noise[2], True, "n"),
        Entry("|Spearman|", "reference", fair, True),
    ]


def test_metrics_and_differences_are_those_of_the_scores(entries: Any) -> None:
    pairs, held = entries
    metrics, gaps = compare(held, pairs, draws=200, seed=1, task="t")
    truth, groups = pairs.labels[pairs.mask], pairs.groups
    flat = {e.name: e.scores[pairs.mask] for e in held}
    for _, row in metrics.iterrows():
        assert row["auroc"] == pytest.approx(auroc(flat[row["score"]], truth))
    row = gaps.set_index(["first", "second"]).loc[("good", "|Spearman|")]
    expected = auroc(flat["good"], truth) - auroc(flat["|Spearman|"], truth)
    assert row["difference"] == pytest.approx(expected)
    assert row["low"] < expected < row["high"]
    a, b = (auroc_by_group(flat[n], truth, groups, 3).values for n in ("good", "|Spearman|"))
    assert row["p"] == pytest.approx(wilcoxon(a, b).pvalue)
    assert row["regulator_difference"] == pytest.approx((a - b).mean())
    assert row["n_tested"] == len(a)


def test_only_primary_scores_meet_and_no_copy_of_another_model(entries: Any) -> None:
    pairs, held = entries
    _, gaps = compare(held, pairs, draws=100, seed=1, task="t")
    assert set(zip(gaps["first"], gaps["second"], strict=True)) == {
        ("good", "other"), ("good", "|Spearman|"), ("other", "untrained: n"),
        ("other", "|Spearman|"),
    }  # fmt: skip
    _, chosen = compare(held, pairs, draws=100, seed=1, task="t", contests=[(1, 4)])
    assert chosen[["first", "second"]].to_numpy().tolist() == [["layer 0", "|Spearman|"]]


def test_findings_without_p_only_describe(entries: Any) -> None:
    pairs, held = entries
    _, gaps = compare(held, pairs, draws=100, seed=1, task="t")
    row = gaps.to_dict("records")[0]
    common: dict[str, Any] = {"analysis": "regulation.x", "unit": "A20", "question": "?",
                              "tags": {}, "seed": 1}  # fmt: skip
    assert difference_finding(row, **common).kind == "confirmatory"
    assert difference_finding(row, confirmatory=False, **common).kind == "descriptive"
    assert difference_finding({**row, "p": np.nan}, **common).kind == "descriptive"
    found = difference_finding(row, **common)
    assert found.tags["beside"] == row["second"]
    assert found.increment == (row["difference"], row["low"], row["high"])
