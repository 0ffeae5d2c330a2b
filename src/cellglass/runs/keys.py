"""Content keys: the hash of a step's code, parameters and inputs."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from cellglass.errors import InputError

# What a table's bytes depend on. Report, figures and command line read results, they make none.
_READERS = {"report", "pl", "cli", "app", "reproduce"}


def digest(value: Any) -> str:
    """Hash a JSON-like value, independent of the order of keys.

    Examples
    --------
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: str | Path) -> str:
    """Hash the content of a file, or of all files of a folder with their names.

    Raises
    ------
    InputError
        If there is no such file.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(
            "there is no such file",
            where=str(path),
            fix="check the path; relative paths in a study.yaml refer to its own folder",
        )
    if path.is_dir():
        parts = {
            str(p.relative_to(path)): file_digest(p) for p in sorted(path.rglob("*")) if p.is_file()
        }
        return digest(parts)
    stat = path.stat()
    return _content_digest(str(path.resolve()), stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=4096)
def _content_digest(path: str, size: int, mtime_ns: int) -> str:
    """Hash of a file; size and time of change make a changed file another entry."""
    content = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            content.update(block)
    return content.hexdigest()


@functools.cache
def code_version() -> str:
    """Hash of the package's sources that results depend on."""
    root = Path(__file__).resolve().parents[1]
    content = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if relative.parts[0] not in _READERS:
            content.update(str(relative).encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"cannot hash {type(value).__name__}")
