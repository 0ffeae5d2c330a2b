"""Degree-preserving draws against networkx double_edge_swap, at equal mixing.

One process, one thread; 300 regulators x 4,000 genes, 20,000 edges. Mixing is measured as the
Jaccard distance of the rewired edges from the observed ones. For each sampler the shortest run
that reaches a common distance is looked for, and the time of one draw of that length is compared.
networkx rewires an undirected graph: it neither keeps regulators and targets apart nor knows
structural zeros, so it answers an easier question. Run: ``python benchmarks/degree_null.py``
"""

from __future__ import annotations

import argparse
import time

import networkx as nx
import numpy as np

from cellglass.stats import DegreePreserving
from cellglass.stats.nulls.degree import Method

REGULATORS, GENES, EDGES = 300, 4_000, 20_000
TARGET = 50


def problem(skewed: bool, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Make a label matrix; the diagonal regulator = gene cannot be evaluated."""
    rng = np.random.default_rng(seed)
    weight = np.ones((REGULATORS, GENES))
    if skewed:
        weight *= np.outer(rng.pareto(1.5, REGULATORS) + 0.5, rng.pareto(1.5, GENES) + 0.2)
    weight[np.arange(REGULATORS), np.arange(REGULATORS)] = 0
    mask = weight > 0
    flat = np.minimum(weight / weight.sum() * EDGES, 0.9).ravel()
    labels = np.zeros(flat.size, dtype=bool)
    labels[rng.choice(flat.size, EDGES, replace=False, p=flat / flat.sum())] = True
    return labels.reshape(mask.shape), mask


def ours(
    labels: np.ndarray, mask: np.ndarray, steps: int, method: Method, draws: int = 20
) -> tuple[float, float]:
    null = DegreePreserving(labels, mask, method=method, steps=steps)
    null.draw_positives(np.random.default_rng(0), 1)
    start = time.perf_counter()
    drawn = null.draw_positives(np.random.default_rng(1), draws)
    seconds = (time.perf_counter() - start) / draws
    rows = np.sort(drawn // GENES, axis=1)
    assert (rows == np.sort(null.positives // GENES)).all(), "a draw changed the row sums"
    # Draws start from the hub; the curve from the observed labels says how far this many steps
    # lead.
    return seconds, dict(null.mixing_curve)[steps]


def networkx_draw(labels: np.ndarray, swaps: int, seed: int) -> tuple[float, float]:
    rows, columns = np.nonzero(labels)
    edges = [(int(r), int(REGULATORS + c)) for r, c in zip(rows, columns, strict=True)]
    graph = nx.Graph(edges)
    before = {frozenset(e) for e in edges}
    start = time.perf_counter()
    nx.double_edge_swap(graph, nswap=swaps, max_tries=1_000 * swaps, seed=seed)
    seconds = time.perf_counter() - start
    kept = len(before & {frozenset(e) for e in graph.edges})
    return seconds, 1 - kept / (2 * len(before) - kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.99, help="of the reachable distance")
    parser.add_argument("--draws", type=int, default=1_000, help="draws at the default length")
    options = parser.parse_args()
    print(f"{REGULATORS} regulators x {GENES:,} genes, {EDGES:,} edges; one thread.")
    print("Distance: share of edges that differ from the observed ones (Jaccard).")
    print("Ratio: time of one networkx draw over time of one of ours that is mixed as well.\n")
    line = "{:<13} {:<28} {:>9} {:>9} {:>11} {:>12}".format
    print(line("degrees", "sampler", "moves", "distance", "ms a draw", "ratio"))
    remarks = []
    for skewed in (False, True):
        degrees = "heavy-tailed" if skewed else "even"
        labels, mask = problem(skewed)
        plateau = dict(DegreePreserving(labels, mask, steps=60 * EDGES).mixing_curve)[120 * EDGES]
        goal = options.share * plateau
        rows = []
        samplers: tuple[tuple[Method, int], ...] = (
            ("swap", EDGES // 4), ("curveball", REGULATORS // 2),
        )  # fmt: skip
        for method, unit in samplers:
            steps = unit
            while (found := ours(labels, mask, steps, method))[1] < goal:
                steps = int(steps * 1.25)
            rows.append((f"cellglass {method}", steps, found[1], found[0]))
        swaps = EDGES // 4
        while (reference := networkx_draw(labels, swaps, 1))[1] < goal:
            swaps = int(swaps * 1.25)
        rows.append(("networkx double_edge_swap", swaps, reference[1], reference[0]))
        for name, moves, distance, seconds in rows:
            cells = (f"{moves:,}", f"{distance:.3f}", f"{1e3 * seconds:.2f}")
            print(line(degrees, name, *cells, f"{reference[0] / seconds:.0f}"))
        null = DegreePreserving(labels, mask)
        start = time.perf_counter()
        null.draw_positives(np.random.default_rng(2), options.draws)
        whole = time.perf_counter() - start
        ratio = reference[0] / rows[0][3]
        remarks.append(
            f"{degrees}: swaps {ratio:.0f} times as fast as networkx at distance {goal:.3f} "
            f"(target {TARGET}: {'met' if ratio >= TARGET else 'NOT MET'}); "
            f"{options.draws:,} draws at the default length ({null.steps:,} attempts) take "
            f"{whole:.1f} s"
        )
    print("\n" + "\n".join(remarks))


if __name__ == "__main__":
    main()
