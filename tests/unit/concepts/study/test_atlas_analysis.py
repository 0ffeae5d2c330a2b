"""What the report shows of an atlas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cellglass.concepts import write_atlas
from cellglass.concepts.study.atlas_analysis import COLUMNS, describe
from cellglass.runs.result import AnalysisResult
from cellglass.runs.tasks import TaskContext


@pytest.fixture
def result(toy_atlas: Any, tmp_path: Path) -> AnalysisResult:
    folder = write_atlas(toy_atlas.content(), tmp_path / "toy")
    (tmp_path / "out").mkdir()
    context = TaskContext("concepts.atlas/toy", 42, tmp_path / "out", {"concept-atlas/toy": folder})
    describe(context, model="toy", statistics={}, atlas="concept-atlas/toy")
    return AnalysisResult.read(tmp_path / "out")


def test_one_row_a_concept(result: AnalysisResult, toy_atlas: Any):
    table = result.tables["atlas"]
    units = toy_atlas.content().tables["units"]
    assert list(table["name"]) == list(units.loc[units["kind"] == "concept", "name"])
    assert set(table) <= set(COLUMNS)
    assert {"name", "frequency", "genes_for", "terms"} <= set(table)


def test_it_says_where_the_atlas_is_and_claims_nothing(result: AnalysisResult):
    (note,) = result.notes
    assert "atlas/toy" in note
    assert result.verdicts == []
    assert result.findings == []


def test_cells_of_the_clearest_concepts_are_drawn(result: AnalysisResult):
    drawn = [(f.function, f.options["unit"]) for f in result.figures]
    assert drawn == [
        ("unit_map", "concept 4"), ("unit_labels", "concept 4"),
        ("unit_map", "concept 9"), ("unit_labels", "concept 9"),
    ]  # fmt: skip
    shares = result.tables["labels"].set_index(["unit", "label"])["share"]
    assert shares["concept 4", "B"] == pytest.approx(2 / 3)
    assert shares["concept 9", "B"] == 0
    assert "ISG15" in result.figures[0].caption
