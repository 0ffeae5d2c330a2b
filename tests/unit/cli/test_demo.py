from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.cli import run
from cellglass.models.families import MINI_MODELS
from cellglass.runs.study import CONTROLS, Study


def test_demo_is_the_main_job_on_what_ships(cellglass: Callable, monkeypatch: pytest.MonkeyPatch):
    """The job itself is `make demo`, two minutes; here, what it is asked to do."""
    asked: list[tuple[Study, Path]] = []
    monkeypatch.setattr(run, "execute", lambda study, out: asked.append((study, out)))
    assert cellglass("demo", "--out", "there", "--executor", "inline", "--workers", "1").code == 0
    ((study, out),) = asked
    assert out == Path("there")
    assert study.cells.path == "pbmc68k"
    assert study.cells.strata == "bulk_labels"
    assert [m.path for m in study.models] == list(MINI_MODELS)
    assert study.analyses == "all"
    assert study.controls == list(CONTROLS)
    assert (study.resources.executor, study.resources.workers) == ("inline", 1)


def test_unknown_executor(cellglass: Callable):
    told = cellglass("demo", "--executor", "slurm")
    assert told.code == 2
    assert "cellglass demo" in told.err
