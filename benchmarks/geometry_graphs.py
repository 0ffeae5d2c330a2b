"""Geodesics from 200 regulators on a graph of 5,000 genes, against all pairs.

One process, one thread; 15 nearest neighbours. What is compared is what is needed for scores of
regulator and gene: the distances from the regulators, which published code took from all pairs.
All three search the same graph, which is made beforehand. All pairs by SciPy are timed whole; by
networkx from a few sources, spread over the graph, and scaled up to all, because all of it takes
minutes. The distances must agree. Run: ``OMP_NUM_THREADS=1 python benchmarks/geometry_graphs.py``
"""

from __future__ import annotations

import argparse
import time
import tracemalloc

import networkx as nx
import numpy as np
from scipy.sparse.csgraph import dijkstra

from cellglass.geometry import KnnGraph, PointCloud, geodesics, knn_graph

GENES, WIDTH, REGULATORS, NEIGHBOURS = 5_000, 20, 200, 15
NETWORKX_TARGET, SCIPY_TARGET = 200, 10


def problem(seed: int = 0) -> tuple[KnnGraph, list[str]]:
    """Genes along a curved sheet, with noise, and regulators among them."""
    rng = np.random.default_rng(seed)
    sheet = rng.random((GENES, 2)) * 6
    curved = np.column_stack([np.cos(sheet[:, 0]), np.sin(sheet[:, 0]), sheet[:, 1]])
    points = curved @ rng.normal(size=(3, WIDTH)) + 0.3 * rng.normal(size=(GENES, WIDTH))
    cloud = PointCloud.of(points)
    regulators = rng.choice(GENES, REGULATORS, replace=False)
    return knn_graph(cloud, NEIGHBOURS, bridge=True), [cloud.names[i] for i in regulators]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--networkx-sources", type=int, default=20)
    options = parser.parse_args()
    start = time.perf_counter()
    graph, regulators = problem()
    print(
        f"{GENES:,} genes, {NEIGHBOURS} neighbours, {graph.lengths.nnz // 2:,} edges, made in "
        f"{time.perf_counter() - start:.2f} s; {REGULATORS} regulators; one thread.\n"
        f"networkx: timed from {options.networkx_sources} genes and scaled up to all.\n"
    )
    rows = graph.node[graph.cloud.places(regulators)]
    network = nx.from_scipy_sparse_array(graph.lengths)
    some = np.linspace(0, GENES - 1, options.networkx_sources).astype(int).tolist()
    line = "{:>4} {:>14} {:>20} {:>23} {:>8} {:>8}".format
    print(line("run", "cellglass, s", "SciPy, all pairs, s", "networkx, all pairs, s", "SciPy",
               "networkx"))  # fmt: skip
    ratios = []
    worst = 0.0
    for run in range(options.runs):
        start = time.perf_counter()
        ours = geodesics(graph, regulators)
        seconds = time.perf_counter() - start

        start = time.perf_counter()
        everything = dijkstra(graph.lengths, directed=False)
        scipy = time.perf_counter() - start

        start = time.perf_counter()
        ways = [nx.single_source_dijkstra_path_length(network, source) for source in some]
        networkx = (time.perf_counter() - start) / len(some) * GENES

        exact = np.array([[way[j] for j in range(GENES)] for way in ways])
        worst = max(
            worst,
            float(np.abs(ours.values - everything[rows]).max()),
            float(np.abs(exact - everything[some]).max()),
        )
        ratios.append((scipy / seconds, networkx / seconds))
        cells = (f"{seconds:.3f}", f"{scipy:.2f}", f"{networkx:.0f}")
        print(line(run + 1, *cells, *(f"{r:.0f}" for r in ratios[-1])))
        del everything
    tracemalloc.start()
    geodesics(graph, regulators)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"\nlargest difference between the three: {worst:.1e}")
    print(f"memory of ours: {peak / 2**20:.0f} MiB; of all pairs: {8 * GENES**2 / 2**20:.0f} MiB")
    for name, target, ratio in zip(
        ("SciPy", "networkx"), (SCIPY_TARGET, NETWORKX_TARGET), np.median(ratios, axis=0),
        strict=True,
    ):  # fmt: skip
        met = "met" if ratio >= target else "NOT MET"
        print(f"median ratio to {name} {ratio:.0f} (target {target}): {met}")
    if worst > 1e-9:
        raise SystemExit("the distances differ")


if __name__ == "__main__":
    main()
