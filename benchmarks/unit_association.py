"""AUROC of 4,096 sparse units for 20 labels: cellglass against a scikit-learn loop.

One process, one thread. Ours is timed whole: sorting, AUROC, DeLong intervals, Mann-Whitney p and
q. The loop gives AUROC only; it is timed on a few units and scaled up, because all of it would
take minutes. Run: ``OMP_NUM_THREADS=1 python benchmarks/unit_association.py``
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy import sparse
from sklearn.metrics import roc_auc_score

from cellglass.concepts import label_association

CELLS, UNITS, ACTIVE, LABELS = 20_000, 4_096, 32, 20


def problem(seed: int = 0) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Units of very unlike frequency, the same number of them active in every cell."""
    rng = np.random.default_rng(seed)
    weight = np.log(rng.pareto(1.2, UNITS) + 0.05)
    columns = np.argpartition(-(weight + rng.gumbel(size=(CELLS, UNITS))), ACTIVE, axis=1)
    starts = np.arange(0, CELLS * ACTIVE + 1, ACTIVE)
    values = rng.gamma(1.0, size=CELLS * ACTIVE)
    z = sparse.csr_matrix((values, columns[:, :ACTIVE].ravel(), starts), shape=(CELLS, UNITS))
    return z, rng.choice([f"type {i:02d}" for i in range(LABELS)], size=CELLS)


def loop(z: sparse.csc_matrix, labels: np.ndarray, units: range) -> tuple[float, np.ndarray]:
    start = time.perf_counter()
    found = [
        [roc_auc_score(labels == label, z[:, [j]].toarray().ravel()) for label in np.unique(labels)]
        for j in units
    ]
    return time.perf_counter() - start, np.asarray(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loop-units", type=int, default=10)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    z, labels = problem()
    columns = z.tocsc()
    label_association(z[:100], labels[:100])  # compiles the kernels, or reads them from the cache

    print(f"{CELLS:,} cells, {UNITS:,} units, {ACTIVE} active a cell, {LABELS} labels; one thread.")
    print(f"scikit-learn: timed on {options.loop_units} units and scaled up.\n")
    line = "{:>4} {:>14} {:>17} {:>8}".format
    print(line("run", "cellglass, s", "scikit-learn, s", "ratio"))
    ratios, worst = [], 0.0
    for run in range(options.runs):
        start = time.perf_counter()
        table = label_association(z, labels)
        ours = time.perf_counter() - start
        units = range(run * options.loop_units, (run + 1) * options.loop_units)
        taken, expected = loop(columns, labels, units)
        found = table.auroc.to_numpy().reshape(UNITS, LABELS)[units.start : units.stop]
        worst = max(worst, float(np.abs(found - expected).max()))
        scaled = taken / options.loop_units * UNITS
        ratios.append(scaled / ours)
        print(line(run + 1, f"{ours:.3f}", f"{scaled:.0f}", f"{ratios[-1]:.0f}"))
    print(f"\nmedian ratio {np.median(ratios):.0f}; greatest difference of an AUROC {worst:.1e}")


if __name__ == "__main__":
    main()
