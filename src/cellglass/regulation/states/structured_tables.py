"""Published tables of CSSI on "PBMC-structured" cells, computed again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.seeds import generator
from cellglass.stats import auroc, top_k_true_positives

from .edge_functions import SpearmanEdges
from .strata import MIN_CELLS
from .structured import N_TFS, PUBLISHED_AUROC, PUBLISHED_TOP, structured_cells
from .synthetic import SyntheticStates
from .synthetic_tables import stratified_scores

TOP = 25


def scaling_table(seeds: Sequence[int]) -> pd.DataFrame:
    """AUROC of structured cells by their number: pooled, CSSI-max, shuffled types; published."""
    rows = []
    for n, published in PUBLISHED_AUROC.items():
        values = []
        for seed in seeds:
            made = structured_cells(n, seed=seed)
            truth = made.labels.ravel()
            values.append([auroc(s, truth) for s in _structured(made, seed)])
        pooled, best, shuffled = np.array(values).T
        rows.append(
            {
                "n_cells": n,
                "pooled": pooled.mean(),
                "max": best.mean(),
                "gain": (best - pooled).mean(),
                "gain_sd": (best - pooled).std(ddof=1),
                "shuffled_gain": (shuffled - pooled).mean(),
                "shuffled_sd": (shuffled - pooled).std(ddof=1),
                "paper_pooled": published[0],
                "paper_max": published[1],
                "n_seeds": len(seeds),
            }
        )
    return pd.DataFrame(rows)


def top_table(seed: int, bootstrap: int = 100, n_cells: int = 3000) -> pd.DataFrame:
    """True positives among the top 25 of 3,000 structured cells, with a bootstrap over cells.

    `p` is the share of resamples in which CSSI has no more than the pooled score (one is added to
    both counts). A resample holds some cells twice and others not at all, which costs the weaker
    edges: its mean lies below the value of all cells.
    """
    made = structured_cells(n_cells, seed=seed)
    truth = made.labels.ravel()
    found = [top_k_true_positives(s, truth, TOP) for s in _structured(made, seed)]
    drawn = np.empty((bootstrap, len(found)))
    for draw in range(bootstrap):
        rng = generator(seed, f"structured/bootstrap/{draw}")
        cells = np.sort(rng.integers(n_cells, size=n_cells))
        part = SyntheticStates(made.expression[cells], made.states[cells], made.edges, made.labels)
        drawn[draw] = [top_k_true_positives(s, truth, TOP) for s in _structured(part, seed)]
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    p = (1 + int((drawn[:, 1] <= drawn[:, 0]).sum())) / (1 + bootstrap)
    return pd.DataFrame(
        {
            "score": ["pooled", "max", "max, shuffled types"],
            "true_positives": found,
            "bootstrap_mean": drawn.mean(0),
            "low": low,
            "high": high,
            "p": [np.nan, p, np.nan],
            "paper": [*PUBLISHED_TOP, np.nan],
            "n_edges": int(truth.sum()),
            "n_bootstrap": bootstrap,
        }
    )


def _structured(made: SyntheticStates, seed: int) -> list[NDArray[np.float64]]:
    """Pooled, CSSI-max, and CSSI-max of shuffled types."""
    edges = SpearmanEdges(made.expression, np.arange(N_TFS))
    wrong = generator(seed, "structured/shuffled").permutation(made.states)
    true = stratified_scores(made, edges, made.states, MIN_CELLS["structured"])
    shuffled = stratified_scores(made, edges, wrong, MIN_CELLS["structured"])
    return [true["pooled"], true["max"], shuffled["max"]]
