"""Guards of judged pairs: each fails where its defect is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data import Network
from cellglass.geometry.study.measures import DEGREE_NULL, PRIMARY, Judged, judge_measures
from cellglass.geometry.study.pair_guards import (
    geodesics_are_geodesic,
    no_zero_rows,
    pair_guards,
)
from cellglass.geometry.study.pair_scores import EUCLIDEAN, PairScores
from cellglass.runs.sections import StatisticsConfig


def facts(**columns: list[Any]) -> pd.DataFrame:
    held = {"layer": [-1, 0], "genes": [90, 90], "zeros": [0, 0], "duplicates": [0, 0],
            "fallback": ["passed", "passed"], "fallback_detail": ["fine", "good"]}  # fmt: skip
    return pd.DataFrame(held | columns)


def test_rows_of_zeros_fail_and_copies_warn():
    assert no_zero_rows(facts()).state == "passed"
    assert not no_zero_rows(facts()).warning
    copies = no_zero_rows(facts(duplicates=[0, 7]))
    assert copies.state == "passed"
    assert copies.warning.startswith("up to 7 of a layer have the state of another gene")
    zeros = no_zero_rows(facts(zeros=[3, 0]))
    assert zeros.state == "failed"
    assert "3 of them rows of zeros" in zeros.detail


def test_geodesics_that_are_straight_lines_fail():
    assert geodesics_are_geodesic(facts()).detail == "layer 0: good"
    broken = geodesics_are_geodesic(facts(fallback=["failed", "passed"]))
    assert broken.state == "failed"
    assert broken.detail == "input: fine"


def test_a_layer_that_could_not_be_judged_is_not_a_failure():
    some = geodesics_are_geodesic(facts(fallback=["passed", "not run"]))
    assert (some.state, some.detail) == ("passed", "input: fine")
    none = geodesics_are_geodesic(facts(fallback=["not run", "not run"]))
    assert (none.state, none.detail) == ("not run", "layer 0: good")


@pytest.fixture(scope="module")
def judged(
    planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame, quick: StatisticsConfig
) -> Judged:
    design = planting.near(cell_genes["gene"][:100])
    known = plant({"m": {0: design.points}}, design.genes, design.edges)
    held = PairScores.read(known.folders.inputs[known.scores("m")])
    frame = pd.DataFrame(design.edges, columns=["source", "target"])
    return judge_measures(
        held, Network.from_frame(frame, name="n"), "n", [EUCLIDEAN], 3, quick, 42, "t",
        splits=(PRIMARY,),
    )  # fmt: skip


def states(judged: Judged, settings: StatisticsConfig) -> dict[str, str]:
    found = pair_guards(facts(), judged, [EUCLIDEAN], settings, 42)
    return {g.code: g.state for g in found}


def test_all_pass_on_what_was_judged(judged: Judged, quick: StatisticsConfig):
    assert states(judged, quick) == dict.fromkeys(("G3", "G5", "G7", "G8", "G9"), "passed")


def test_an_auroc_that_the_null_does_not_give_fails(judged: Judged, quick: StatisticsConfig):
    wrong = replace(judged, layers=judged.layers.assign(auroc=judged.layers["auroc"] - 0.01))
    assert states(wrong, quick)["G8"] == "failed"
    null = judged.nulls[DEGREE_NULL]
    other = replace(null, distributions=(replace(null.distributions[0], observed=0.5),))
    wrong = replace(judged, nulls={**judged.nulls, DEGREE_NULL: other})
    assert states(wrong, quick)["G8"] == "failed"


def test_missing_baselines_and_draws_fail(judged: Judged, quick: StatisticsConfig):
    kept = judged.baselines[~judged.baselines["baseline"].str.contains("degree")]
    assert states(replace(judged, baselines=kept), quick)["G9"] == "failed"
    few = quick.model_copy(update={"draws": 19, "level": 0.01})
    assert states(judged, few)["G7"] == "failed"


def test_the_sentence_names_the_baseline_above(judged: Judged, quick: StatisticsConfig):
    high = judged.baselines.assign(auroc=np.where(judged.baselines.index == 0, 0.99, 0.5))
    found = pair_guards(facts(), replace(judged, baselines=high), [EUCLIDEAN], quick, 42)
    assert found[-1].warning == "euclidean is below source degree (AUROC 0.990)"
