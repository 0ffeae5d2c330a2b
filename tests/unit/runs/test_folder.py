import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cellglass.errors import StudyError
from cellglass.runs.folder import LOCK, MANIFEST, RunFolder, environment, write_atomically


def lock_of(folder: Path, pid: int, started: float, host: str | None = None) -> Path:
    path = folder / LOCK
    held = {"pid": pid, "host": host or socket.gethostname(), "started": started}
    path.write_text(json.dumps(held))
    return path


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_folder_is_made_locked_and_freed(tmp_path: Path):
    path = tmp_path / "deep" / "out"
    with RunFolder(path, "x") as folder:
        assert json.loads((path / LOCK).read_text())["pid"] == os.getpid()
        folder.write_manifest({"status": "running"})
    assert [p.name for p in path.iterdir()] == [MANIFEST]
    assert RunFolder(path, "x").manifest() == {"study": "x", "status": "running"}


def test_folder_of_the_same_study_is_taken_again(tmp_path: Path):
    for _ in range(2):
        with RunFolder(tmp_path / "out", "x") as folder:
            folder.write_manifest({})


def test_folder_of_another_study_is_refused_and_not_touched(tmp_path: Path):
    with RunFolder(tmp_path, "one") as folder:
        folder.write_manifest({})
    before = (tmp_path / MANIFEST).read_bytes()
    with (
        pytest.raises(StudyError, match=r"belongs to the study 'one'[\s\S]*nothing was changed"),
        RunFolder(tmp_path, "two"),
    ):
        pass
    assert (tmp_path / MANIFEST).read_bytes() == before
    assert not (tmp_path / LOCK).exists()


def test_folder_with_other_files_is_refused(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("precious")
    with (
        pytest.raises(StudyError, match=r"holds no run \(thesis.tex"),
        RunFolder(tmp_path, "x"),
    ):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_file_is_refused(tmp_path: Path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(StudyError, match="the output is a file"), RunFolder(path, "x"):
        pass
    with (
        pytest.raises(StudyError, match=r"cannot be made[\s\S]*--out"),
        RunFolder(path / "below", "x"),
    ):
        pass


@pytest.mark.parametrize("left", [".manifest.json.partial", ".study.yaml.partial", LOCK])
def test_run_killed_before_its_first_file_can_start_again(tmp_path: Path, left: str):
    (tmp_path / left).write_text('{"half')
    with RunFolder(tmp_path, "x") as folder:
        folder.write_manifest({})


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '"text"'])
def test_manifest_that_cannot_be_read_is_told(tmp_path: Path, content: str):
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(StudyError, match="manifest cannot be read"), RunFolder(tmp_path, "x"):
        pass


def test_living_process_keeps_its_lock(tmp_path: Path):
    with RunFolder(tmp_path, "x") as folder:
        folder.write_manifest({})
        with (
            pytest.raises(StudyError, match=rf"another process is running.*{os.getpid()}"),
            RunFolder(tmp_path, "x"),
        ):
            pass
        assert (tmp_path / LOCK).exists()  # the refused one does not free it


def test_dead_process_does_not_keep_its_lock(tmp_path: Path):
    lock_of(tmp_path, dead_pid(), 0.0)
    with RunFolder(tmp_path, "x"):
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()


def test_process_number_that_is_used_again_does_not_keep_a_lock(tmp_path: Path):
    started = psutil.Process().create_time()
    lock_of(tmp_path, os.getpid(), started - 100)
    with RunFolder(tmp_path, "x"):
        pass


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "host": "y"}'])
def test_lock_that_a_killed_process_half_wrote_is_replaced(tmp_path: Path, content: str):
    (tmp_path / LOCK).write_text(content)
    with RunFolder(tmp_path, "x"):
        pass


def test_lock_of_another_machine_is_kept_and_says_what_to_do(tmp_path: Path):
    path = lock_of(tmp_path, 1, 0.0, host="node-17")
    with (
        pytest.raises(
            StudyError, match=r"node-17, another machine[\s\S]*remove the file"
        ) as caught,
        RunFolder(tmp_path, "x"),
    ):
        pass
    assert str(path) in str(caught.value)
    assert path.exists()


def test_what_a_killed_run_left_half_done_is_removed(tmp_path: Path):
    with RunFolder(tmp_path, "x") as folder:
        folder.write_manifest({})
    done = tmp_path / "store" / "task" / "0123456789abcdef"
    half = tmp_path / "store" / "task" / ".partial-abc"
    for path in (done, half):
        path.mkdir(parents=True)
        (path / "file").touch()
    with RunFolder(tmp_path, "x"):
        assert done.exists()
        assert not half.exists()
        half.mkdir()  # by a worker that is then ended
    assert not half.exists()


def test_text_is_old_or_new_never_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "file.txt"
    write_atomically(path, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_environment_names_versions_and_code():
    found = environment()
    assert found["packages"]["numpy"].split(".")[0].isdigit()
    assert len(found["code"]) == 64
    assert found["python"].startswith("3.")
