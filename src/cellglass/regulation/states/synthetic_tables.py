"""Published tables of CSSI on simulated cells, computed again over seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.seeds import generator, integer_seed
from cellglass.stats import bh, top_k_f1, tost, wilcoxon

from .aggregators import AGGREGATORS
from .choice import held_out_choice
from .edge_fdr import edge_fdr
from .edge_functions import SpearmanEdges
from .kernels import aggregate_stack
from .strata import MIN_CELLS
from .synthetic import (
    CONFIGURATIONS,
    SPECIFICATION_SEEDS,
    Configuration,
    SyntheticStates,
    synthetic_states,
)

Scores = dict[str, NDArray[np.float64]]
EQUIVALENCE = 0.05
"""Difference in F1 below which two aggregators count as the same."""
SWEEP = (2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20)
FDR_STATES = (5, 10, 15)
CELLS_PER_STATE = (100, 150)


def stratified_scores(
    made: SyntheticStates, edges: SpearmanEdges, strata: NDArray[np.int64], min_cells: int
) -> Scores:
    """Pooled |Spearman| and all aggregates over strata, regulators x targets raveled."""
    pooled = edges.by_stratum(np.zeros(len(strata), np.int64), 1)[0]
    values, sizes = np.unique(strata, return_counts=True)
    kept = values[sizes >= min_cells]
    codes = np.where(np.isin(strata, kept), np.searchsorted(kept, strata), -1)
    found = {"pooled": made.of_targets(pooled)}
    by_stratum = edges.by_stratum(codes, len(kept)).reshape(len(kept), -1)
    counts = sizes[sizes >= min_cells].astype(np.float64)
    stacked = aggregate_stack(by_stratum, counts, pooled.ravel(), 0.0)
    for how, flat in zip(AGGREGATORS, stacked, strict=True):
        found[how] = made.of_targets(flat.reshape(pooled.shape))
    return found


def states_runs(seeds: Sequence[int]) -> pd.DataFrame:
    """F1 of every configuration and seed, for true, shuffled, uniform and K-means strata.

    Parameters
    ----------
    seeds
        One simulated data set each.

    Returns
    -------
    pandas.DataFrame
        Columns configuration, seed, strata, aggregator, f1; F1 among as many pairs as there are
        edges.
    """
    rows: list[dict[str, object]] = []
    for name, configuration in CONFIGURATIONS.items():
        for seed in seeds:
            made = synthetic_states(configuration.n_cells, configuration.n_states, seed=seed)
            edges = SpearmanEdges(made.expression, made.rows)
            f1 = _f1(made)
            for strata, codes in _labelings(made, configuration, seed).items():
                scores = stratified_scores(made, edges, codes, MIN_CELLS["synthetic"])
                rows += [
                    {"configuration": name, "seed": seed, "strata": strata, "aggregator": how,
                     "f1": f1(values)}
                    for how, values in scores.items()
                ]  # fmt: skip
    return pd.DataFrame(rows)


def _f1(made: SyntheticStates) -> Callable[[NDArray[np.float64]], float]:
    truth = made.labels.ravel()
    return lambda scores: top_k_f1(scores, truth, int(truth.sum()))


def _labelings(
    made: SyntheticStates, configuration: Configuration, seed: int
) -> Mapping[str, NDArray[np.int64]]:
    """True states, and three that are not."""
    from sklearn.cluster import KMeans

    n = configuration.n_states
    task = f"synthetic/{configuration.n_cells}/{n}"
    clusters = KMeans(n, n_init=3, random_state=integer_seed(seed, f"{task}/kmeans"))
    return {
        "true": made.states,
        "shuffled": generator(seed, f"{task}/shuffled").permutation(made.states),
        "uniform": generator(seed, f"{task}/uniform").integers(n, size=len(made.states)),
        "K-means": clusters.fit_predict(made.expression).astype(np.int64),
    }


def states_table(runs: pd.DataFrame) -> pd.DataFrame:
    """The published table: mean and standard deviation over seeds, gains beside shuffled strata."""
    rows = []
    for name, part in runs.groupby("configuration", sort=False):
        values = part.set_index(["strata", "aggregator", "seed"])["f1"].sort_index()
        pooled, best = values["true", "pooled"], values["true", "max"]
        shuffled, clusters = values["shuffled", "max"], values["K-means", "max"]
        rows.append(
            {
                "configuration": name,
                "n_cells": CONFIGURATIONS[str(name)].n_cells,
                "n_states": CONFIGURATIONS[str(name)].n_states,
                "pooled": pooled.mean(),
                "pooled_sd": pooled.std(),
                "max": best.mean(),
                "max_sd": best.std(),
                "gain": (best - pooled).mean(),
                "shuffled": shuffled.mean(),
                "shuffled_sd": shuffled.std(),
                "shuffled_gain": (shuffled - pooled).mean(),
                "p": wilcoxon(best.to_numpy(), shuffled.to_numpy(), alternative="greater").p,
                "kmeans": clusters.mean(),
                "kmeans_sd": clusters.std(),
                "n_seeds": len(pooled),
            }
        )
    return pd.DataFrame(rows)


def published_table(table: pd.DataFrame) -> pd.DataFrame:
    """Ours beside the specification's own check and the paper, with standard errors.

    Both are means over seeds of the same simulation: the standard error of their difference is
    that of one seed times the root of 1 / ours + 1 / 20.
    """
    rows = []
    for _, row in table.iterrows():
        known = CONFIGURATIONS[str(row["configuration"])]
        for place, what in enumerate(("pooled", "max", "shuffled")):
            error = float(row[f"{what}_sd"]) * np.sqrt(
                1 / int(row["n_seeds"]) + 1 / SPECIFICATION_SEEDS
            )
            expected = known.specification[place]
            rows.append(
                {
                    "configuration": row["configuration"],
                    "strata": what,
                    "f1": row[what],
                    "sd": row[f"{what}_sd"],
                    "specification": expected,
                    "standard_error": error,
                    "errors_away": (float(row[what]) - expected) / error if error else np.nan,
                    "paper": known.paper[place] if place < len(known.paper) else np.nan,
                }
            )
        rows.append(
            {"configuration": row["configuration"], "strata": "K-means", "f1": row["kmeans"],
             "sd": row["kmeans_sd"], "specification": np.nan, "standard_error": np.nan,
             "errors_away": np.nan, "paper": known.kmeans}
        )  # fmt: skip
    return pd.DataFrame(rows)


def aggregators_table(runs: pd.DataFrame) -> pd.DataFrame:
    """F1 of each aggregator over configurations and seeds, beside shuffled strata and the max.

    `equivalent_to_max` is p of two one-sided tests that the mean difference to the maximum lies
    within 0.05, with the simulated data set as unit.
    """
    wide = runs[runs["strata"].isin(["true", "shuffled"])].pivot_table(
        index=["configuration", "seed"], columns=["strata", "aggregator"], values="f1", sort=False
    )
    best, pooled = wide["true", "max"], wide["true", "pooled"]
    rows = []
    for how in AGGREGATORS:
        own, shuffled = wide["true", how], wide["shuffled", how]
        rows.append(
            {
                "aggregator": how,
                "f1": own.mean(),
                "gain": (own - pooled).mean(),
                "gain_sd": (own - pooled).std(),
                "shuffled_gain": (shuffled - pooled).mean(),
                "shuffled_sd": (shuffled - pooled).std(),
                "difference_to_max": (own - best).mean(),
                "equivalent_to_max": np.nan
                if how == "max"
                else tost((own - best).to_numpy(), EQUIVALENCE, unit="data set").p,
                "n_data_sets": len(own),
            }
        )
    return pd.DataFrame(rows)


def sweep_table(seeds: Sequence[int], configuration: str = "large") -> pd.DataFrame:
    """F1 of uniform random strata by their number, beside pooled edges and the true states."""
    known = CONFIGURATIONS[configuration]
    rows: list[dict[str, object]] = []
    for seed in seeds:
        made = synthetic_states(known.n_cells, known.n_states, seed=seed)
        edges = SpearmanEdges(made.expression, made.rows)
        f1 = _f1(made)
        for n in SWEEP:
            codes = generator(seed, f"synthetic/sweep/{n}").integers(n, size=known.n_cells)
            scores = stratified_scores(made, edges, codes, MIN_CELLS["synthetic"])
            pooled = f1(scores["pooled"])
            rows += [
                {"n_strata": n, "aggregator": how, "pooled": pooled, "value": f1(scores[how])}
                for how in AGGREGATORS
            ]
    table = pd.DataFrame(rows).groupby(["n_strata", "aggregator"], sort=False)
    return (
        table.agg(
            pooled=("pooled", "mean"), random_mean=("value", "mean"), random_sd=("value", "std"),
            random_low=("value", "min"), random_high=("value", "max"), draws=("value", "size"),
        )
        .reset_index()
        .assign(score="|Spearman|")
    )  # fmt: skip


def fdr_table(seeds: Sequence[int], level: float = 0.05) -> pd.DataFrame:
    """False discovery rate and power of called edges, with and without the factor of strata.

    A call is false where no state has the edge. `fdr_uncorrected` is what comes out if the
    smallest p of all strata is taken as it is.
    """
    rows: list[dict[str, object]] = []
    for n, cells, seed in product(FDR_STATES, CELLS_PER_STATE, seeds):
        made = synthetic_states(n * cells, n, seed=seed)
        truth = made.labels.ravel()
        # pairs of two regulators are no candidates here, so BH runs over the others
        p = made.of_targets(edge_fdr(made.expression, made.states, made.rows).p)
        called, careless = bh(p) <= level, bh(p / n) <= level
        rows.append(
            {
                "n_states": n,
                "cells_per_state": cells,
                "fdr": float((called & ~truth).sum() / max(called.sum(), 1)),
                "power": float((called & truth).sum() / truth.sum()),
                "fdr_uncorrected": float((careless & ~truth).sum() / max(careless.sum(), 1)),
            }
        )
    table = pd.DataFrame(rows).groupby(["n_states", "cells_per_state"], sort=True)
    return table.agg(
        fdr=("fdr", "mean"), fdr_sd=("fdr", "std"), power=("power", "mean"),
        power_sd=("power", "std"), fdr_uncorrected=("fdr_uncorrected", "mean"),
        n_seeds=("fdr", "size"),
    ).reset_index()  # fmt: skip


def choice_table(seeds: Sequence[int]) -> pd.DataFrame:
    """Aggregator chosen on one half of the cells, F1 on the other, beside pooled edges there."""
    rows = []
    for name, known in CONFIGURATIONS.items():
        ratios, gains, shuffled, p = [], [], [], []
        chosen: list[str] = []
        for seed in seeds:
            made = synthetic_states(known.n_cells, known.n_states, seed=seed)
            scores = _by_halves(made, made.states, seed)
            found = held_out_choice(scores[::-1, 1:], scores[:, 1:], AGGREGATORS)
            wrong = _by_halves(made, generator(seed, "choice").permutation(made.states), seed)
            null = held_out_choice(wrong[::-1, 1:], wrong[:, 1:], AGGREGATORS)
            pooled = float(scores[:, 0].mean())
            ratios.append(found.held_out / pooled)
            gains.append(found.held_out - pooled)
            shuffled.append(null.held_out - pooled)
            chosen += found.chosen
            p.append(found.p)
        rows.append(
            {
                "configuration": name,
                "held_out_ratio": float(np.mean(ratios)),
                "ratio_sd": float(np.std(ratios, ddof=1)),
                "gain": float(np.mean(gains)),
                "gain_sd": float(np.std(gains, ddof=1)),
                "shuffled_gain": float(np.mean(shuffled)),
                "shuffled_sd": float(np.std(shuffled, ddof=1)),
                "most_chosen": max(AGGREGATORS, key=chosen.count),
                "median_p_random": float(np.median(p)),
                "n_seeds": len(ratios),
            }
        )
    return pd.DataFrame(rows)


def _by_halves(made: SyntheticStates, strata: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """F1 of pooled edges and each aggregator in two random halves of the cells."""
    f1 = _f1(made)
    half = generator(seed, "choice/halves").permutation(len(strata)) % 2
    out = []
    for h in (0, 1):
        cells = np.flatnonzero(half == h)
        edges = SpearmanEdges(made.expression[cells], made.rows)
        scores = stratified_scores(made, edges, strata[cells], MIN_CELLS["synthetic"])
        out.append([f1(scores[how]) for how in ("pooled", *AGGREGATORS)])
    return np.array(out)
