"""Distances against a network: what the result holds, says and draws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.errors import NotApplicableError
from cellglass.geometry.study.distances_analysis import CLAIM, HIERARCHY, judge
from cellglass.geometry.study.measures import SPLITS
from cellglass.geometry.study.pair_scores import DIFFUSION, EUCLIDEAN
from cellglass.runs.result import RESULT, AnalysisResult

Sound = Callable[[Path], AnalysisResult]


@pytest.fixture(scope="module")
def known(planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame) -> Any:
    """Planted in layer 0, noise in layer 1 and in an untrained copy."""
    design = planting.near(cell_genes["gene"][:120])
    quiet = planting.noise(design.genes)
    return plant(
        {"m": {0: design.points, 1: quiet}, "copy": {0: quiet, 1: quiet[::-1].copy()}},
        design.genes, design.edges,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(known: Any) -> Path:
    return Path(known.judge(judge, "m", copy="copy"))


@pytest.fixture(scope="module")
def result(folder: Path, sound: Sound) -> AnalysisResult:
    return sound(folder)


def test_planted_proximity_is_a_pass_of_the_straight_line(result: AnalysisResult):
    verdicts = {v.tags["measure"]: v for v in result.verdicts}
    assert list(verdicts) == list(HIERARCHY)
    straight = verdicts[EUCLIDEAN]
    assert straight.state == "PASS"
    assert straight.claim == CLAIM
    assert straight.sentence.startswith("Euclidean distance in gene space of m adds 0.")
    assert "in telling planted pairs of held-out genes (n = 20 regulators)" in straight.sentence
    assert straight.sentence.endswith("beats the degree null and the matched-pair null.")
    # around a regulator space is flat: nothing adds to the straight line
    assert all(v.state != "PASS" for m, v in verdicts.items() if m != EUCLIDEAN)


def test_each_measure_has_a_finding_a_split(result: AnalysisResult):
    assert len(result.findings) == len(HIERARCHY) * len(SPLITS)
    for finding in result.findings:
        assert finding.kind == ("confirmatory" if finding.tags["split"] == "both" else
                                "descriptive")  # fmt: skip
        assert finding.tags["over"] == HIERARCHY[finding.tags["measure"]]
        assert finding.unit == "regulator"
        assert finding.n == 20
    increments = [f.increment for f in result.findings if f.tags["measure"] == EUCLIDEAN]
    assert all(low > 0 for _, low, _ in increments)


def test_an_untrained_copy_stands_beside(result: AnalysisResult):
    measures = result.tables["measures"]
    assert set(measures["model"]) == {"trained", "untrained"}
    own, copy = (measures[measures["model"] == m] for m in ("trained", "untrained"))
    assert set(own["split"]) == set(SPLITS)
    assert set(copy["split"]) == {"both"}
    assert own["p"].between(0, 1).all()
    assert copy["p"].isna().all()
    straight = copy.set_index(["measure", "over"]).loc[(EUCLIDEAN, HIERARCHY[EUCLIDEAN])]
    assert straight["increment"] < 0.05
    series = set(result.tables["lines"]["series"])
    assert {EUCLIDEAN, f"{EUCLIDEAN}, untrained"} <= series
    assert len(series) == 2 * len(HIERARCHY)
    assert result.notes[-1].startswith("In an untrained copy the best distance (")
    # diffusion is drawn after 4 steps alone, and told after all of them
    assert set(result.tables["layers"].query("measure == @DIFFUSION")["variant"]) == {
        "1", "2", "4", "8",
    }  # fmt: skip
    lines = result.tables["lines"]
    assert (lines["series"] == DIFFUSION).sum() == 2


def test_tables_hold_what_captions_promise(result: AnalysisResult):
    layers = result.tables["layers"]
    assert {"null_mean_degree", "p_degree", "null_mean_matched_pair", "p_matched_pair"} <= set(
        layers
    )
    assert (layers["low"] <= layers["auroc"]).all()
    assert (layers["auroc"] <= layers["high"]).all()
    forest = result.tables["forest"]
    assert (forest["kind"] == "candidate").sum() == len(HIERARCHY)
    assert "|co-expression|" in set(result.tables["baselines"]["baseline"])
    assert "20 regulators" in result.captions["measures"]


def test_guards_judge_what_was_used(result: AnalysisResult):
    assert [c.code for c in result.checks] == ["G3", "G4", "G5", "G7", "G8", "G9"]
    details = {c.code: c.detail for c in result.checks}
    assert details["G3"].startswith("120 genes with a state, 0 of them rows of zeros")
    assert "99 draws reach p = 0.01" in details["G7"]


def test_equal_input_gives_equal_bytes(known: Any, folder: Path):
    again = Path(known.judge(judge, "m", copy="copy"))
    assert again != folder
    files = sorted(p.name for p in folder.iterdir())
    assert files == sorted(p.name for p in again.iterdir())
    for name in files:
        assert (folder / name).read_bytes() == (again / name).read_bytes(), name


def test_without_a_copy_and_in_a_domain(
    planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame, sound: Sound
):
    """Points are planted in one domain only; the other is not told by it."""
    design = planting.near(cell_genes["gene"][:100])
    both = np.stack([planting.noise(design.genes), design.points])
    known = plant({"m": {0: both}}, design.genes, design.edges, domains=("G1", "S"))
    states = {}
    for domain in ("G1", "S"):
        label = {"model": "m", "network": "planted", "domain": domain}
        found = sound(known.judge(judge, "m", domain=domain, column="phase", label=label))
        states[domain] = found.verdicts[0].state
        assert f"gene space of m ({domain})" in found.verdicts[0].sentence
        assert found.verdicts[0].tags["domain"] == domain
        assert set(found.tables["measures"]["model"]) == {"trained"}
        assert not any("untrained" in s for s in [*found.notes, found.figures[1].caption])
    assert states["S"] == "PASS"
    assert states["G1"] != "PASS"


def test_parts_of_a_graph_that_were_bridged_are_told(
    planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame, sound: Sound
):
    design = planting.near(cell_genes["gene"][:100])
    points = np.hstack([design.points, 900.0 * (np.arange(100) % 2)[:, None]])
    known = plant({"m": {0: points}}, design.genes, design.edges)
    found = sound(known.judge(judge, "m", most_neighbours=12))
    assert found.notes[0].startswith("The graph of 1 of 1 layer fell into parts, which up to ")


def test_rows_of_zeros_fail_a_check(
    planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame
):
    design = planting.near(cell_genes["gene"][:100])
    design.points[95:] = 0.0
    known = plant({"m": {0: design.points}}, design.genes, design.edges, noise=0.0)
    found = AnalysisResult.read(known.judge(judge, "m"))
    check = found.checks[0]
    assert (check.code, check.state) == ("G3", "failed")
    assert "5 of them rows of zeros" in check.detail
    assert "up to 4 of a layer have the state of another gene" in check.detail


def test_few_regulators_leave_no_result(
    planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame
):
    design = planting.near(cell_genes["gene"][:100])
    edges = [e for e in design.edges if e[0] in design.genes[:4]]
    known = plant({"m": {0: design.points}}, design.genes, edges)
    with pytest.raises(NotApplicableError, match="4 regulators of planted have at least 3 targets"):
        known.judge(judge, "m")
    assert not list(known.folders.root.rglob(RESULT))
