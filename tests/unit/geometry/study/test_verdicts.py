"""Findings and verdicts of measures: the harder null, the right baseline, readable sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data import Network
from cellglass.geometry.study.measures import (
    DEGREE_NULL,
    MATCHED_NULL,
    PRIMARY,
    SINGLE,
    SPLITS,
    STRAIGHT,
    Judged,
    judge_measures,
)
from cellglass.geometry.study.pair_scores import EUCLIDEAN, GEODESIC, MEASURES, PairScores
from cellglass.geometry.study.verdicts import (
    SUBJECTS,
    judging,
    measure_findings,
    measure_verdict,
)
from cellglass.runs.sections import StatisticsConfig

LABEL = {"model": "m", "network": "n"}


@pytest.fixture(scope="module")
def judged(
    planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame, quick: StatisticsConfig
) -> Judged:
    design = planting.near(cell_genes["gene"][:100])
    known = plant({"m": {0: design.points}}, design.genes, design.edges)
    held = PairScores.read(known.folders.inputs[known.scores("m")])
    frame = pd.DataFrame(design.edges, columns=["source", "target"])
    return judge_measures(
        held, Network.from_frame(frame, name="n"), "n", [EUCLIDEAN, GEODESIC], 3, quick, 42, "t"
    )


def test_a_finding_a_split_with_the_harder_null(judged: Judged):
    found = measure_findings(judged, GEODESIC, STRAIGHT, "a", LABEL, 42)
    assert [f.tags["split"] for f in found] == list(SPLITS)
    assert [f.kind for f in found] == ["descriptive", "descriptive", "confirmatory"]
    p_of = judged.null_p(GEODESIC)
    for finding in found:
        gain = judged.increments[GEODESIC, STRAIGHT, finding.tags["split"]]
        assert finding.increment == (gain.delta, gain.interval.low, gain.interval.high)
        assert finding.baseline == (STRAIGHT, gain.base_auroc)
        assert finding.p == max(p_of.values())
        assert finding.null.family == max(p_of, key=p_of.get)
    assert found[0].question == (
        "Does geodesic distance add to single-gene statistics and Euclidean distance in telling n "
        "pairs, regulators held out?"
    )


def test_the_harder_null_is_the_one_with_the_larger_p(judged: Judged):
    null = judged.nulls[MATCHED_NULL]
    lost = replace(null, adjusted_p=np.full(len(null.names), 0.4))
    worse = replace(judged, nulls={**judged.nulls, MATCHED_NULL: lost})
    (*_, finding) = measure_findings(worse, EUCLIDEAN, SINGLE, "a", LABEL, 42)
    assert finding.null.family == MATCHED_NULL
    assert finding.p == 0.4


def test_both_nulls_must_be_beaten(judged: Judged, quick: StatisticsConfig):
    found = measure_findings(judged, EUCLIDEAN, SINGLE, "a", LABEL, 42)
    verdict = measure_verdict(judged, EUCLIDEAN, SINGLE, "c", LABEL, quick, found)
    assert verdict.state == "PASS"
    assert verdict.finding_ids == tuple(f.id for f in found)
    assert verdict.tags == {**LABEL, "measure": EUCLIDEAN}
    for name in (DEGREE_NULL, MATCHED_NULL):
        lost = replace(judged.nulls[name], adjusted_p=np.full(2, 0.2))
        worse = replace(judged, nulls={**judged.nulls, name: lost})
        verdict = measure_verdict(worse, EUCLIDEAN, SINGLE, "c", LABEL, quick, found)
        assert verdict.state == "INCONCLUSIVE"
        assert f"the {name} null is not beaten (adjusted p = 0.2)" in verdict.sentence


def test_the_margin_is_on_the_split_of_both_genes(judged: Judged, quick: StatisticsConfig):
    high = quick.model_copy(update={"margin": 0.45})
    verdict = measure_verdict(judged, EUCLIDEAN, SINGLE, "c", LABEL, high, [])
    gain = judged.increments[EUCLIDEAN, SINGLE, PRIMARY]
    assert verdict.state == "FAIL"
    assert f"{gain.delta:.3f}" in verdict.sentence


def test_every_measure_is_the_subject_of_a_sentence():
    assert set(SUBJECTS) == set(MEASURES)
    said = judging("trrust", StatisticsConfig(folds=7))
    assert "the pairs of trrust" in said
    assert "in 7 folds" in said
    assert said.endswith(".")
