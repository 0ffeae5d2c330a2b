from pathlib import Path

import numpy as np
import pytest

from cellglass.models.mapped import release


def mapped_bytes():
    """Resident pages of mapped files."""
    text = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if "RssFile" in line)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("view", [lambda x: x, lambda x: x[1:, ::2], lambda x: np.asarray(x)[1:]])
def test_pages_leave_the_process_and_values_stay(tmp_path, view):
    size = 64 * 1024**2
    np.save(tmp_path / "x.npy", np.arange(size // 8, dtype=np.int64).reshape(64, -1))
    array = np.load(tmp_path / "x.npy", mmap_mode="r")
    before = mapped_bytes()
    total = int(array.sum())
    held = mapped_bytes() - before
    assert held > 0.9 * size
    release(view(array))
    assert mapped_bytes() - before < 0.1 * size
    assert int(array.sum()) == total  # read again


def test_other_arrays_are_left_alone():
    array = np.arange(5)
    release(array)
    release(array[1:])
    release(np.float64(1.0))
    assert array.tolist() == [0, 1, 2, 3, 4]


def test_written_values_are_kept(tmp_path):
    array = np.lib.format.open_memmap(tmp_path / "y.npy", "w+", np.float64, (1000,))
    array[:] = 7.0
    release(array)
    assert (array == 7.0).all()
