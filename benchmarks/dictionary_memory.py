"""Training from disk: 330,000 cells x 512 in shards, memory constant and below 2 GB.

The embedding (676 MB) is written as an `EmbeddingStore` would hold it, a memory-mapped array, and
trained on; the peak of the process's resident memory is printed for it and for a tenth of the
cells: it must not grow with them. Each size runs in a process of its own.
Linux only.
Run: ``OMP_NUM_THREADS=1 python benchmarks/dictionary_memory.py``
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

LIMIT_GB = 2.0


def write(path: Path, n_cells: int, width: int) -> None:
    """Cells of low rank with noise, block by block."""
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(64, width)).astype(np.float32)
    array = open_memmap(path, mode="w+", dtype=np.float32, shape=(n_cells, width))
    for start in range(0, n_cells, 10_000):
        n = min(10_000, n_cells - start)
        codes = rng.normal(size=(n, 64)) * (rng.random((n, 64)) < 0.1)
        array[start : start + n] = codes @ basis + 0.1 * rng.normal(size=(n, width))
    array.flush()


def peak_kb() -> int:
    """Peak of the resident memory; getrusage would count that of the parent before exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


def child(path: str, size: int, k: int, epochs: int) -> None:
    """Train and print memory and time."""
    from cellglass.concepts import train

    start = time.perf_counter()
    before = peak_kb()
    cells = np.load(path, mmap_mode="r")
    held = np.arange(0, len(cells), 20)
    (d,) = train(cells, size=size, k=k, epochs=epochs, batch=4096, validation=held)
    peak = peak_kb()
    print(f"{len(cells)} {before / 2**20:.3f} {peak / 2**20:.3f} "
          f"{time.perf_counter() - start:.1f} {d.meta['held_out']['fvu']:.4f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=330_000)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--k", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.size, options.k, options.epochs)
        return
    print(f"width {options.width}, {options.size:,} concepts, k {options.k}, "
          f"{options.epochs} epoch(s)\n")  # fmt: skip
    line = "{:>9} {:>12} {:>14} {:>12} {:>8} {:>7}".format
    print(line("cells", "on disk, MB", "before, GB", "peak, GB", "time, s", "FVU"))
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for n in (options.cells // 10, options.cells // 2, options.cells):
            path = Path(folder) / "cells.npy"
            write(path, n, options.width)
            command = [sys.executable, __file__, "--child", str(path)]
            for name in ("size", "k", "epochs"):
                command += [f"--{name}", str(getattr(options, name))]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            cells, before, peak, seconds, fvu = told.split()
            peaks.append(float(peak))
            print(line(f"{int(cells):,}", f"{path.stat().st_size / 2**20:.0f}", before, peak,
                       seconds, fvu))  # fmt: skip
    below = "met" if peaks[-1] < LIMIT_GB else "NOT MET"
    constant = "yes" if peaks[-1] < 1.1 * peaks[1] else "NO"
    print(f"\npeak {peaks[-1]:.2f} GB (target below {LIMIT_GB:g}): {below}; "
          f"constant from half of the cells on: {constant}")  # fmt: skip


if __name__ == "__main__":
    main()
