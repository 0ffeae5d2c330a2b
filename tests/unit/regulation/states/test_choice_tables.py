import numpy as np
import pytest

from cellglass.regulation.states.aggregators import AGGREGATORS
from cellglass.regulation.states.choice_analysis import judge_choice
from cellglass.regulation.states.choice_tables import QUARTERS
from cellglass.runs.sections import StatisticsConfig


@pytest.fixture(scope="module")
def result(made):
    planted = made(1.0, stratum=0, seed=6)
    settings = StatisticsConfig(draws=99, bootstrap=100, stratum_shuffles=19)
    return judge_choice(planted.held, planted.network, "planted", 3, settings, 1, min_cells=20)


def test_every_candidate_of_every_quarter_is_listed(result):
    table = result.tables["candidates"]
    assert len(table) == len(QUARTERS) * 2 * (1 + len(AGGREGATORS))
    assert table.groupby("scored_on")["chosen"].sum().tolist() == [2] * 4  # stratified and pooled
    pooled = table[(table["aggregator"] == "pooled") & table["chosen"]]
    assert pooled["scored_on"].is_unique


def test_random_choices_stand_beside_the_published_way(result):
    table = result.tables["random_choices"]
    assert list(table["held_out"]) == ["cells and regulators", "cells", "cells"]
    assert list(table["n_candidates"]) == [16, 16, 2]
    candidates = result.tables["candidates"]
    stratified = candidates[candidates["aggregator"] != "pooled"]
    mean = stratified.groupby(["layer", "aggregator"])["auroc"].mean()
    assert table["random_mean"][0] == pytest.approx(mean.mean())
    assert table["random_sd"][0] == pytest.approx(np.std(mean, ddof=1))
    findings = [f for f in result.findings if f.kind == "descriptive"]
    assert [f.estimate for f in findings] == pytest.approx(table["auroc"].tolist())
    assert {f.null.family for f in findings} == {"random candidate"}


def test_captions_and_figure_fit_the_tables(result):
    assert set(result.captions) == set(result.tables)
    assert [f.function for f in result.figures] == ["held_out_choice"]
    assert "nothing held out" in result.captions["random_choices"]
