"""1,000 permutation AUROCs on a million pairs: cellglass against a scikit-learn loop.

One process, one thread. Ours is timed with everything in it: ranks, draws, sums, self-check and
summary. The loop is timed on a few permutations and scaled up, because all of it would take
minutes. Run: ``OMP_NUM_THREADS=1 python benchmarks/permutation_auroc.py``
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.metrics import roc_auc_score

from cellglass.stats import (
    LabelPermutation,
    NullResult,
    NullScorer,
    mann_whitney_moments,
    null_distribution,
)

REGULATORS, GENES, POSITIVES = 250, 4_000, 2_000
TARGET = 1_000


def problem(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(REGULATORS, GENES))
    labels = np.zeros(REGULATORS * GENES, dtype=bool)
    labels[rng.choice(labels.size, POSITIVES, replace=False)] = True
    square = labels.reshape(REGULATORS, GENES)
    return scores, square, np.ones_like(square)


def ours(
    scores: np.ndarray, labels: np.ndarray, mask: np.ndarray, draws: int, seed: int
) -> tuple[float, NullResult]:
    start = time.perf_counter()
    scorer = NullScorer([scores], labels, mask)
    result = null_distribution(
        scorer, LabelPermutation(labels, mask), draws=draws, seed=seed, task="benchmark"
    )
    return time.perf_counter() - start, result


def loop(scores: np.ndarray, labels: np.ndarray, draws: int, seed: int) -> tuple[float, list]:
    rng = np.random.default_rng(seed)
    flat_scores, flat_labels = scores.ravel(), labels.ravel()
    start = time.perf_counter()
    values = [roc_auc_score(rng.permutation(flat_labels), flat_scores) for _ in range(draws)]
    return time.perf_counter() - start, values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--loop-draws", type=int, default=10)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    scores, labels, mask = problem()
    ours(scores, labels, mask, 1, 0)  # compiles the kernels, or reads them from their cache

    print(f"{scores.size:,} pairs, {POSITIVES:,} positives, {options.draws:,} draws; one thread.")
    print(f"scikit-learn: timed on {options.loop_draws} permutations and scaled up.\n")
    line = "{:>4} {:>14} {:>17} {:>8}".format
    print(line("run", "cellglass, s", "scikit-learn, s", "ratio"))
    ratios, engine_times, loop_values = [], [], []
    for run in range(options.runs):
        engine_time, result = ours(scores, labels, mask, options.draws, run)
        loop_time, values = loop(scores, labels, options.loop_draws, run)
        loop_values += values
        scaled = loop_time / options.loop_draws * options.draws
        ratios.append(scaled / engine_time)
        engine_times.append(engine_time)
        print(line(run + 1, f"{engine_time:.3f}", f"{scaled:.0f}", f"{ratios[-1]:.0f}"))
    null = result.distributions[0]
    mean, sd = mann_whitney_moments(scores.ravel(), labels.ravel())
    observed = roc_auc_score(labels.ravel(), scores.ravel())
    line = "{:<14} {:>6} {:>10} {:>9} {:>16}".format
    print("\n" + line("null AUROC", "draws", "mean", "sd", "observed"))
    for name, draws, centre, spread, value in (
        ("cellglass", null.draws, null.mean, null.sd, f"{null.observed:.12f}"),
        ("scikit-learn", len(loop_values), np.mean(loop_values), np.std(loop_values, ddof=1),
         f"{observed:.12f}"),
        ("analytic", "", mean, sd, ""),
    ):  # fmt: skip
        print(line(name, draws, f"{centre:.5f}", f"{spread:.5f}", value))
    print(f"\nself-check of the null passed: {result.check.passed}")
    ratio = float(np.median(ratios))
    print(
        f"median ratio {ratio:.0f} (target {TARGET}): {'met' if ratio >= TARGET else 'NOT MET'}; "
        f"median time {np.median(engine_times):.3f} s"
    )


if __name__ == "__main__":
    main()
