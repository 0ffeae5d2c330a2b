"""1,000 draws of a stratified label null on a million pairs: cellglass against scikit-learn.

One process, one thread. 1,000 regulators x 1,000 genes, labels permuted within strata of source
degree x target degree x distance. Ours is timed with everything in it: ranks of the score,
draws, areas, self-check and summary; once from given strata, as the loop gets them, and once
with the strata made of their features too. The loop permutes labels within strata with NumPy and
calls roc_auc_score; it is timed on a few draws and scaled up, because all of it would take
minutes. Run: ``OMP_NUM_THREADS=1 python benchmarks/geometry_nulls.py``
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from cellglass.geometry.degrees import reference_degrees
from cellglass.geometry.nulls.pair_strata import PairStrata, pair_strata
from cellglass.geometry.pairs import Pairs
from cellglass.stats import NullResult, NullScorer, null_distribution
from cellglass.stats.nulls.label_within_strata import LabelWithinStrata

REGULATORS, GENES, POSITIVES = 1_000, 1_000, 2_500
BINS = 5
TARGET = 200


def problem(seed: int = 0) -> tuple[Pairs, np.ndarray]:
    """Pairs with heavy-tailed degrees, and a distance that knows a little of labels."""
    rng = np.random.default_rng(seed)
    mask = ~np.eye(REGULATORS, GENES, dtype=bool)
    weight = np.outer(rng.pareto(2.0, REGULATORS) + 0.5, rng.pareto(2.0, GENES) + 0.3) * mask
    labels = np.zeros(mask.size, dtype=bool)
    chosen = rng.choice(mask.size, POSITIVES, replace=False, p=weight.ravel() / weight.sum())
    labels[chosen] = True
    labels = labels.reshape(mask.shape)
    distance = rng.gamma(9.0, size=mask.shape) - 0.3 * labels
    names = tuple(f"s{i}" for i in range(REGULATORS)), tuple(f"t{i}" for i in range(GENES))
    return Pairs(*names, labels, mask, "planted"), distance


def strata_of(pairs: Pairs, distance: np.ndarray) -> PairStrata:
    features: dict[str, Any] = {"degree": reference_degrees(pairs), "distance": distance}
    return pair_strata(pairs, features, bins=BINS)


def ours(
    pairs: Pairs, score: np.ndarray, strata: np.ndarray, draws: int, seed: int
) -> tuple[float, NullResult]:
    start = time.perf_counter()
    scorer = NullScorer([score], pairs.labels, pairs.mask)
    null = LabelWithinStrata(pairs.labels, pairs.mask, strata)
    result = null_distribution(scorer, null, draws=draws, seed=seed, task="benchmark")
    return time.perf_counter() - start, result


def loop(
    pairs: Pairs, score: np.ndarray, strata: np.ndarray, draws: int, seed: int
) -> tuple[float, list[float]]:
    """What is done without a kernel: permute labels of each stratum, and compute the area."""
    rng = np.random.default_rng(seed)
    truth, values, codes = pairs.positive, score[pairs.mask], strata[pairs.mask]
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    areas = []
    start = time.perf_counter()
    for _ in range(draws):
        permuted = truth.copy()
        for inside in members:
            permuted[inside] = truth[rng.permutation(inside)]
        areas.append(roc_auc_score(permuted, values))
    return time.perf_counter() - start, areas


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--loop-draws", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    pairs, distance = problem()
    score = -distance
    strata = strata_of(pairs, distance)
    ours(pairs, score, strata.codes, 1, 0)  # compiles the kernels, or reads them from their cache

    n_strata = int(strata.codes.max()) + 1
    print(
        f"{int(pairs.mask.sum()):,} pairs, {int(pairs.labels.sum()):,} positives, {n_strata} "
        f"strata ({strata.by}), {options.draws:,} draws; one thread."
    )
    print(f"scikit-learn: timed on {options.loop_draws} permutations a run and scaled up.\n")
    line = "{:>4} {:>14} {:>18} {:>17} {:>8}".format
    print(line("run", "cellglass, s", "with strata, s", "scikit-learn, s", "ratio"))
    ratios, loop_areas = [], []
    for run in range(options.runs):
        seconds, result = ours(pairs, score, strata.codes, options.draws, run)
        start = time.perf_counter()
        strata_of(pairs, distance)
        making = time.perf_counter() - start
        loop_seconds, areas = loop(pairs, score, strata.codes, options.loop_draws, run)
        loop_areas += areas
        scaled = loop_seconds / options.loop_draws * options.draws
        ratios.append((scaled / seconds, scaled / (seconds + making)))
        cells = (f"{seconds:.3f}", f"{seconds + making:.3f}", f"{scaled:.0f}")
        print(line(run + 1, *cells, f"{ratios[-1][0]:.0f}"))
    null = result.distributions[0]
    observed = roc_auc_score(pairs.positive, score[pairs.mask])
    line = "{:<14} {:>6} {:>10} {:>9} {:>16}".format
    print("\n" + line("null AUROC", "draws", "mean", "sd", "observed"))
    print(line("cellglass", null.draws, f"{null.mean:.5f}", f"{null.sd:.5f}",
               f"{null.observed:.12f}"))  # fmt: skip
    print(line("scikit-learn", len(loop_areas), f"{np.mean(loop_areas):.5f}",
               f"{np.std(loop_areas, ddof=1):.5f}", f"{observed:.12f}"))  # fmt: skip
    print(f"\nself-check of the null passed: {result.check.passed}")
    print(f"  {result.check.messages[0]}")
    bare, whole = (float(np.median(r)) for r in zip(*ratios, strict=True))
    print(
        f"median ratio {bare:.0f} (target {TARGET}: {'met' if bare >= TARGET else 'NOT MET'}); "
        f"{whole:.0f} with the making of the strata"
    )


if __name__ == "__main__":
    main()
