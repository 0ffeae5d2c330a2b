"""Over-representation, 4,096 lists x 2,000 terms: cellglass against scipy.stats.hypergeom.

One process, one thread. Ours is timed from gene names to adjusted p values. The plain use (one
call of ``hypergeom.sf`` a test) and the broadcast use (one call for many tests) are given the
overlaps, timed on a part of the tests and scaled up.
Run: ``OMP_NUM_THREADS=1 python benchmarks/ora.py``
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.stats import hypergeom

from cellglass.stats.enrichment import OraResult, ora

GENES, LISTS, TERMS = 10_000, 4_096, 2_000
TARGET = 10


def problem(seed: int = 0) -> tuple[list[str], dict[str, list[str]], dict[str, list[str]]]:
    """Lists of 10 to 100 genes; sizes of terms even on a log scale from 10 to 500."""
    rng = np.random.default_rng(seed)
    genes = [f"g{i}" for i in range(GENES)]

    def draw(size: int) -> list[str]:
        return [genes[j] for j in rng.choice(GENES, size, replace=False)]

    lists = {f"list {i}": draw(int(rng.integers(10, 100))) for i in range(LISTS)}
    sizes = np.exp(rng.uniform(np.log(10), np.log(500), TERMS)).astype(int)
    return genes, lists, {f"term {i}": draw(int(k)) for i, k in enumerate(sizes)}


def scipy_seconds(result: OraResult, plain: int, broadcast: int) -> tuple[float, float, float]:
    """Seconds for all tests, plain and broadcast, and the largest relative difference of p."""
    shared = result.dense("overlap").astype(int)
    n, k = result.list_sizes, result.background.set_sizes[0]
    rng = np.random.default_rng(1)
    some = [(int(rng.integers(LISTS)), int(rng.integers(TERMS))) for _ in range(plain)]
    start = time.perf_counter()
    for i, j in some:
        hypergeom.sf(shared[i, j] - 1, GENES, k[j], n[i])
    one_by_one = (time.perf_counter() - start) / plain * result.n_tests
    start = time.perf_counter()
    block = hypergeom.sf(shared[:broadcast] - 1, GENES, k[None, :], n[:broadcast, None])
    at_once = (time.perf_counter() - start) / block.size * result.n_tests
    worst = float(np.max(np.abs(result.dense("p")[:broadcast] / block - 1)))
    return one_by_one, at_once, worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--plain-tests", type=int, default=20_000)
    parser.add_argument("--broadcast-lists", type=int, default=100)
    options = parser.parse_args()
    genes, lists, terms = problem()
    ora({"list 0": lists["list 0"]}, terms, genes)  # compiles the kernel, or reads its cache
    print(f"{LISTS:,} lists x {TERMS:,} terms, {GENES:,} genes; one thread.\n")
    line = "{:>4} {:>13} {:>15} {:>19} {:>8} {:>8}".format
    print(line("run", "cellglass, s", "scipy plain, s", "scipy broadcast, s", "ratio", "ratio"))
    ratios = []
    for run in range(options.runs):
        start = time.perf_counter()
        result = ora(lists, terms, genes)
        ours = time.perf_counter() - start
        plain, at_once, worst = scipy_seconds(result, options.plain_tests, options.broadcast_lists)
        ratios.append((plain / ours, at_once / ours))
        shown = (f"{plain / ours:.0f}", f"{at_once / ours:.0f}")
        print(line(run + 1, f"{ours:.2f}", f"{plain:.0f}", f"{at_once:.0f}", *shown))
    print(f"\nlargest relative difference of p: {worst:.1e}; tests: {result.n_tests:,}")
    ratio = float(np.median([min(r) for r in ratios]))
    print(
        f"median ratio to the faster use of scipy {ratio:.0f} (target {TARGET}): "
        f"{'met' if ratio >= TARGET else 'NOT MET'}"
    )


if __name__ == "__main__":
    main()
