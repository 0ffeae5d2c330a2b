import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

UNIT = r"\d[\d.]* (s|min|h)\b"


@pytest.fixture
def study(write_study: Callable, cells: Path) -> Path:
    return Path(write_study(cells))


def test_run_says_where_the_report_is(cellglass: Callable, study: Path):
    told = cellglass("run", study)
    assert told.code == 0, told.text
    folder = study.parent / "runs" / "small"
    assert told.out.splitlines()[-1] == f"Report: {(folder / 'report.html').resolve()}"
    assert (folder / "report.html").read_text().startswith("<!")
    assert "steps done" in told.err
    # once more, elsewhere: the report of a run that is there
    told = cellglass("report", folder, "--out", study.parent / "copy.html")
    assert told.code == 0
    copy = (study.parent / "copy.html").read_bytes()
    assert copy == (folder / "report.html").read_bytes()


def test_options_win_over_the_study(cellglass: Callable, study: Path, tmp_path: Path):
    study.write_text(study.read_text().replace("executor: inline", "executor: local"))
    out = tmp_path / "out"
    assert cellglass("run", study, "--out", out, "--executor", "inline").code == 0
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["executor"]["name"] == "inline"
    told = cellglass("run", study, "--out", out, "--executor", "slurm")
    assert told.code == 2
    assert "'resources.executor' is 'slurm'" in told.err
    assert cellglass("run", study, "--workers", "0").code == 2


def test_report_of_nothing(cellglass: Callable, tmp_path: Path):
    told = cellglass("report", tmp_path)
    assert told.code == 2
    assert "there is no finished run" in told.err
    assert "cellglass run study.yaml" in told.err


def test_estimate_has_units_and_writes_nothing(cellglass: Callable, study: Path, cells: Path):
    before = sorted(study.parent.iterdir())
    told = cellglass("estimate", study)
    assert told.code == 0, told.text
    assert "60 cells, 1 analysis, 1 process" in told.out
    last = told.out[told.out.index("In all:") :]
    assert re.search(f"about {UNIT}", last)
    assert re.search(r"memory \d[\d.]* (MB|GB)", last)
    assert re.search(r"disk \d[\d.]* (MB|GB)", last)
    assert "tokens a cell (median)" in told.out
    assert sorted(study.parent.iterdir()) == before


def test_estimate_without_a_study(cellglass: Callable, cells: Path, checkpoint: Path):
    told = cellglass("estimate", "--cells", cells, "--model", checkpoint)
    assert told.code == 0, told.text
    assert "In all: about" in told.out
    told = cellglass("estimate", "--cells", cells)
    assert told.code == 2
    assert "give a study.yaml, or --cells FILE and --model NAME_OR_PATH" in told.err


def test_one_analysis_or_unit_alone(cellglass: Callable, study: Path, tmp_path: Path):
    study.write_text(study.read_text().replace("- regulation.reliability", "- regulation"))
    out = tmp_path / "out"
    told = cellglass("run", study, "--out", out, "--only", "regulation.reliability")
    assert told.code == 0, told.text
    results = sorted(p.name for p in (out / "results").iterdir() if p.is_dir())
    assert [r for r in results if r.startswith("regulation")] == ["regulation.reliability-tiny"]
    assert "alone" not in told.out
    told = cellglass("run", study, "--out", out, "--only", "regulation.reliability")
    assert "now shows regulation.reliability alone" in told.out  # another report stood there
    told = cellglass("run", study, "--out", out, "--only", "A99")
    assert told.code == 2
    assert "no analysis 'A99'" in told.err
