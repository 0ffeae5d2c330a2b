"""The 27-point sensitivity grid on Papalexi: cellglass against a scikit-learn and SciPy loop.

One process, two threads at most. Both are timed from the opened screen on, reading and normalising
its cells included; ours makes the Mann-Whitney tests of the weak configuration besides. The loop is
what one would write otherwise: at each point Welch tests of `scipy.stats` over all genes at once,
BH, Spearman's correlations of the perturbed gene, and `roc_auc_score`, perturbation by
perturbation. Both must give the same numbers at every point.
Run: ``OMP_NUM_THREADS=2 python benchmarks/sensitivity_grid.py``
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.metrics import roc_auc_score

from cellglass.data import log1p_cp10k
from cellglass.data.screens import Screen, open_screen
from cellglass.regulation.responses.grid import (
    CONTROLS,
    EFFECTS,
    GENES,
    SCALARS,
    Grid,
    sensitivity_grid,
)
from cellglass.regulation.responses.measured import measure
from cellglass.runs.sections import ResponsesConfig

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "perturbation"
FILE = "papalexi2021_thp1_crisprko.h5ad"
SECONDS, TARGET = 180, 10
SPEARMAN = "|Spearman|"
Values = dict[tuple[int, str], dict[str, float]]


def ours(screen: Screen, rule: ResponsesConfig) -> tuple[float, Grid, list[str]]:
    start = time.perf_counter()
    measured = measure(screen, rule, 1)
    grid = sensitivity_grid(measured, rule)
    return time.perf_counter() - start, grid, list(measured.used["perturbation"])


def normalised(screen: Screen, cells: np.ndarray) -> np.ndarray:
    """Dense log1p counts per 10,000, cells in the order given."""
    order = np.argsort(cells)
    counts = screen.read(cells[order])
    dense = log1p_cp10k(counts.matrix, counts.n_counts).toarray()
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    return dense[back]


def loop(screen: Screen, rule: ResponsesConfig, points: int) -> tuple[float, Values]:
    """The first so many points, one perturbation after the other."""
    start = time.perf_counter()
    controls = normalised(screen, screen.control_order(1))
    perturbed = {
        p.text: (p.genes[0], normalised(screen, screen.cells_of(p.text))) for p in screen.perturbed
    }
    forced = {gene for gene, _ in perturbed.values()} & set(screen.genes)
    found: Values = {}
    grid = [(e, c, g) for c in CONTROLS for g in GENES for e in EFFECTS]
    for point, (effect, n_controls, n_genes) in enumerate(grid[:points]):
        control = controls[:n_controls]
        variance = control.var(0, ddof=1)
        others = [j for j in np.argsort(-variance) if screen.genes[j] not in forced]
        inside = [j for j, gene in enumerate(screen.genes) if gene in forced]
        chosen = np.sort(inside + others[: max(n_genes - len(inside), 0)])
        scalars = {
            "variance": variance,
            "mean": control.mean(0),
            "detection": (control > 0).mean(0),
        }
        for name, (gene, cells) in perturbed.items():
            at = np.array([j for j in chosen if screen.genes[j] != gene])
            p = stats.ttest_ind(cells[:, at], control[:, at], equal_var=False).pvalue
            q = stats.false_discovery_control(np.nan_to_num(p, nan=1.0))
            difference = cells[:, at].mean(0) - control[:, at].mean(0)
            labels = (q <= rule.fdr) & (np.abs(difference) >= effect)
            if min(labels.sum(), (~labels).sum()) < rule.min_responders:
                continue
            scores = {n: values[at] for n, values in scalars.items()}
            if gene in screen.genes:
                own = control[:, screen.genes.index(gene)]
                rho = [stats.spearmanr(own, control[:, j]).statistic for j in at]
                scores[SPEARMAN] = np.abs(np.nan_to_num(rho)).round(12)
            for score, values in scores.items():
                found.setdefault((point, score), {})[name] = roc_auc_score(labels, values)
    return time.perf_counter() - start, found


def largest_difference(grid: Grid, perturbations: list[str], found: Values, points: int) -> float:
    """Largest difference between both; an error where they judge other perturbations."""
    worst = 0.0
    for point in range(points):
        for score in (*SCALARS, SPEARMAN):
            values = grid.values[point, score]
            judged = {perturbations[i]: values[i] for i in np.flatnonzero(np.isfinite(values))}
            want = found.get((point, score), {})
            assert judged.keys() == want.keys(), (point, score, judged.keys() ^ want.keys())
            worst = max([worst, *(abs(judged[p] - want[p]) for p in want)])
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=DATA / FILE)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--points", type=int, default=27, help="points of the loop")
    options = parser.parse_args()
    warnings.simplefilter("ignore", stats.ConstantInputWarning)
    rule = ResponsesConfig()
    screen = open_screen(options.file)
    ours(screen, rule)  # compiles the kernels, or reads them from their cache

    print(f"{screen.report.n_cells:,} cells, {len(screen.genes):,} genes, "
          f"{len(screen.perturbed)} perturbations; 27 points.\n")  # fmt: skip
    line = "{:>4} {:>14} {:>10} {:>8}".format
    print(line("run", "cellglass, s", "loop, s", "ratio"))
    times, loop_times, ratios = [], [], []
    for run in range(options.runs):
        seconds, grid, names = ours(screen, rule)
        loop_seconds, found = loop(screen, rule, options.points)
        worst = largest_difference(grid, names, found, options.points)
        assert worst < 1e-9, f"the two differ by {worst:g}"
        whole = loop_seconds * 27 / options.points
        times.append(seconds)
        loop_times.append(whole)
        ratios.append(whole / seconds)
        print(line(run + 1, f"{seconds:.2f}", f"{whole:.1f}", f"{ratios[-1]:.0f}"))
    judged = sum(len(v) for v in found.values())
    print()
    print(
        f"Same numbers: {judged:,} AUROCs of {options.points} points differ by {worst:.1e} or less."
    )
    print(f"Clipped: {grid.clipped}; {grid.n_distinct} of 27 points differ.")
    seconds, ratio = statistics.median(times), statistics.median(ratios)
    print(
        f"Median of {options.runs}: {seconds:.2f} s (target {SECONDS} s: "
        f"{'met' if seconds < SECONDS else 'NOT MET'}), {ratio:.0f} times as fast as the loop "
        f"(target {TARGET}: {'met' if ratio >= TARGET else 'NOT MET'})."
    )


if __name__ == "__main__":
    main()
