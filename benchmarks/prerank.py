"""Prerank, 10,000 genes x 1,000 sets x 1,000 permutations: cellglass against GSEApy.

One process, one thread each. GSEApy runs all permutations by default (about 40 s to a minute).
Run: ``OMP_NUM_THREADS=1 python benchmarks/prerank.py``
"""

from __future__ import annotations

import argparse
import time
import warnings

import gseapy
import numpy as np
import pandas as pd

from cellglass.stats.enrichment import prerank

GENES, SETS, PERMUTATIONS = 10_000, 1_000, 1_000
TARGET = 50


def problem(seed: int = 0) -> tuple[list[str], np.ndarray, dict[str, list[str]]]:
    """Normal scores; sets of 15 to 500 genes, as many distinct sizes as there can be."""
    rng = np.random.default_rng(seed)
    genes = [f"G{i}" for i in range(GENES)]
    sets = {
        f"set {i}": [genes[j] for j in rng.choice(GENES, rng.integers(15, 501), replace=False)]
        for i in range(SETS)
    }
    return genes, rng.normal(size=GENES), sets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--gseapy-permutations", type=int, default=PERMUTATIONS)
    options = parser.parse_args()
    genes, scores, sets = problem()
    prerank(scores, sets, genes, permutations=1, smallest=15)  # compiles, or reads the cache
    times = []
    for run in range(options.runs):
        start = time.perf_counter()
        ours = prerank(scores, sets, genes, permutations=PERMUTATIONS, seed=run, smallest=15)
        times.append(time.perf_counter() - start)
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    theirs = gseapy.prerank(
        rnk=pd.Series(scores, index=genes), gene_sets=sets, min_size=15, max_size=500, seed=1,
        permutation_num=options.gseapy_permutations, threads=1, outdir=None, no_plot=True,
    ).res2d.set_index("Term").loc[list(ours.sets.names)]  # fmt: skip
    theirs_time = (time.perf_counter() - start) * PERMUTATIONS / options.gseapy_permutations
    es = np.abs(ours.es[0] - theirs["ES"].astype(float)).max()
    nes = np.corrcoef(ours.nes[0], theirs["NES"].astype(float))[0, 1]
    ratio = theirs_time / float(np.median(times))
    print(f"{GENES:,} genes, {SETS:,} sets, {PERMUTATIONS:,} permutations; one thread.")
    print(f"cellglass, median of {options.runs}: {np.median(times):.3f} s; GSEApy "
          f"{gseapy.__version__}: {theirs_time:.1f} s")  # fmt: skip
    print(f"largest difference of enrichment scores {es:.1e}; correlation of NES {nes:.5f}")
    print(f"ratio {ratio:.0f} (target {TARGET}): {'met' if ratio >= TARGET else 'NOT MET'}")


if __name__ == "__main__":
    main()
