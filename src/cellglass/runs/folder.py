"""The run folder: one study, its store of results, its manifest, its report."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from cellglass.errors import StudyError

from .keys import code_version
from .tasks import disk_is_full

MANIFEST, LOCK = "manifest.json", ".lock"
PACKAGES = ("cellglass", "torch", "numpy", "scipy", "pandas", "anndata", "scikit-learn", "pyarrow")


class RunFolder:
    """A folder that belongs to one study.

    Parameters
    ----------
    path
        The folder; made when missing.
    study
        Name of the study.

    Raises
    ------
    StudyError
        If the folder holds something else, belongs to another study, or is in use.

    Examples
    --------
    >>> with RunFolder(Path("out"), "demo") as folder:  # doctest: +SKIP
    ...     folder.write_manifest({"status": "running"})
    """

    def __init__(self, path: str | Path, study: str) -> None:
        self.path = Path(path).expanduser()
        self.study = study
        self._locked = False

    @property
    def store(self) -> Path:
        """Results of tasks."""
        return self.path / "store"

    def __enter__(self) -> RunFolder:
        self._claim()
        self._lock()
        self._sweep()
        return self

    def __exit__(self, *_: object) -> None:
        if self._locked:
            self._sweep()  # workers that were ended at once leave what they had begun
            (self.path / LOCK).unlink(missing_ok=True)

    def _claim(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise StudyError("the output is a file", where=str(self.path), expected="a folder")
        content = (
            [p for p in sorted(self.path.iterdir()) if not _is_leftover(p.name)]
            if self.path.exists()
            else []
        )
        if not content:
            _make(self.path)
            return
        manifest = self.manifest()
        if not manifest:
            raise StudyError(
                f"the output folder is not empty and holds no run ({content[0].name}, ...)",
                where=str(self.path),
                expected="an empty folder, or the folder of an earlier run of this study",
                fix="choose another folder with --out",
            )
        if manifest.get("study") != self.study:
            raise StudyError(
                f"the output folder belongs to the study '{manifest.get('study')}'",
                where=str(self.path),
                expected=f"a folder for the study '{self.study}'",
                fix="choose another folder with --out; nothing was changed",
            )

    def _lock(self) -> None:
        lock = self.path / LOCK
        own = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started": psutil.Process().create_time(),
        }
        for _ in range(2):
            try:
                handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                holder = _living_holder(lock)
                if holder:
                    raise StudyError(
                        f"another process is running in this folder ({holder})",
                        where=str(lock),
                        fix="wait for it, or stop it and run the same command again; remove the "
                        "file if you know that the process has ended",
                    ) from None
                lock.unlink(missing_ok=True)  # left behind by a process that was killed
                continue
            with os.fdopen(handle, "w") as file:
                json.dump(own, file)
            self._locked = True
            return
        raise StudyError("the folder could not be locked", where=str(lock))

    def _sweep(self) -> None:
        """Remove what a killed run left half done."""
        for partial in self.store.glob("*/.partial-*"):
            shutil.rmtree(partial, ignore_errors=True)

    def manifest(self) -> dict[str, Any]:
        """Read the manifest; empty where there is none."""
        path = self.path / MANIFEST
        if not path.is_file():
            return {}
        try:
            return dict(json.loads(path.read_text()))
        except (TypeError, ValueError) as error:
            raise StudyError(
                f"the manifest cannot be read ({error})",
                where=str(path),
                fix="choose another folder, or remove the file if you know what the folder is",
            ) from error

    def write_manifest(self, content: dict[str, Any]) -> None:
        """Write the manifest at once."""
        write_atomically(
            self.path / MANIFEST, json.dumps({"study": self.study, **content}, indent=2) + "\n"
        )


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that it is either the old or the new one, never half."""
    scratch = path.with_name(f".{path.name}.partial")
    try:
        with scratch.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk does not say where it is
        raise
    finally:
        scratch.unlink(missing_ok=True)


def environment() -> dict[str, Any]:
    """Versions, code revision and machine, for the manifest."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "python": sys.version.split()[0],
        "packages": versions,
        "code": code_version(),
        "revision": _revision(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _revision() -> str | None:
    """Git revision of the sources, where they are a checkout."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None
    done = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or None


def _is_leftover(name: str) -> bool:
    """Whether a file is a lock, or half of a file that a killed run was writing."""
    return name == LOCK or (name.startswith(".") and name.endswith(".partial"))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if disk_is_full(error):
            raise
        raise StudyError(
            f"the output folder cannot be made: {error.strerror}",
            where=str(folder),
            fix="choose another folder with --out",
        ) from error


def _living_holder(lock: Path) -> str:
    """Process that wrote a lock, if it still runs; process numbers get used again."""
    try:
        held = json.loads(lock.read_text())
        named = f"process {int(held['pid'])} on {held['host']}"
        if held["host"] != socket.gethostname():
            return f"{named}, another machine"
        lives = psutil.Process(int(held["pid"])).create_time() == held["started"]
    except (psutil.NoSuchProcess, FileNotFoundError, KeyError, TypeError, ValueError):
        return ""
    return named if lives else ""
