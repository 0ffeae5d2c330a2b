import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cellglass.reproduce.published import Select
from cellglass.reproduce.selecting import find_number, findings_table
from cellglass.runs.result import AnalysisResult
from cellglass.stats import Finding, Interval, not_applicable

WHERE = ({"score": "layer 1"},)
PLAIN = Select("scores", WHERE, column="auroc", low="auroc_low", high="auroc_high", n="n")


def test_one_row_with_its_interval(result: AnalysisResult):
    ours = find_number(result, PLAIN, seed=1)
    assert (ours.value, ours.low, ours.high, ours.n) == (0.6, 0.5, 0.7, 10)
    assert ours.subject == "mini and trrust"
    assert ours.told == ""


def test_a_fallback_is_told(result: AnalysisResult):
    tried = ({"score": "layer 9"}, {"score": "|Spearman|"})
    ours = find_number(result, replace(PLAIN, where=tried), seed=1)
    assert ours.value == 0.55
    assert ours.told == "there is no score layer 9 here: score |Spearman| stands in for it"


def test_several_rows_are_an_error_of_the_selector_and_no_number(result: AnalysisResult):
    ours = find_number(result, replace(PLAIN, where=({"kind": "candidate"},)), seed=1)
    assert not ours.found
    assert "4 rows" in ours.told


@pytest.mark.parametrize(
    ("reduce", "value"),
    [("min", 0.5), ("max", 0.8), ("median", 0.65), ("mean", 0.65), ("count", 3), ("share", 0.75),
     ("sd", np.std([0.5, 0.6, 0.7, 0.8], ddof=1))],
)  # fmt: skip
def test_reductions(result: AnalysisResult, reduce: str, value: float):
    select = replace(PLAIN, where=({"kind": "candidate"},), reduce=reduce, above=0.55)
    assert find_number(result, select, seed=1).value == pytest.approx(value)


def test_a_mean_over_rows_has_the_interval_of_its_bootstrap():
    values = np.random.default_rng(0).normal(0.6, 0.1, 200)
    result = AnalysisResult("x", {}, tables={"t": pd.DataFrame({"a": values})})
    ours = find_number(result, Select("t", column="a", reduce="mean"), seed=1)
    reach = stats.t.ppf(0.975, 199) * values.std(ddof=1) / math.sqrt(200)
    assert ours.low == pytest.approx(values.mean() - reach, abs=0.004)
    assert ours.high == pytest.approx(values.mean() + reach, abs=0.004)
    assert ours.n == 200
    again = find_number(result, Select("t", column="a", reduce="mean"), seed=1)
    assert again == ours


def test_an_average_over_layers_has_no_interval(result: AnalysisResult):
    select = Select("scores", ({"kind": "candidate"},), column="auroc", reduce="average")
    ours = find_number(result, select, seed=1)
    assert ours.value == pytest.approx(0.65)
    assert math.isnan(ours.low)
    assert ours.n is None


def test_rows_below_a_threshold_are_counted(result: AnalysisResult):
    select = Select("scores", ({"kind": "candidate"},), column="auroc", reduce="count", below=0.65)
    assert find_number(result, select, seed=1).value == 2
    assert find_number(result, replace(select, reduce="share"), seed=1).value == 0.5


LESS = Select("t", ({"measure": "b", "layer": {"least": 0}},), column="auroc",
              less={"measure": "a"}, along="layer", reduce="average")  # fmt: skip


def by_measure(**changes: object) -> AnalysisResult:
    table = pd.DataFrame(
        {"measure": ["a"] * 4 + ["b"] * 3, "layer": [-1, 2, 1, 0, 0, 1, 3],
         "auroc": [0.9, 0.5, 0.3, 0.2, 0.5, 0.7, 0.8]}
    )  # fmt: skip
    return AnalysisResult("x", {}, tables={"t": table.assign(**changes)})


def test_rows_are_taken_from_the_rows_that_belong_to_them():
    assert find_number(by_measure(), LESS, seed=1).value == pytest.approx((0.3 + 0.4) / 2)
    largest = find_number(by_measure(), replace(LESS, reduce="max"), seed=1)
    assert largest.value == pytest.approx(0.4)


def test_without_counterparts_there_is_no_difference():
    ours = find_number(by_measure(), replace(LESS, less={"measure": "c"}), seed=1)
    assert not ours.found
    assert "measure b and layer least 0 and one with measure c" in ours.told


def test_two_counterparts_are_an_error_of_the_selector():
    ours = find_number(by_measure(layer=0), LESS, seed=1)
    assert not ours.found
    assert "have one layer: the selector must say more" in ours.told


def test_differences_and_ratios_row_by_row(result: AnalysisResult):
    layers = ({"kind": "candidate"},)
    minus = Select("scores", layers, column="auroc", minus="auroc_low", reduce="mean")
    assert find_number(result, minus, seed=1).value == pytest.approx(0.1)
    ratio = Select("scores", WHERE, column="auroc", over="auroc_low")
    assert find_number(result, ratio, seed=1).value == pytest.approx(0.6 / 0.5)


def test_interval_from_a_standard_deviation_is_students(result: AnalysisResult):
    ours = find_number(result, Select("scores", WHERE, column="auroc", sd="sd", n="n"), seed=1)
    reach = stats.t.ppf(0.975, 9) * 0.1 / math.sqrt(10)
    assert (ours.low, ours.high) == pytest.approx((0.6 - reach, 0.6 + reach))


def test_interval_of_a_ratio_covers_it():
    """Delta method against simulated means: about 95 of 100 intervals hold the true ratio."""
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(400):
        a, b = rng.normal(0.9, 0.07, 10), rng.normal(0.5, 0.1, 10)
        table = pd.DataFrame(
            {"a": [a.mean()], "b": [b.mean()], "sa": [a.std(ddof=1)], "sb": [b.std(ddof=1)],
             "n": [10]}
        )  # fmt: skip
        select = Select("t", column="a", over="b", sd="sa", over_sd="sb", n="n")
        ours = find_number(AnalysisResult("x", {}, tables={"t": table}), select, seed=1)
        hits += ours.low <= 0.9 / 0.5 <= ours.high
    assert 0.92 <= hits / 400 <= 0.99


def test_scale_turns_the_interval_round():
    table = pd.DataFrame({"d": [-0.1], "low": [-0.2], "high": [0.05]})
    select = Select("t", column="d", low="high", high="low", scale=-1.0)
    ours = find_number(AnalysisResult("x", {}, tables={"t": table}), select, seed=1)
    assert (ours.value, ours.low, ours.high) == (0.1, -0.05, 0.2)


def test_a_missing_table_tells_what_the_result_said():
    result = AnalysisResult("x", {}, verdicts=[not_applicable("c", "e", why="two regulators")])
    assert find_number(result, PLAIN, seed=1).told == "two regulators"
    bare = AnalysisResult("x", {})
    assert find_number(bare, PLAIN, seed=1).told == "x has no such table here"


def test_a_missing_column_or_value_is_no_number(result: AnalysisResult):
    assert "no 'auprc'" in find_number(result, replace(PLAIN, column="auprc"), seed=1).told
    result.tables["scores"].loc[1, "auroc"] = np.nan
    ours = find_number(result, PLAIN, seed=1)
    assert not ours.found
    assert "leaves it empty" in ours.told


def test_findings_are_found_by_their_tags():
    interval = Interval(0.1, 0.3, 0.95, "percentile", "gene", 5)
    finding = Finding("x", "Q?", "gain", 0.2, interval, n=5, unit="gene", kind="descriptive",
                      tags={"unit": "A33", "test": "Wilcoxon"})  # fmt: skip
    result = AnalysisResult("x", {}, findings=[finding])
    assert findings_table(result)["estimate"].tolist() == [0.2]
    select = Select("findings", ({"unit": "A33"},), column="estimate", low="low", high="high")
    ours = find_number(result, select, seed=1)
    assert (ours.value, ours.low, ours.high) == (0.2, 0.1, 0.3)
