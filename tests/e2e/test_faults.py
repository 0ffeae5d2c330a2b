"""A full disk and an interrupted run: told in words, nothing half written, the run goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.runs.folder import LOCK

COMMAND = [sys.executable, "-m", "cellglass.cli"]
DEADLINE = 120.0
# In a namespace of its own, a disk of 200 kB below the folder; nothing is left behind.
TINY_DISK = 'mount -t tmpfs -o size=200k none "$0" && exec "$@"'
# The largest file that a process may write: what the kernel refuses, wherever it is written.
SMALL_FILES = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
    "from cellglass.cli import main; main(sys.argv[1:])"
)


def half_written(folder: Path) -> list[str]:
    found = [p for p in folder.rglob("*") if "partial" in p.name or p.name == LOCK]
    return [str(p.relative_to(folder)) for p in found]


@pytest.fixture
def study(write_study: Callable, write_cells: Callable) -> Path:
    return Path(write_study(write_cells()))


def test_full_disk(study: Path, tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if not shutil.which("unshare"):
        pytest.skip("needs unshare (util-linux)")
    enter = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", TINY_DISK, str(disk)]
    if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs user namespaces, to mount a tiny disk")
    listing = "; ls -AR " + str(disk)
    command = " ".join([*COMMAND, "run", str(study), "--out", f"{disk}/out"])
    fill = f"head -c 130000 /dev/zero > {disk}/other; "
    done = subprocess.run(
        [*enter, "sh", "-c", f"{fill}{command}; echo code $?{listing}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Error: the disk is full" in done.stderr
    assert "free some space and run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert "code 2\n" in done.stdout
    assert "partial" not in done.stdout
    assert "results" not in done.stdout
    assert LOCK not in done.stdout.split()


def test_write_that_the_system_refuses_then_the_same_command(
    study: Path, tmp_path: Path, cellglass: Callable
):
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", SMALL_FILES, "run", str(study), "--out", str(out)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Error: the disk is full" in done.stderr
    assert "quota" in done.stderr
    assert "Traceback" not in done.stderr
    assert half_written(out) == []
    assert not (out / "results").exists()
    assert not (out / "report.html").exists()
    told = cellglass("run", study, "--out", out)
    assert told.code == 0
    assert json.loads((out / "manifest.json").read_text())["status"] == "finished"


def hear_interrupts() -> None:
    """A shell without job control starts what runs in the background deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_interrupted_run_goes_on(study: Path, tmp_path: Path, cellglass: Callable):
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, "run", str(study), "--out", str(out), "--executor", "local", "--workers", "2"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True,
        preexec_fn=hear_interrupts,
    )  # fmt: skip
    deadline = time.monotonic() + DEADLINE
    while not list(out.glob("store/cells/[!.]*/task.json")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # Ctrl-C reaches the workers as well
    said = process.communicate(timeout=DEADLINE)[1]
    assert process.returncode == 130, said
    assert "Interrupted. Finished parts are kept: the same command goes on from there." in said
    assert "Traceback" not in said
    assert half_written(out) == []
    assert not (out / "results").exists()
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["status"], manifest["error"]) == ("failed", "interrupted")
    told = cellglass("report", out)
    assert told.code == 2
    assert "there is no finished run" in told.err
    kept = {p: p.stat().st_mtime_ns for p in out.glob("store/*/*/task.json")}
    assert kept
    assert cellglass("run", study, "--out", out).code == 0
    assert {p: p.stat().st_mtime_ns for p in kept} == kept  # used, not made again


def test_folder_that_may_not_be_written(study: Path, cellglass: Callable):
    told = cellglass("run", study, "--out", "/proc/none/out")
    assert told.code == 2
    assert "the output folder cannot be made" in told.err
    assert "choose another folder with --out" in told.err
    assert "Traceback" not in told.err


def test_two_runs_in_one_folder(study: Path, tmp_path: Path, cellglass: Callable):
    from cellglass.runs.folder import RunFolder

    with RunFolder(tmp_path / "out", "small") as folder:
        folder.write_manifest({"status": "running"})
        told = cellglass("run", study, "--out", tmp_path / "out")
    assert told.code == 2
    assert f"another process is running in this folder (process {os.getpid()}" in told.err
