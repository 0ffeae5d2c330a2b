"""Screened against exhaustive attribution: forward passes saved, and what the screen misses.

Toy models (linear, MLP, a transformer that reads part of the genes) and, with ``--real``, the mini
models on cells of the shared data. Passes are counted in one process: those of all single swaps
with the cache ("cached") and without ("plain": units x prototypes x counterfactuals x differing
genes), those of the screened run, and its gradients, each a forward and a backward pass. The rank
correlation is that of screen and exact effect: over the entries that chance alone chose, and over
all that were run; "scores" is that of the final scores with the exhaustive ones.

Run: ``OMP_NUM_THREADS=1 python benchmarks/screened_attribution.py [--real FOLDER]``
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats

import cellglass as cg
from cellglass.concepts import (
    Attribution,
    AttributionSettings,
    LinearUnits,
    NetworkSpace,
    ToyTransformerSpace,
    Transform,
    attribute,
    linear_network,
    mlp_network,
)
from cellglass.concepts.attribution.aggregate import predicted
from cellglass.models.swap_space import SwapSpace

TARGET, AGREEMENT = 10.0, 0.9


def toys(n_cells: int = 300, n_genes: int = 800) -> Iterator[tuple[str, SwapSpace]]:
    rng = np.random.default_rng(0)
    rate = rng.gamma(0.3, 3.0, size=n_genes) * rng.gamma(0.7, 1.5, size=(n_cells, n_genes))
    counts = rng.poisson(rate)
    first = rng.normal(size=(32, n_genes)) / np.sqrt(n_genes)
    yield "linear", NetworkSpace(counts, linear_network(first))
    yield (
        "mlp",
        NetworkSpace(
            counts, mlp_network(2 * first, rng.normal(size=32), rng.normal(size=(16, 32)))
        ),
    )
    yield "transformer, all genes", ToyTransformerSpace(counts, width=16, max_tokens=n_genes)
    yield "transformer, 200 genes", ToyTransformerSpace(counts, width=16, max_tokens=200)


def real(folder: Path, n_cells: int) -> Iterator[tuple[str, SwapSpace]]:
    import anndata

    cells = anndata.read_h5ad(folder / "single_cell" / "pbmc_hao2021_1k.h5ad")[:n_cells].copy()
    for name in ("mini-scgpt", "mini-geneformer"):
        model = cg.load_model(name)
        yield name, model.swap_space(cells)


def units_of(space: SwapSpace, n: int) -> LinearUnits:
    embedding = space.embed()
    transform = Transform.fit(embedding)
    _, _, axes = np.linalg.svd(transform(embedding), full_matrices=False)
    rows = np.random.default_rng(1).normal(size=(n, min(8, len(axes)))) @ axes[:8]
    names = tuple(f"unit {i}" for i in range(n))
    return LinearUnits("random direction", names, rows, 0.0, transform).with_rate(embedding, 0.15)


def rank_over_run(found: Attribution) -> float:
    effects, main = found.effects, found.plan.settings.main
    held = effects.run > 0
    guess = predicted(effects, found.plan, main)[held]
    return float(stats.spearmanr(guess, effects.values[main][held]).statistic)


def compare(name: str, space: SwapSpace, settings: AttributionSettings, n_units: int) -> bool:
    units = units_of(space, n_units)
    truth = attribute(space, units, settings=replace(settings, screen="all"))
    best = False
    for top in (0.10, 0.05):
        found = attribute(
            space, units, settings=replace(settings, screen="gradient", top_share=top)
        )
        checks = found.checks
        assert checks.agreement is not None
        drawn = float(np.nanmean(checks.agreement))
        scores = np.nanmean([
            stats.spearmanr(a[t > 0], b[t > 0]).statistic
            for a, b, t in zip(found.score, truth.score, truth.n_tested, strict=True)
        ])  # fmt: skip
        plain = checks.n_uncached / checks.n_passes
        print(f"{name:<23} {top:>4.0%} {checks.n_uncached:>9,} {checks.n_exhaustive:>8,} "
              f"{checks.n_passes:>7,} {checks.n_gradients:>6,} {plain:>6.1f} {checks.saving:>7.1f} "
              f"{drawn:>7.3f} {rank_over_run(found):>7.3f} {scores:>7.3f}", flush=True)  # fmt: skip
        best = best or (plain >= TARGET and drawn >= AGREEMENT)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=4)
    parser.add_argument("--prototypes", type=int, default=20)
    parser.add_argument("--real", type=Path, help="folder of the shared data")
    parser.add_argument("--cells", type=int, default=150)
    parser.add_argument("--steps", type=int, default=None, help="points of the screen's path")
    options = parser.parse_args()
    settings = AttributionSettings(n_prototypes=options.prototypes, screen_steps=options.steps)
    print(f"{options.units} units, {options.prototypes} prototypes, 5 counterfactuals; "
          f"random share 2 %, screen steps {options.steps}")  # fmt: skip
    print("model                   top     plain   cached screened  grads  x plain x cached  "
          "random     run  scores")  # fmt: skip
    spaces = real(options.real, options.cells) if options.real else toys()
    met = [compare(name, space, settings, options.units) for name, space in spaces]
    print(f"at least {TARGET:.0f}x fewer than plain at rank correlation {AGREEMENT}: "
          f"{sum(met)} of {len(met)} models")  # fmt: skip


if __name__ == "__main__":
    main()
