"""Communities against a network: planted clumps are found, and nothing where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cellglass.geometry.study.communities_analysis import CLAIM, judge
from cellglass.runs.result import AnalysisResult

Sound = Callable[[Path], AnalysisResult]


@pytest.fixture(scope="module")
def known(planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame) -> Any:
    design = planting.grouped(cell_genes["gene"][:160], groups=8)
    quiet = planting.noise(design.genes)
    return plant(
        {"m": {0: quiet, 1: design.points}, "copy": {0: quiet, 1: quiet}, "other": {0: quiet}},
        design.genes, design.edges,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(known: Any) -> Path:
    return Path(known.judge(judge, "m", copy="copy"))


@pytest.fixture(scope="module")
def result(folder: Path, sound: Sound) -> AnalysisResult:
    return sound(folder)


def test_planted_communities_pass(result: AnalysisResult):
    (verdict,) = result.verdicts
    assert verdict.state == "PASS"
    assert verdict.claim == CLAIM
    assert verdict.sentence.startswith("Sharing a community in gene space of m adds 0.")
    layers = result.tables["layers"].set_index("layer")
    assert layers.loc[1, "n_communities"] == 8
    assert layers.loc[1, "auroc"] > 0.9 > 0.6 > layers.loc[0, "auroc"]
    own = result.tables["measures"].query("model == 'trained'")
    assert (own["chosen"] == "layer 1").all()
    # given the straight line, communities of the same space add nothing
    over = own[own["over"].str.contains("Euclidean")]
    assert len(over) == 3
    assert (over["increment"] < 0.02).all()


def test_an_untrained_copy_stands_beside(result: AnalysisResult):
    assert set(result.tables["lines"]["series"]) == {"community", "community, untrained"}
    assert result.notes[-1].startswith("In an untrained copy, sharing a community has 0.")
    assert "an untrained copy is dashed" in result.figures[0].caption


def test_the_published_weights_are_told_and_not_taken(result: AnalysisResult):
    assert "near neighbours count most" in result.method
    assert [c.code for c in result.checks] == ["G3", "G5", "G7", "G8", "G9"]


def test_without_planted_communities_nothing_passes(known: Any, sound: Sound):
    found = sound(known.judge(judge, "other"))
    assert found.verdicts[0].state != "PASS"
    assert found.verdicts[0].reasons[0].endswith("not shown to be above the margin")
    assert set(found.tables["lines"]["series"]) == {"community"}
    assert len(found.notes) == 2
    # one layer: a number, not a range from it to itself
    assert " to " not in found.notes[0]
    assert "depending" not in found.notes[0]


def test_equal_input_gives_equal_bytes(known: Any, folder: Path):
    again = Path(known.judge(judge, "m", copy="copy"))
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name
