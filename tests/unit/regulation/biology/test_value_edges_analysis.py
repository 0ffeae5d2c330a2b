from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from cellglass.data import Network
from cellglass.models.context_edges import ContextEdges
from cellglass.regulation.biology.value_edges_analysis import judge_value_edges
from cellglass.stats import State, auroc, auroc_by_group, bh


def context_of(held: Any, labels: np.ndarray, effect: float, seed: int) -> ContextEdges:
    """Context vectors whose cosine knows the labels in layer 0; the same counts of cells."""
    rng = np.random.default_rng(seed)
    r, g = labels.shape
    counts = held.attention.total_counts
    mean = 0.2 * rng.normal(size=(2, r, g))
    mean[0] += effect * labels
    return ContextEdges(
        held.regulators, held.edges.targets, mean * counts, 3 * mean * counts, counts,
        rng.normal(size=(2, g, 2, 3)) * 120, np.full(g, 120), (0, 1), held.attention.min_count,
    )  # fmt: skip


@pytest.fixture
def ready(made: Any) -> Any:
    m = made(1.0)
    return m, context_of(m.held, m.labels, 0.6, 1), context_of(m.held, m.labels, 0.0, 2)


def test_cosines_are_held_against_attention_and_coexpression(ready: Any, quick: Any) -> None:
    m, context, copy = ready
    result = judge_value_edges(m.held, context, copy, m.network, "planted", 3, quick, 7)
    tests = result.tables["differences"].set_index(["first", "second"])
    assert len(tests) == 2 * 2
    knows = tests.loc[("layer 0: cosine", "layer 0: attention")]
    assert knows["low"] > 0  # attention of layer 0 knows nothing
    worse = tests.loc[("layer 1: cosine", "layer 1: attention")]
    assert worse["high"] < 0  # attention of layer 1 knows the network
    np.testing.assert_allclose(tests["q"], bh(tests["p"].to_numpy()))
    assert {f.kind for f in result.findings} == {"confirmatory"}
    assert {f.unit for f in result.findings} == {"regulator"}
    assert "worse than attention in 1, better in 1 of 2 layers" in result.notes[0]


def test_numbers_are_those_of_the_scores(ready: Any, quick: Any) -> None:
    m, context, _ = ready
    result = judge_value_edges(m.held, context, None, m.network, "planted", 3, quick, 7)
    scores = result.tables["scores"].set_index("score")
    mask = m.held.edges.evaluable
    truth, groups = m.labels[mask], np.nonzero(mask)[0]
    for how in ("cosine", "centroid", "dot"):
        held = context.layer(0, how).scores[mask]
        assert scores.loc[f"layer 0: {how}", "auroc"] == pytest.approx(auroc(held, truth))
    a, b = (
        auroc_by_group(s[mask], truth, groups, 3).values
        for s in (context.layer(1).scores, m.held.attention.layer(1).scores)
    )
    p = result.tables["differences"].set_index(["first", "second"])["p"]
    assert p[("layer 1: cosine", "layer 1: attention")] == pytest.approx(wilcoxon(a, b).pvalue)
    assert not any(s.startswith("untrained") for s in scores.index)


def test_the_figure_has_a_line_a_kind_of_edge(ready: Any, quick: Any) -> None:
    m, context, copy = ready
    lines = judge_value_edges(
        m.held, context, copy, m.network, "planted", 3, quick, 7
    ).tables["lines"]  # fmt: skip
    assert set(lines["series"]) == {
        "cosine", "centroid", "dot", "attention", "cosine, untrained", "|Spearman|",
    }  # fmt: skip
    assert lines.loc[lines["series"] == "|Spearman|", "layer"].isna().all()
    assert lines["layer"].dropna().isin([0, 1]).all()


def test_other_cells_than_those_of_attention_are_noticed(ready: Any, quick: Any) -> None:
    m, context, _ = ready
    same, other = (
        judge_value_edges(m.held, c, None, m.network, "planted", 3, quick, 7).checks[0]
        for c in (context, replace(context, counts=context.counts - 1))
    )
    assert (same.code, same.state) == ("I4", "passed")
    assert other.state == "failed"


def test_without_regulators_it_is_not_applicable(ready: Any, quick: Any) -> None:
    m, context, copy = ready
    network = Network.from_frame(pd.DataFrame({"source": ["X"] * 3, "target": ["A", "B", "C"]}))
    found = judge_value_edges(m.held, context, copy, network, "elsewhere", 3, quick, 7)
    assert [v.state for v in found.verdicts] == [State.NOT_APPLICABLE]
