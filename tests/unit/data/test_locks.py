from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cellglass.data.locks import file_lock
from cellglass.errors import DownloadError

HOLD = """
import sys
from pathlib import Path
from cellglass.data.locks import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_waits(tmp_path: Path) -> None:
    path = tmp_path / "folder" / ".x.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DownloadError, match="another process"), file_lock(path, timeout=0.2):
            pass
        holder.kill()  # a crash frees the lock
        holder.wait()
        with file_lock(path, timeout=5):
            pass


def test_lock_is_freed_by_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), file_lock(tmp_path / "l"):
        raise ValueError("inside")
    with file_lock(tmp_path / "l", timeout=0.2):
        pass
