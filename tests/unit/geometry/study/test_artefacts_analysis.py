"""The analysis of published recipes: all of them run, and support no claim."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cellglass.geometry.study.artefacts_analysis import judge
from cellglass.runs.result import AnalysisResult


def test_every_recipe_is_run_and_told(
    plant: Callable[..., Any], planting: Any, cell_genes: Any, statistics: dict[str, Any]
) -> None:
    design = planting.near(cell_genes["gene"].tolist())
    planted = plant({"m": {0: design.points}}, design.genes, design.edges)
    scores = planted.scores("m")
    folder = planted.folders.run(
        "geometry.artefacts/m/n", judge, label={"model": "m", "network": "n"},
        statistics=statistics, states="m", scores=scores, domain="all", column=None,
        network=planted.network, min_targets=3,
    )  # fmt: skip
    result = AnalysisResult.read(folder)
    table = result.tables["recipes"].set_index("code")
    assert set(table.index) == {"G1", "G3", "G4", "G5", "G6", "G7", "G9"}
    assert bool(table.loc["G1", "found"])
    assert bool(table.loc["G5", "found"])
    assert bool(table.loc["G7", "found"])
    assert not result.verdicts
    assert not result.findings
    assert all(c.state == "passed" for c in result.checks)
    assert "nan" not in " ".join([*result.notes, *table["published_way"], *table["honest"]])
