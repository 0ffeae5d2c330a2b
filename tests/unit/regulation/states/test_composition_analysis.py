"""More cells, or more states: trends of edges beside those of a score without pairs."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from cellglass.regulation.states.composition_analysis import (
    BASELINE,
    _correlations,
    judge_composition,
)
from cellglass.regulation.states.nulls_analysis import MEAN_OF_LAYERS


@pytest.fixture(scope="module")
def result(made):
    from cellglass.runs.sections import StatisticsConfig

    planted = made(1.0, stratum=0, seed=2)
    settings = StatisticsConfig(draws=99, bootstrap=200)
    return judge_composition(planted.held, planted.network, "planted", 3, settings, 1, min_cells=20)


def test_both_designs_are_run_on_cells_and_on_groups(result):
    runs = result.tables["runs"]
    assert set(zip(runs["design"], runs["drawn"], strict=True)) == {
        ("cells", "cells"), ("states", "cells"), ("cells", "micro-groups"),
        ("states", "micro-groups"),
    }  # fmt: skip
    assert set(runs.loc[runs["drawn"] == "cells", "score"]) == {"|Spearman|", BASELINE}
    assert MEAN_OF_LAYERS in set(runs.loc[runs["drawn"] == "micro-groups", "score"])
    assert (runs["n_positives"] == runs["n_positives"].iloc[0]).all()
    pairs = 100 * runs["n_positives"] / runs["expected_true_positives"]
    assert pairs.iloc[0] == pytest.approx(round(pairs.iloc[0]))
    assert runs["n_positives"].iloc[0] < pairs.iloc[0] <= 16 * 79


def test_trends_are_spearman_correlations_over_subsets(result):
    runs, trends = result.tables["runs"], result.tables["trends"]
    for _, row in trends.iterrows():
        part = runs[(runs["design"] == row["design"]) & (runs["drawn"] == row["drawn"])
                    & (runs["score"] == row["score"])]  # fmt: skip
        varied = part["n_cells" if row["design"] == "cells" else "n_states"]
        assert row["rho"] == pytest.approx(spearmanr(varied, part[row["metric"]]).statistic)
        assert row["low"] <= row["rho"] <= row["high"]
        assert row["n_subsets"] == len(part)
    assert set(trends["metric"]) == {"auroc", "f1"}


def test_edges_of_one_state_weaken_where_the_other_joins(result):
    runs = result.tables["runs"]
    part = runs[(runs["design"] == "states") & (runs["score"] == MEAN_OF_LAYERS)]
    assert set(part["n_states"]) == {1, 2}


def test_findings_name_baseline_interval_and_unit(result):
    assert {f.tags["unit"] for f in result.findings} == {"A3"}
    for finding in result.findings:
        assert finding.unit == "subset of cells"
        assert finding.interval.n == finding.n
        assert finding.null.family == "sizes permuted over subsets"
        has_pairs = finding.tags["score"] != BASELINE
        assert (finding.baseline is not None) == has_pairs == (finding.increment is not None)
    assert any("opposite directions" in n for n in result.notes)
    assert set(result.captions) == set(result.tables)


def test_correlations_of_rows_and_no_trend_where_nothing_varies():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, (2, 6, 15)).astype(float)
    b[0] = 1.0
    found = _correlations(a, b)
    assert found[0] == 0.0
    for x, y, rho in zip(a[1:], b[1:], found[1:], strict=True):
        assert rho == pytest.approx(spearmanr(x, y).statistic)


def test_one_state_is_not_applicable(made, quick):
    planted = made(0.0, seed=13)
    planted.held.study.stratum[:] = 0
    found = judge_composition(planted.held, planted.network, "planted", 3, quick, 1, min_cells=20)
    assert [str(v.state) for v in found.verdicts] == ["NOT APPLICABLE"]
