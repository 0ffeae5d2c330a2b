"""Measures against a network: planted truth is found, nothing is found where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.data import Network
from cellglass.errors import NotApplicableError
from cellglass.geometry import pair_model
from cellglass.geometry.study.measures import (
    DEGREE_NULL,
    MATCHED_NULL,
    PRIMARY,
    SINGLE,
    SPLITS,
    STRAIGHT,
    Judged,
    judge_measures,
    judged_pairs,
)
from cellglass.geometry.study.pair_scores import (
    EUCLIDEAN,
    GEODESIC,
    TRIANGLE,
    PairScores,
)
from cellglass.geometry.study.verdicts import measure_verdict
from cellglass.runs.sections import StatisticsConfig

Make = Callable[..., PairScores]


def network(design: Any) -> Network:
    return Network.from_frame(pd.DataFrame(design.edges, columns=["source", "target"]), name="n")


@pytest.fixture
def scores(plant: Callable[..., Any]) -> Make:
    def make(design: Any, **layers: np.ndarray) -> PairScores:
        points = {int(k.removeprefix("layer")): v for k, v in layers.items()} | {0: design.points}
        known = plant({"m": points}, design.genes, design.edges, noise=0.0)
        return PairScores.read(known.folders.inputs[known.scores("m")])

    return make


def judge(
    held: PairScores, design: Any, quick: StatisticsConfig, *measures: str, **changes: Any
) -> Judged:
    return judge_measures(
        held, network(design), "planted", list(measures), 3, quick, 42, "t", **changes
    )


def state(judged: Judged, quick: StatisticsConfig, measure: str, over: str) -> str:
    return str(measure_verdict(judged, measure, over, "c", {"model": "m"}, quick, []).state)


def test_planted_proximity_passes_under_all_splits(
    planting: Any, scores: Make, cell_genes: pd.DataFrame, quick: StatisticsConfig
):
    design = planting.near(cell_genes["gene"][:200])
    held = scores(design, layer1=planting.noise(design.genes))
    judged = judge(held, design, quick, EUCLIDEAN)
    for split in SPLITS:
        gain = judged.increments[EUCLIDEAN, SINGLE, split]
        assert gain.delta > 0.1
        assert gain.interval.low > 0.05
    assert judged.null_p(EUCLIDEAN) == {DEGREE_NULL: 0.01, MATCHED_NULL: 0.01}
    assert state(judged, quick, EUCLIDEAN, SINGLE) == "PASS"
    # the layer is chosen within the training genes; what needs no space knows nothing
    assert set(judged.gains["chosen"]) == {"layer 0"}
    assert judged.layers.set_index("layer")["auroc"][1] < 0.6
    unpaired = judged.baselines[~judged.baselines["baseline"].str.contains("degree")]
    assert (unpaired["auroc"].sub(0.5).abs() < 0.1).all()


def test_without_a_relation_nothing_passes(
    planting: Any, scores: Make, cell_genes: pd.DataFrame, quick: StatisticsConfig
):
    found = []
    for seed in range(3):
        design = planting.unrelated(cell_genes["gene"][:160], seed=seed)
        judged = judge(scores(design), design, quick, EUCLIDEAN, splits=(PRIMARY,))
        assert state(judged, quick, EUCLIDEAN, SINGLE) != "PASS"
        found.append(min(judged.null_p(EUCLIDEAN).values()))
    assert np.median(found) > 0.1


def test_what_only_degrees_tell_does_not_pass(
    planting: Any, scores: Make, cell_genes: pd.DataFrame, quick: StatisticsConfig
):
    for seed in range(2):
        design = planting.hubs(cell_genes["gene"][:240], seed=seed)
        judged = judge(scores(design), design, quick, EUCLIDEAN, splits=(PRIMARY,))
        (row,) = judged.layers.to_dict("records")
        assert row["auroc"] > 0.6
        assert row["auroc"] - row["null_mean_degree"] < 0.05  # degrees alone reach as much
        assert max(judged.null_p(EUCLIDEAN).values()) > 0.05
        assert state(judged, quick, EUCLIDEAN, SINGLE) != "PASS"


def test_paths_along_a_rolled_sheet_add_to_the_straight_line(
    planting: Any, scores: Make, cell_genes: pd.DataFrame, quick: StatisticsConfig
):
    design = planting.rolled(cell_genes["gene"][:450])
    judged = judge(scores(design), design, quick, GEODESIC, splits=(PRIMARY,))
    gain = judged.increments[GEODESIC, STRAIGHT, PRIMARY]
    assert gain.delta > 0.02
    assert state(judged, quick, GEODESIC, STRAIGHT) == "PASS"
    # where targets are near through space as well, paths add nothing
    flat = planting.near(cell_genes["gene"][:240])
    judged = judge(scores(flat), flat, quick, GEODESIC, splits=(PRIMARY,))
    assert judged.increments[GEODESIC, STRAIGHT, PRIMARY].delta < 0.02
    assert state(judged, quick, GEODESIC, STRAIGHT) != "PASS"


@pytest.mark.long
def test_false_passes_are_rare_and_p_is_not_small_by_chance(
    planting: Any, scores: Make, cell_genes: pd.DataFrame, quick: StatisticsConfig
):
    """Of 24 unrelated spaces and 24 of hubs none passes; p is below 0.05 in about 1 of 20."""
    for maker in (planting.unrelated, planting.hubs):
        small = []
        for seed in range(24):
            design = maker(cell_genes["gene"][:240], seed=seed)
            judged = judge(scores(design), design, quick, EUCLIDEAN, splits=(PRIMARY,))
            assert state(judged, quick, EUCLIDEAN, SINGLE) != "PASS"
            small.append([p <= 0.05 for p in judged.null_p(EUCLIDEAN).values()])
        assert np.mean(small, axis=0).max() < 0.2


@pytest.mark.long
def test_planted_truth_is_found_with_power(
    planting: Any, scores: Make, cell_genes: pd.DataFrame, quick: StatisticsConfig
):
    """Proximity in 10 of 10 spaces, what paths add on a rolled sheet in 8 of 10 at least."""
    found = {"near": 0, "rolled": 0}
    for seed in range(10):
        design = planting.near(cell_genes["gene"][:240], seed=seed)
        judged = judge(scores(design), design, quick, EUCLIDEAN, splits=(PRIMARY,))
        found["near"] += state(judged, quick, EUCLIDEAN, SINGLE) == "PASS"
        design = planting.rolled(cell_genes["gene"][:450], seed=seed)
        judged = judge(scores(design), design, quick, GEODESIC, splits=(PRIMARY,))
        found["rolled"] += state(judged, quick, GEODESIC, STRAIGHT) == "PASS"
    assert found["near"] == 10
    assert found["rolled"] >= 8


@pytest.fixture(scope="module")
def near(planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame) -> Any:
    design = planting.near(cell_genes["gene"][:120])
    known = plant({"m": {0: design.points}}, design.genes, design.edges, noise=0.0)
    return design, PairScores.read(known.folders.inputs[known.scores("m")])


def test_auroc_by_layer_is_that_of_the_pairs(near: Any, quick: StatisticsConfig):
    design, held = near
    judged = judge(held, design, quick, EUCLIDEAN, TRIANGLE, splits=(PRIMARY,))
    pairs = judged.pairs
    for row in judged.layers.to_dict("records"):
        matrix = held.scores[row["measure"]][0]
        score = [matrix[held.regulators.index(s), held.genes.index(t)]
                 for s, t in zip(*pairs.ends, strict=True)]  # fmt: skip
        assert row["auroc"] == pytest.approx(roc_auc_score(pairs.positive, score), abs=1e-12)
        assert row["low"] <= row["auroc"] <= row["high"]
    # p of a measure is the smallest of its scores, adjusted over all
    null = judged.nulls[DEGREE_NULL]
    assert [n.partition("/")[0] for n in null.names] == [EUCLIDEAN, TRIANGLE]
    assert judged.null_p(TRIANGLE)[DEGREE_NULL] == null.adjusted_p[1]


def test_the_splits_told_are_those_judged(
    near: Any, quick: StatisticsConfig, monkeypatch: pytest.MonkeyPatch
):
    design, held = near
    used = []
    whole = pair_model.pair_splits

    def spied(*args: Any, **kwargs: Any) -> Any:
        used.append(whole(*args, **kwargs))
        return used[-1]

    monkeypatch.setattr(pair_model, "pair_splits", spied)
    judged = judge(held, design, quick, EUCLIDEAN, splits=(PRIMARY,))
    told = judged.splits(quick, 42)
    assert len(told) == quick.folds**2
    assert any(
        len(one) == len(told)
        and all(np.array_equal(a.test, b.test) for a, b in zip(one, told, strict=True))
        for one in used
    )


def test_pairs_without_a_score_are_not_judged(near: Any):
    design, held = near
    whole, rows, columns = judged_pairs(held, network(design), "planted", 3)
    gone = {m: s.copy() for m, s in held.scores.items()}
    lost = int(np.flatnonzero(whole.labels[0])[0])
    gone[TRIANGLE][0, rows[0], columns[lost]] = np.nan
    found, *_ = judged_pairs(replace(held, scores=gone), network(design), "planted", 3)
    assert int(found.mask.sum()) in {int(whole.mask.sum()) - 1,  # or its only pair was lost
                                     int(whole.mask.sum()) - len(whole.sources)}  # fmt: skip
    assert int(found.labels.sum()) == int(whole.labels.sum()) - 1


def test_rows_and_columns_are_those_of_the_scores(near: Any):
    design, held = near
    pairs, rows, columns = judged_pairs(held, network(design), "planted", 7)
    assert pairs.sources == tuple(held.regulators[i] for i in rows)
    assert pairs.targets == tuple(held.genes[i] for i in columns)
    assert (pairs.labels.sum(1) >= 7).all()
    assert 6 <= len(pairs.sources) < 20
    # a gene that only regulators with few targets have is no target here
    assert pairs.labels.any(0).all()
    assert set(pairs.ends[0]) == set(pairs.sources)


def test_copies_of_genes_do_not_break(
    planting: Any, scores: Make, cell_genes: pd.DataFrame, quick: StatisticsConfig
):
    design = planting.near(cell_genes["gene"][:120])
    design.points[21:30] = design.points[1]  # nine targets stand on a regulator
    design.points[2] = design.points[3]
    held = scores(design)
    assert np.isnan(held.scores[TRIANGLE][0]).sum() > 20
    judged = judge(held, design, quick, EUCLIDEAN, TRIANGLE, splits=(PRIMARY,))
    assert np.isfinite(judged.layers["auroc"]).all()
    assert np.isfinite(judged.gains["increment"]).all()


def test_equal_scores_are_chance(near: Any, quick: StatisticsConfig):
    design, held = near
    flat = {m: np.round(s, 0) for m, s in held.scores.items()}
    flat[EUCLIDEAN] = np.zeros_like(flat[EUCLIDEAN])
    judged = judge(replace(held, scores=flat), design, quick, EUCLIDEAN, splits=(PRIMARY,))
    (row,) = judged.layers.to_dict("records")
    assert row["auroc"] == 0.5
    assert min(judged.null_p(EUCLIDEAN).values()) == 1.0
    assert state(judged, quick, EUCLIDEAN, SINGLE) != "PASS"


def test_too_few_regulators_are_refused(near: Any, quick: StatisticsConfig):
    design, held = near
    few = [e for e in design.edges if e[0] in design.genes[:5]]
    small = replace_edges(design, few)
    with pytest.raises(NotApplicableError, match="5 regulators of planted have at least 3"):
        judge(held, small, quick, EUCLIDEAN)
    many = quick.model_copy(update={"folds": 21})
    with pytest.raises(NotApplicableError, match="21 are needed"):
        judge(held, design, many, EUCLIDEAN)


def test_a_network_of_other_genes_is_not_applicable(near: Any, quick: StatisticsConfig):
    design, held = near
    other = replace_edges(design, [("X1", "X2"), ("X1", "X3")])
    with pytest.raises(
        NotApplicableError, match="no pair of planted lies among the 120 genes with"
    ):
        judge(held, other, quick, EUCLIDEAN)


def replace_edges(design: Any, edges: list[tuple[str, str]]) -> Any:
    return replace(design, edges=edges)


def test_size_tells_what_was_judged(near: Any, quick: StatisticsConfig):
    design, held = near
    judged = judge(held, design, quick, EUCLIDEAN, splits=(PRIMARY,))
    n = int(judged.pairs.labels.sum())
    assert judged.size.startswith(f"20 regulators, {len(judged.pairs.targets)} targets, {n} of ")
    assert judged.size.endswith("pairs in planted")
