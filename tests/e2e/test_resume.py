"""A killed run, started again, leaves the bytes of an undisturbed one; so does any executor."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cellglass.cli.run import execute
from cellglass.runs import load_study

from .conftest import make_cells, make_network, make_study

COMMAND = [sys.executable, "-m", "cellglass.cli"]
ANALYSES = ["regulation.reliability", "regulation.recovery", "model.masked_prediction"]
DEADLINE = 300.0


@pytest.fixture(scope="module")
def study(
    tmp_path_factory: pytest.TempPathFactory,
    checkpoint: Path,
    counts: np.ndarray,
    symbols: list[str],
) -> Path:
    """60 cells in three shards, three analyses."""
    folder = tmp_path_factory.mktemp("study")
    cells = make_cells(folder / "cells.h5ad", counts, symbols)
    network = make_network(folder / "network.tsv", symbols)
    changes = {"networks": [str(network)], "analyses": ANALYSES}
    return make_study(folder / "study.yaml", cells, checkpoint, changes)


@pytest.fixture(scope="module")
def kept(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run that nobody disturbed, in this process."""
    out = tmp_path_factory.mktemp("kept") / "out"
    execute(load_study(study), out)
    return out


@pytest.fixture(scope="module")
def undisturbed(kept: Path) -> dict[str, bytes]:
    """What that run left."""
    found = bytes_of(kept)
    assert len(found) > 12
    assert found["results/ledger.jsonl"]
    return found


@pytest.fixture
def out(kept: Path, tmp_path: Path) -> Path:
    """A copy of that run."""
    return Path(shutil.copytree(kept, tmp_path / "out"))


def bytes_of(out: Path) -> dict[str, bytes]:
    """All that must be equal: results with the ledger, and the report but for its day."""
    files = [p for p in (out / "results").rglob("*") if p.is_file()]
    found = {str(p.relative_to(out)): p.read_bytes() for p in files}
    day = re.compile(rb"\d{1,2} [A-Z][a-z]+ 20\d\d")
    return found | {"report.html": day.sub(b"", (out / "report.html").read_bytes())}


def finish(study: Path, out: Path, *options: str) -> str:
    done = subprocess.run(
        [*COMMAND, "run", str(study), "--out", str(out), *options],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def kill_during(study: Path, out: Path, ready: Callable[[], bool], *options: str) -> bool:
    """Kill a run and its workers when it is ready for it; whether it was still running."""
    process = subprocess.Popen(
        [*COMMAND, "run", str(study), "--out", str(out), *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + DEADLINE
    while process.poll() is None and not ready() and time.monotonic() < deadline:
        time.sleep(0.005)
    running = process.poll() is None
    if running:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(DEADLINE)
    return running


def begun(out: Path) -> int:
    """Tasks that were begun, finished or not."""
    return len(list(out.glob("store/*/*")))


def after(n_tasks: int, out: Path, seconds: float) -> Callable[[], bool]:
    """Ready some time after so many tasks began."""
    seen: list[float] = []

    def ready() -> bool:
        if not seen and begun(out) >= n_tasks:
            seen.append(time.monotonic())
        return bool(seen) and time.monotonic() - seen[0] >= seconds

    return ready


def test_killed_twice_then_the_same_command(
    study: Path, tmp_path: Path, undisturbed: dict[str, bytes]
):
    out = tmp_path / "killed"
    # in the first step, with its result half made; then between shards
    assert kill_during(study, out, after(1, out, 0.0))
    assert kill_during(study, out, after(5, out, 0.05))
    assert not (out / "results").exists()
    finish(study, out)
    assert bytes_of(out) == undisturbed
    assert not list(out.rglob("*partial*"))


@pytest.mark.long
def test_killed_ten_times_at_random(study: Path, tmp_path: Path, undisturbed: dict[str, bytes]):
    rng = random.Random(os.environ.get("CELLGLASS_TEST_SEED", "7"))
    kills = 0
    for attempt in range(40):
        out = tmp_path / f"killed-{attempt // 4}"  # up to four kills of the same run
        plan = (rng.randrange(1, 14), rng.uniform(0, 0.4))
        print(f"attempt {attempt}: after {plan[0]} tasks and {plan[1]:.3f} s")
        pool = ("--executor", "local", "--workers", "2") if attempt % 2 else ()
        kills += kill_during(study, out, after(plan[0], out, plan[1]), *pool)
        if attempt % 4 == 3:
            finish(study, out)
            assert bytes_of(out) == undisturbed
            if kills >= 10:
                break
    assert kills >= 10


def test_second_identical_run_uses_everything_again(
    study: Path, out: Path, cellglass: Callable, undisturbed: dict[str, bytes]
):
    marks = {p: p.stat().st_mtime_ns for p in out.glob("store/*/*/task.json")}
    assert cellglass("run", study, "--out", out).code == 0
    assert {p: p.stat().st_mtime_ns for p in out.glob("store/*/*/task.json")} == marks
    assert json.loads((out / "manifest.json").read_text())["tasks"] == []
    assert bytes_of(out) == undisturbed


def test_report_written_again_is_the_same(
    out: Path, cellglass: Callable, undisturbed: dict[str, bytes]
):
    (out / "report.html").unlink()
    assert cellglass("report", out).code == 0
    assert bytes_of(out) == undisturbed


@pytest.mark.parametrize("executor", [
    pytest.param(("local", "--workers", "2"), id="pool"),
    pytest.param(("local", "--workers", "3"), id="pool of three", marks=pytest.mark.long),
    pytest.param(("dask-local", "--workers", "2"), id="dask", marks=pytest.mark.long),
])  # fmt: skip
def test_executors_leave_the_same_tables(
    executor: tuple[str, ...], study: Path, tmp_path: Path, undisturbed: dict[str, bytes]
):
    out = tmp_path / "other"
    if executor[0] == "dask-local":
        pytest.importorskip("distributed")
    finish(study, out, "--executor", *executor)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["executor"] == {"name": executor[0], "workers": int(executor[2])}
    assert len({t["worker"] for t in manifest["tasks"]}) > 1  # other processes did the work
    found = bytes_of(out)
    differ = {name for name in {*found, *undisturbed} if found.get(name) != undisturbed.get(name)}
    assert differ == {"report.html"}  # its study.yaml names the executor


def test_changed_setting_makes_again_only_what_depends_on_it(
    study: Path, out: Path, cellglass: Callable, undisturbed: dict[str, bytes]
):
    changed = study.with_name("changed.yaml")
    changed.write_text(study.read_text().replace("bootstrap: 100", "bootstrap: 101"))
    assert cellglass("run", changed, "--out", out).code == 0
    made = {t["name"] for t in json.loads((out / "manifest.json").read_text())["tasks"]}
    assert "regulation.recovery/tiny/network" in made
    assert "cells" not in made
    assert "capture/tiny" not in made
    assert bytes_of(out) != undisturbed
