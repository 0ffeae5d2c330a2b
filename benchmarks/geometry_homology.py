"""Persistent homology against GUDHI called directly, and the forecast against what it took.

One process, one thread; clustered Gaussian clouds in 20 dimensions, H0 and H1. Ours is timed with
everything in it: checks of the cloud, search for equal points, forecast, distances, bars. Runs
alternate in order; times are those of the processor, the ratio is the median over clouds. The
bars must be the same. Memory is the peak of a fresh process for each cloud.
Run: ``OMP_NUM_THREADS=1 python benchmarks/geometry_homology.py``
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from gudhi.sklearn import RipsPersistence

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.forecast import forecast
from cellglass.geometry.homology.persistence import persistence

TARGET = 1.1


def clustered(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 20)) + 2 * rng.normal(size=(10, 20))[rng.integers(10, size=n)]


def gaussian(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 20))


def ring(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0, 2 * np.pi, n)
    points = rng.normal(0, 0.1, (n, 20))
    points[:, :2] += 3 * np.column_stack([np.cos(turn), np.sin(turn)])
    return points


CLOUDS: dict[str, Callable[[int], np.ndarray]] = {
    "clustered": clustered, "gaussian": gaussian, "ring": ring,
}  # fmt: skip


def timed(run: Callable[[], list[np.ndarray]]) -> tuple[float, list[np.ndarray]]:
    start = time.process_time()
    bars = run()
    return time.process_time() - start, bars


def ours(points: np.ndarray) -> list[np.ndarray]:
    return list(persistence(PointCloud.of(points)).bars)


def gudhi(points: np.ndarray) -> list[np.ndarray]:
    return list(RipsPersistence([0, 1]).fit_transform([points])[0])


def ripser_py(points: np.ndarray) -> list[np.ndarray]:
    from ripser import ripser

    return list(ripser(points, maxdim=1)["dgms"])


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Largest difference of births, of deaths and of lifetimes, each sorted."""
    if len(one) != len(other):
        return float("inf")
    worst = 0.0
    for direction in ([1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]):
        a, b = (np.sort(bars[np.isfinite(bars).all(1)] @ direction) for bars in (one, other))
        worst = max(worst, float(np.abs(a - b).max(initial=0.0)))
    return worst


def peak_bytes(kind: str, n: int) -> float:
    """Peak memory that persistence adds in a fresh process."""
    told = subprocess.run(
        [sys.executable, __file__, "--peak", kind, str(n)],
        capture_output=True,
        check=True,
    )
    return float(told.stdout)


def print_peak(kind: str, n: int) -> None:
    ours(CLOUDS[kind](20))
    before = peak_of_process()
    points = PointCloud.of(CLOUDS[kind](n))
    persistence(points, memory_limit=1e15)
    print(peak_of_process() - before)


def peak_of_process() -> float:
    """Bytes; ru_maxrss would count what the process was forked from."""
    status = Path("/proc/self/status").read_text()
    return 1024.0 * int(status.split("VmHWM:")[1].split()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[350, 1_000, 2_000])
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print_peak(options.peak[0], int(options.peak[1]))
        return
    runs = {"cellglass": ours, "gudhi": gudhi, "ripser.py": ripser_py}
    for run in runs.values():
        run(clustered(30))
    line = "{:>7} {:>13} {:>9} {:>13} {:>8} {:>14} {:>14}".format
    print(line("points", "cellglass, s", "gudhi, s", "ripser.py, s", "ratio", "bars - gudhi",
               "bars - ripser"))  # fmt: skip
    worst = 0.0
    for n in options.sizes:
        times: dict[str, list[float]] = {name: [] for name in runs}
        gaps = {"gudhi": 0.0, "ripser.py": 0.0}
        for seed in range(options.runs if n > 500 else 4 * options.runs):
            points = clustered(n, seed)
            names = list(runs) if seed % 2 else list(runs)[::-1]
            bars = {}
            for name in names:
                seconds, bars[name] = timed(lambda run=runs[name], x=points: run(x))  # type: ignore[misc]
                times[name].append(seconds)
            for name in gaps:
                found = zip(bars["cellglass"], bars[name], strict=True)
                gaps[name] = max(gaps[name], *(difference(a, b) for a, b in found))
        middle = {name: float(np.median(held)) for name, held in times.items()}
        ratio = float(np.median(np.array(times["cellglass"]) / np.array(times["gudhi"])))
        worst = max(worst, ratio)
        print(line(n, *(f"{middle[name]:.3f}" for name in runs), f"{ratio:.3f}",
                   f"{gaps['gudhi']:.1e}", f"{gaps['ripser.py']:.1e}"))  # fmt: skip
    line = "{:>10} {:>7} {:>13} {:>13} {:>12} {:>12}".format
    heads = ("forecast, MB", "measured, MB", "forecast, s", "measured, s")
    print("\n" + line("cloud", "points", *heads))
    for kind, n in (("gaussian", 500), ("gaussian", 1_500), ("ring", 500), ("ring", 1_000)):
        told = forecast(PointCloud.of(CLOUDS[kind](n)))
        seconds, _ = timed(lambda kind=kind, n=n: ours(CLOUDS[kind](n)))  # type: ignore[misc]
        memory = f"{told.memory / 1e6:.0f}", f"{peak_bytes(kind, n) / 1e6:.0f}"
        print(line(kind, n, *memory, f"{told.seconds:.2f}", f"{seconds:.2f}"))
    print(f"\nworst ratio {worst:.3f} (target {TARGET}): {'met' if worst <= TARGET else 'NOT MET'}")


if __name__ == "__main__":
    main()
