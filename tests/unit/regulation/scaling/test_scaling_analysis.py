from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data import Network
from cellglass.regulation.scaling.scaling_analysis import judge_scaling
from cellglass.runs.result import AnalysisResult
from cellglass.stats import State


@pytest.fixture(scope="module")
def result(grown: Any) -> AnalysisResult:
    from cellglass.runs.sections import StatisticsConfig

    m = grown()
    settings = StatisticsConfig(draws=99, bootstrap=200, folds=3)
    return judge_scaling(m.held, m.network, "planted", 3, settings, 7)


def test_growth_of_a_planted_network_is_found_over_regulators(result: AnalysisResult) -> None:
    found = {f.tags["score"]: f for f in result.findings if f.tags["unit"] == "A2"}
    planted = found["layer 1"]
    assert planted.kind == "confirmatory"
    assert planted.unit == "regulator"
    assert planted.p < 0.01
    assert planted.interval is not None
    assert planted.interval.low > 0
    assert planted.increment is not None
    assert planted.increment[1] > 0
    assert found["layer 0"].p > 0.01  # nothing was planted there
    assert found["|Spearman|"].kind == "descriptive"


def test_tables_have_captions_and_figures_their_columns(result: AnalysisResult) -> None:
    assert set(result.tables) == set(result.captions)
    assert {f.table for f in result.figures} <= set(result.tables)
    for figure in result.figures:
        assert figure.options["value"] in result.tables[figure.table]
    assert (result.tables["runs"]["n_cells"] <= 120).all()
    top = [f for f in result.findings if f.tags["unit"] == "A1"]
    assert {f.unit for f in top} == {"draw of cells"}
    assert all(f.kind == "descriptive" and f.n == 5 for f in top)


def test_what_must_be_known_is_said(result: AnalysisResult) -> None:
    text = " ".join(result.notes)
    assert "micro-groups of at most 5" in text
    assert "Simplest curve" in text
    assert "true positive" in text  # either metrics disagree, or none moves by one
    assert "auroc_seen" in text


def test_the_disagreement_is_a_sentence(made: Any, quick: Any) -> None:
    """The edges at the top of the list are swept away as cells come in; the rest sharpens."""
    m = made(1.5, seed=3)
    edges = m.held.attention
    positives = np.argwhere(m.labels)
    negatives = np.argwhere(~m.labels)[:400]
    for i, j in positives[:60]:
        edges.sums[::6, 1, i, j] += 60.0  # few groups carry the top of the list
    for i, j in negatives:
        edges.sums[1::6, 1, i, j] += 45.0
    found = judge_scaling(m.held, m.network, "planted", 3, quick, 7)
    tops = found.tables["tops"]
    said = [n for n in found.notes if "disagree in sign" in n]
    assert len(said) == tops[tops["disagrees"] & (tops["kind"] != "baseline")]["score"].nunique()


def test_strata_are_held_in_proportion(result: AnalysisResult) -> None:
    runs = result.tables["runs"]
    assert (runs["n_strata"] == 2).all()
    assert "strata in proportion" in result.method


def test_a_single_group_is_not_applicable(made: Any, quick: Any) -> None:
    m = made(0.5)
    m.held.cells = np.arange(5)
    m.held.expression = m.held.expression[:5]
    found = judge_scaling(m.held, m.network, "planted", 3, quick, 7)
    assert [v.state for v in found.verdicts] == [State.NOT_APPLICABLE]
    assert "1 group" in found.verdicts[0].sentence
    assert not found.tables


def test_a_network_without_regulators_here_is_not_applicable(made: Any, quick: Any) -> None:
    m = made(0.5)
    network = Network.from_frame(pd.DataFrame({"source": ["X"] * 3, "target": ["A", "B", "C"]}))
    found = judge_scaling(m.held, network, "elsewhere", 3, quick, 7)
    assert [v.state for v in found.verdicts] == [State.NOT_APPLICABLE]


def test_results_are_the_same_again_and_survive_writing(
    grown: Any, quick: Any, result: AnalysisResult, tmp_path: Path
) -> None:
    m = grown()
    again = judge_scaling(m.held, m.network, "planted", 3, quick, 7)
    for name, table in result.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name])
    result.write(tmp_path)
    assert AnalysisResult.read(tmp_path).findings == result.findings


def test_the_chosen_curve_of_every_score_is_a_finding(result: AnalysisResult) -> None:
    fits = result.tables["fits"]
    chosen = fits[fits["chosen"]].set_index("score")
    found = {f.tags["score"]: f for f in result.findings if f.tags["unit"] == "A4"}
    assert set(found) == set(chosen.index)
    for score, finding in found.items():
        assert finding.estimate == chosen.loc[score, "at_all_cells"]
        assert finding.tags["curve"] == chosen.loc[score, "curve"]
        assert finding.unit == "draw of cells"
        assert finding.kind == "descriptive"
