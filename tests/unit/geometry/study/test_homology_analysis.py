"""The analysis of loops: verdicts on planted clouds, and what the report gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass import pl
from cellglass.errors import NotApplicableError
from cellglass.geometry.study.homology_analysis import judge
from cellglass.runs.result import AnalysisResult

GENES = [f"G{i}" for i in range(240)]
HOMOLOGY = {"samples": 6, "points": 40, "components": 6, "draws": 39, "margin": 0.05}


def ring(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0, 2 * np.pi, len(GENES))
    points = 0.15 * rng.normal(size=(len(GENES), 6))
    points[:, 0] += np.cos(turn)
    points[:, 1] += np.sin(turn)
    return points


def ball(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(len(GENES), 6))


def result_of(
    planted: Callable[..., Any], statistics: dict[str, Any], points: np.ndarray,
    copy: np.ndarray | None = None, **changes: Any,
) -> tuple[AnalysisResult, Path]:  # fmt: skip
    subjects = {"m": {0: points}} | ({} if copy is None else {"c": {0: copy}})
    folders = planted(subjects, GENES, noise=0.0)
    states = {"": "m"} | ({} if copy is None else {"untrained": "c"})
    folder = folders.run(
        "geometry.homology/m", judge, label={"model": "m"}, statistics=statistics, states=states,
        domain="all", homology=HOMOLOGY | changes,
    )  # fmt: skip
    return AnalysisResult.read(folder), folder


def test_a_ring_passes_and_is_told(planted: Callable[..., Any], statistics: dict[str, Any]) -> None:
    result, _ = result_of(planted, statistics, ring(), ball())
    states = {v.tags["statistic"]: str(v.state) for v in result.verdicts}
    assert states["longest"] == "PASS"
    assert {f.tags["statistic"] for f in result.findings} == {"total", "longest"}
    assert all(f.unit == "sample of genes" and f.n == 6 for f in result.findings)
    copy = result.tables["layers"].query("model == 'untrained'")
    assert copy["p_max"].isna().all()
    assert (copy["log_ratio"].abs() < 0.3).all()
    assert "untrained copy" in " ".join(result.notes)


def test_a_ball_does_not_pass(planted: Callable[..., Any], statistics: dict[str, Any]) -> None:
    result, _ = result_of(planted, statistics, ball())
    assert {str(v.state) for v in result.verdicts} <= {"FAIL", "INCONCLUSIVE"}
    assert {c.state for c in result.checks} == {"passed"}


def test_clusters_make_fewer_loops_and_that_is_said(
    planted: Callable[..., Any], statistics: dict[str, Any]
) -> None:
    rng = np.random.default_rng(2)
    points = 4 * rng.normal(size=(8, 6))[np.arange(len(GENES)) % 8]
    points = points + 0.3 * rng.normal(size=points.shape)
    result, _ = result_of(planted, statistics, points)
    total = next(v for v in result.verdicts if v.tags["statistic"] == "total")
    assert str(total.state) == "FAIL"
    assert any("fewer loops" in n for n in result.notes)


def test_figures_draw_and_captions_are_whole(
    planted: Callable[..., Any], statistics: dict[str, Any]
) -> None:
    result, folder = result_of(planted, statistics, ring(), ball())
    assert set(result.captions) == set(result.tables)
    for figure in result.figures:
        axes = getattr(pl, figure.function)(result.tables[figure.table], **figure.options)
        assert axes.has_data()
    told = " ".join([*result.notes, *result.captions.values(), result.method])
    assert "nan" not in told
    again, other = result_of(planted, statistics, ring(), ball())
    assert [v.sentence for v in again.verdicts] == [v.sentence for v in result.verdicts]
    for file in folder.iterdir():
        assert (other / file.name).read_bytes() == file.read_bytes()


def test_too_few_genes_are_not_applicable(
    planted: Callable[..., Any], statistics: dict[str, Any]
) -> None:
    with pytest.raises(NotApplicableError, match="240 genes make 12 samples of 20"):
        result_of(planted, statistics, ball(), samples=12)


def test_draws_that_cannot_reach_the_level_are_told(
    planted: Callable[..., Any], statistics: dict[str, Any]
) -> None:
    result, _ = result_of(planted, {**statistics, "level": 0.01}, ball())
    assert any(c.code == "G7" and c.state == "failed" for c in result.checks)
