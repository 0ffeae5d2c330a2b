"""Peak memory of the battery over 2,000 genes x 12 layers of attention edges.

Synthetic edges of that size, with 8 heads a layer and the 80 groups that 2,000 cells make, are
written as `cellglass run` writes them and read back memory-mapped. Every judging function of
reference networks and of responses then runs in a process of its own, as a task of a run does, and
its peak is taken above what the imported packages need. Two figures are shown: private memory,
which must be there, and resident memory, which counts pages of the mapped files as well (the system
takes those back when it needs room). Run: ``OMP_NUM_THREADS=2 python benchmarks/battery_memory.py``
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

GENES, CELLS, LAYERS, HEADS, GROUPS, BLOCKS = 2_000, 2_000, 12, 8, 80, 5
ROWS, PERTURBED = 250, 100
LIMIT = 4.0  # GB
NETWORKS = ("recovery", "products", "matched_negatives", "residual", "degree")
RESPONSES = ("response", "response_baselines", "response_increment", "response_matched",
             "response_layers", "response_grid", "response_protocol")  # fmt: skip


def prepare(folder: Path, rows: int) -> None:
    """Write sums by group, layer, head and block, a layer or group at a time."""
    rng = np.random.default_rng(0)
    block = np.arange(GROUPS) % BLOCKS
    prominence = rng.gamma(2.0, 1.0, GENES).astype(np.float32)

    def open_(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, shape)

    counts = open_("counts", (GROUPS, rows, GENES), np.int64)
    counts[:] = CELLS // GROUPS
    sums = open_("sums", (GROUPS, LAYERS, rows, GENES), np.float32)
    heads = open_("head_sums", (BLOCKS, LAYERS, HEADS, rows, GENES), np.float32)
    for group in range(GROUPS):
        for layer in range(LAYERS):
            sums[group, layer] = prominence + rng.random((rows, GENES), dtype=np.float32)
    for b in range(BLOCKS):
        for layer in range(LAYERS):
            for head in range(HEADS):
                heads[b, layer, head] = prominence + rng.random((rows, GENES), dtype=np.float32)
    np.save(folder / "group_block.npy", block)


def edges_of(folder: Path, rows: int) -> Any:
    from cellglass.models.attention_edges import AttentionEdges

    def mapped(name: str) -> np.ndarray:
        return np.load(folder / f"{name}.npy", mmap_mode="r")

    names = tuple(f"G{i}" for i in range(GENES))
    return AttentionEdges(
        names[:rows], names, mapped("sums"), mapped("counts"), tuple(range(LAYERS)),
        mapped("head_sums"), np.load(folder / "group_block.npy"), np.full(GROUPS, -1),
        tuple(f"fold {b}" for b in range(BLOCKS)), (), "fold of cells", 5,
    )  # fmt: skip


def cells() -> tuple[Any, Any]:
    """Counts of control cells, and the same as log1p counts per 10,000."""
    from scipy import sparse

    from cellglass.data import log1p_cp10k

    rng = np.random.default_rng(1)
    rate = rng.lognormal(-1.0, 1.2, GENES)
    counts = sparse.csr_matrix(rng.poisson(rate * rng.gamma(8.0, 1 / 8.0, (CELLS, 1))))
    return counts, log1p_cp10k(counts, np.asarray(counts.sum(1)).ravel())


def subject(folder: Path, rows: int) -> tuple[Any, Any]:
    """The subject with everything beside it, an untrained copy as well, and its controls."""
    import pandas as pd
    from anndata import AnnData

    from cellglass.models.datasets import StudyCells
    from cellglass.regulation.study_edges import StudyEdges

    counts, log = cells()
    edges, copy = edges_of(folder, rows), edges_of(folder, rows)
    mean = np.asarray(log.mean(0)).ravel()
    square = np.asarray(log.multiply(log).mean(0)).ravel()
    genes = pd.DataFrame(
        {
            "gene": edges.targets, "column": np.arange(GENES), "row": np.arange(GENES) < rows,
            "mean": mean, "variance": square - mean**2,
            "detection": np.asarray((log > 0).mean(0)).ravel(),
        }
    )  # fmt: skip
    group = np.arange(CELLS) % GROUPS
    study = StudyCells(
        AnnData(counts.astype(np.float32)), np.full(CELLS, -1), edges.group_block[group], group, (),
        edges.blocks, edges.unit, edges.group_stratum, edges.group_block, {},
    )  # fmt: skip
    embedding = np.random.default_rng(2).normal(size=(CELLS, 64)).astype(np.float32)
    held = StudyEdges(
        edges, copy, genes, log.toarray().astype(np.float32), study, np.arange(CELLS), embedding,
        "synthetic",
    )  # fmt: skip
    return held, log


def screen(log: Any) -> Any:
    """Responses of 100 perturbations of row genes, each of some 40 genes."""
    import pandas as pd

    from cellglass.regulation.responses.measured import Measured
    from cellglass.stats.differential import Moments, group_moments

    rng = np.random.default_rng(3)
    control = group_moments(log, np.zeros(CELLS, np.int64), 1)
    shift = np.where(rng.random((PERTURBED, GENES)) < 0.02, 1.5, 0.0)
    moments = Moments(
        np.full(PERTURBED, 200), control.mean + shift,
        np.repeat(control.variance, PERTURBED, 0), np.repeat(control.detection, PERTURBED, 0),
    )  # fmt: skip
    names = [f"G{i}" for i in range(PERTURBED)]
    table = pd.DataFrame(
        {"perturbation": names, "genes": names, "kind": "single", "n_cells": 200, "measured": True,
         "used": True}
    )  # fmt: skip
    weak = np.where(shift > 0, 1e-6, 0.5)
    return Measured(
        "synthetic", tuple(f"G{i}" for i in range(GENES)), table, moments, log, CELLS, None, weak,
        "CRISPRi", "", {"modality_from": "stated", "notes": []},
    )  # fmt: skip


def call(what: str, folder: Path, rows: int, draws: int) -> Callable[[], object]:
    """The judging function with its arguments, ready to be measured."""
    import pandas as pd

    from cellglass.data import Network
    from cellglass.regulation.networks.tasks import JUDGES as OF_NETWORKS
    from cellglass.regulation.responses.judged import Judged
    from cellglass.regulation.responses.judges import JUDGES as OF_RESPONSES
    from cellglass.runs.sections import ResponsesConfig, StatisticsConfig

    held, log = subject(folder, rows)
    rng = np.random.default_rng(4)
    i, j = np.nonzero(rng.random((rows, GENES)) < 0.01)
    frame = pd.DataFrame({"source": [f"G{a}" for a in i], "target": [f"G{a}" for a in j]})
    network = Network.from_frame(frame[frame["source"] != frame["target"]], name="synthetic")
    settings = StatisticsConfig(draws=draws, bootstrap=draws)
    if what in OF_NETWORKS:
        return lambda: OF_NETWORKS[what](held, network, "synthetic", 3, settings, 1)
    judged = Judged(held, screen(log), ResponsesConfig(), settings, network, 1)
    return lambda: OF_RESPONSES[what](judged)


def status(*names: str) -> int:
    """Sum of entries of /proc/self/status in bytes."""
    text = Path("/proc/self/status").read_text()
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return sum(int(lines[n].split()[0]) * 1024 for n in names)


def measure(what: str, folder: Path, rows: int, draws: int) -> dict[str, float]:
    """Peak of private and of resident memory above that of the imported packages."""
    import cellglass.regulation.networks.tasks
    import cellglass.regulation.responses.analyses  # noqa: F401

    private, resident = status("RssAnon"), status("VmRSS")
    peak, done = [0, 0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            peak[0] = max(peak[0], status("RssAnon") - private)
            peak[1] = max(peak[1], status("VmRSS") - resident)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    try:
        call(what, folder, rows, draws)()
    finally:
        done.set()
        watcher.join()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "private": peak[0] / 1e9, "resident": peak[1] / 1e9}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="rows: regulators, perturbed genes")
    parser.add_argument("--draws", type=int, default=200, help="of each null and bootstrap")
    parser.add_argument("--only", nargs="*", default=[*NETWORKS, *RESPONSES])
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, folder = options.child
        print(json.dumps(measure(what, Path(folder), options.rows, options.draws)))
        return
    print(
        f"{options.rows} rows x {GENES:,} genes, {LAYERS} layers x {HEADS} heads, {GROUPS} groups "
        f"of {CELLS:,} cells; an untrained copy of the same size.\n"
    )
    line = "{:<20} {:>9} {:>12} {:>13}".format
    with tempfile.TemporaryDirectory() as scratch:
        prepare(Path(scratch), options.rows)
        size = sum(p.stat().st_size for p in Path(scratch).iterdir()) / 1e9
        print(f"Mapped files: {size:.1f} GB.\n")
        print(line("analysis", "s", "private, GB", "resident, GB"))
        peaks = {}
        for what in options.only:
            command = [sys.executable, __file__, "--child", what, scratch, "--rows",
                       str(options.rows), "--draws", str(options.draws)]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{what}: FAILED\n{done.stderr[-2000:]}", flush=True)
                peaks[what] = {"private": float("inf"), "resident": float("inf")}
                continue
            found = json.loads(done.stdout.splitlines()[-1])
            peaks[what] = found
            print(line(what, f"{found['seconds']:.0f}", f"{found['private']:.2f}",
                       f"{found['resident']:.2f}"), flush=True)  # fmt: skip
    private = max(p["private"] for p in peaks.values())
    resident = max(p["resident"] for p in peaks.values())
    print(
        f"\nPeak of the battery: {private:.2f} GB private, {resident:.2f} GB with mapped pages "
        f"(limit {LIMIT:g} GB: {'met' if resident < LIMIT else 'NOT MET'})."
    )


if __name__ == "__main__":
    main()
