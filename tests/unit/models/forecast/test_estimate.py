from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cellglass.models.capture import capture_tasks
from cellglass.models.forecast import Estimate, estimate_study, exchanges, passes, subjects
from cellglass.models.forecast.concepts import ConceptCost
from cellglass.models.forecast.gene_space import GeneSpace
from cellglass.models.forecast.geometry import GeometryCost
from cellglass.models.forecast.subjects import SubjectCost
from cellglass.models.inputs import prepare_study
from cellglass.runs.geometry_section import GeometryConfig
from cellglass.runs.registry import Plan


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that does not depend on what else this machine does."""
    monkeypatch.setattr(subjects, "seconds_per_cell", lambda *_: 0.01)


def total(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def test_a_real_sample_is_timed(
    study_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "TIMED_SECONDS", 0.05)
    found = estimate_study(study_of())
    row = found.rows[0]
    assert (found.n_cells, found.n_screen_cells, found.workers, row.name) == (90, 0, 1, "tiny")
    assert 1e-5 < row.seconds_per_cell < 1
    assert 10 < row.tokens <= 30
    assert found.seconds > row.capture_seconds + row.statistics_seconds > 0
    text = str(found)
    assert text.startswith("90 cells, ")
    assert "1 process" in text
    assert "tiny:" in text


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize(
    ("smaller", "larger", "what"),
    [
        ({"cells": {"max_cells": 50}}, {"cells": {"max_cells": 90}}, ("seconds", "disk_bytes")),
        ({"genes": {"max_genes": 20}}, {"genes": {"max_genes": 40}},
         ("seconds", "memory_bytes", "disk_bytes")),
        ({"edges": {"heads": False}}, {"edges": {"heads": True}}, ("memory_bytes", "disk_bytes")),
        # the quality of embeddings is held against an untrained copy whatever the edges are
        ({"edges": {"untrained": False}, "analyses": ["regulation"]},
         {"edges": {"untrained": True}, "analyses": ["regulation"]},
         ("seconds", "disk_bytes")),
        ({"statistics": {"draws": 100}}, {"statistics": {"draws": 9000}}, ("seconds",)),
        ({"cells": {"strata": None}, "edges": {"group_cells": 40}},
         {"cells": {"strata": None}, "edges": {"group_cells": 2}}, ("disk_bytes",)),
        ({"controls": []}, {"controls": ["pairs", "circuit"]}, ("seconds",)),
    ],
)  # fmt: skip
def test_more_to_do_costs_more(
    study_of: Callable[..., Any], smaller: Any, larger: Any, what: tuple[str, ...]
) -> None:
    few, many = estimate_study(study_of(**smaller)), estimate_study(study_of(**larger))
    for name in what:
        assert getattr(many, name) > getattr(few, name)


@pytest.mark.usefixtures("steady")
def test_processes_share_the_time_and_each_needs_memory(study_of: Callable[..., Any]) -> None:
    one = estimate_study(study_of(resources={"executor": "inline", "workers": 2}))
    two = estimate_study(study_of(resources={"executor": "local", "workers": 2}))
    assert (one.workers, two.workers) == (1, 2)
    assert two.seconds < one.seconds
    assert two.memory_bytes == pytest.approx(2 * one.memory_bytes)


@pytest.mark.usefixtures("steady")
def test_the_disk_holds_what_capture_leaves(
    study_of: Callable[..., Any], walk: Any, tmp_path: Path
) -> None:
    """No less than is written, and of its order; small studies hold mostly file headers."""
    study = study_of(genes={"max_genes": 40}, edges={"group_cells": 4})
    prepared = walk(prepare_study(study), tmp_path / "prepared")
    plan = Plan(study, prepared)
    for untrained in (False, True):
        tasks = capture_tasks(plan, study.models[0], untrained=untrained)
        walk(tasks, tmp_path / f"capture-{untrained}", prepared)
    written = sum(total(tmp_path / f"capture-{u}") for u in (False, True))
    forecast = estimate_study(study).disk_bytes
    assert 0.7 * written < forecast < 3 * written


def test_concepts_have_a_line_of_their_own(
    study_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "TIMED_SECONDS", 0.05)
    monkeypatch.setattr(exchanges, "TIMED_SECONDS", 0.02)
    found = estimate_study(study_of(analyses=["concepts"]))
    (row,) = found.rows
    assert row.concepts is not None
    assert row.concepts.passes > 3 * 90
    assert found.seconds > row.concepts.seconds
    assert "\n  tiny, concepts: about " in str(found)
    assert found.disk_bytes < 1e8  # nothing of attention is kept
    without = estimate_study(study_of(analyses=["regulation"]))
    assert without.rows[0].concepts is None
    assert "concepts" not in str(without)


def test_geometry_has_a_line_of_its_own(
    study_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Any
) -> None:
    monkeypatch.setattr(passes, "TIMED_SECONDS", 0.05)
    file = tmp_path / "genes.csv"
    file.write_text("gene,a,b\n" + "".join(f"{n},1,{i}\n" for i, n in enumerate(tiny.SYMBOLS)))
    clouds = [{"path": str(file), "name": "given"}]
    found = estimate_study(study_of(analyses=["geometry"], geometry={"clouds": clouds}))
    row, given = found.rows
    assert row.geometry is not None
    assert given.geometry is not None
    assert found.seconds > row.geometry.seconds + given.geometry.seconds > 2
    text = str(found)
    assert "\n  tiny, geometry: about 30 genes and 0 regulators in 5 layers; 180 passes" in text
    assert "\n  given, geometry: about 40 genes and 0 regulators; " in text
    without = estimate_study(study_of(analyses=["regulation"], geometry={}))
    assert without.rows[0].geometry is None
    assert "geometry" not in str(without)


def test_sizes_and_times_are_in_words() -> None:
    row = SubjectCost(
        "m", tokens=100, seconds_per_cell=0.002, capture_seconds=50, statistics_seconds=600,
        memory_bytes=7e8, disk_bytes=2.5e9, concepts=ConceptCost(33_464, 0.00372, 600),
        geometry=GeometryCost(
            GeneSpace(1200, 1100, 97, n_layers=6, n_domains=3), GeometryConfig(), 1200, 0.0123, 300
        ),
    )  # fmt: skip
    table = SubjectCost("rho", statistics_seconds=30)
    text = str(Estimate(1234, 5678, 12, 2, [row, table], 40, 9000, 1.4e9, 2.5e9))
    for words in ("1,234 cells and 5,678 of screens, 12 analyses, 2 processes", "2 ms a cell",
                  "50 s", "10 min", "700 MB a process", "2.5 GB", "about 2.5 h, memory 1.4 GB",
                  "m, concepts: about 33,000 passes of cells (3.7 ms each); 10 min of CPU in all",
                  "m, geometry: about 1,100 genes and 97 regulators in 6 layers and 3 domains; "
                  "1,200 passes of cells (12 ms each); 5 min of CPU in all",
                  "rho: statistics 30 s of CPU; memory 600 MB", "controls: 40 s"):  # fmt: skip
        assert words in text
