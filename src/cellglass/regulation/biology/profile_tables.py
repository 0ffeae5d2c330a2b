"""Tables of a layer profile: trends with depth, profiles against one another, top edges."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import bh

from .depth import FEWEST_LAYERS, depth_trend, peak_share, rank_correlation, trend_p
from .profiles import Profiles
from .top_edges import top_enrichment

TESTED_LAYERS = 5
"""Layers whose top edges are tested, as published."""


def depth_table(found: Sequence[Profiles], seed: int, task: str) -> pd.DataFrame:
    """One row a reference: trend of AUROC with the layer, BH over references.

    Parameters
    ----------
    found
        Profiles of at least five layers.
    seed, task
        Root seed and name of the task.
    """
    rows = []
    for p in found:
        layers = p.layers[p.places()]
        for reference in p.universe.labels:
            trend = depth_trend(p, reference)
            span = trend.interval()
            value, how = trend_p(layers, p.drawn(reference)[0], seed, f"{task}/{reference}/trend")
            copy = (
                float(depth_trend(p, reference, untrained=True).estimates[0])
                if len(p.places(untrained=True)) >= FEWEST_LAYERS
                else np.nan
            )
            peak, share = peak_share(p, reference)
            rows.append(
                {
                    "reference": reference,
                    "rho": float(trend.estimates[0]),
                    "low": span.low,
                    "high": span.high,
                    "rho_untrained": copy,
                    "p": value,
                    "p_from": how,
                    "peak_layer": peak,
                    "peak_share": share,
                    "unit": trend.unit,
                    "n_units": trend.n,
                }
            )
    table = pd.DataFrame(rows)
    return table.assign(q=bh(table["p"].to_numpy()))


def between_table(found: Sequence[Profiles], seed: int, task: str) -> pd.DataFrame:
    """Correlation of the profiles of every two references over layers; BH over them.

    Parameters
    ----------
    found, seed, task
        See `depth_table`.
    """
    profiles = {r: p.drawn(r)[0] for p in found for r in p.universe.labels}
    rows = []
    for one, two in combinations(profiles, 2):
        value, how = trend_p(profiles[one], profiles[two], seed, f"{task}/{one}/{two}")
        rows.append(
            {
                "first": one,
                "second": two,
                "rho": float(rank_correlation(profiles[one], profiles[two])[0]),
                "p": value,
                "p_from": how,
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(q=bh(table["p"].to_numpy())) if len(table) else table


def top_edges_table(
    found: Sequence[Profiles], settings: StatisticsConfig, seed: int, task: str
) -> pd.DataFrame:
    """The strongest edges of up to five layers against every reference.

    Parameters
    ----------
    found
        Profiles.
    settings, seed, task
        Draws; root seed; name of the task.

    Returns
    -------
    pandas.DataFrame
        BH over both tails of all of Fisher's tests, and over those that exchange genes.
    """
    rows = []
    for p in found:
        attention = p.universe.held.attention
        at = np.linspace(0, len(attention.layers) - 1, TESTED_LAYERS).round().astype(int)
        for layer in [attention.layers[i] for i in np.unique(at)]:
            scores = p.universe.layer(attention, layer)
            for reference in p.universe.labels:
                test = top_enrichment(
                    p.universe, scores, reference, draws=settings.draws, seed=seed,
                    task=f"{task}/{reference}/{layer}/top",
                )  # fmt: skip
                rows.append(
                    {
                        "reference": reference,
                        "layer": layer,
                        "k": test.k,
                        "hits": test.hits,
                        "expected": test.expected,
                        "odds_ratio": test.odds_ratio,
                        "p_enriched": test.p_enriched,
                        "p_depleted": test.p_depleted,
                        "null_mean": test.null.mean,
                        "null_sd": test.null.sd,
                        "z": test.null.z,
                        "p_genes": test.null.p,
                        "draws": test.null.draws,
                        "n_genes": p.universe.n_genes,
                    }
                )
    table = pd.DataFrame(rows)
    both = bh(np.concatenate([table["p_enriched"], table["p_depleted"]]))
    n = len(table)
    return table.assign(q_enriched=both[:n], q_depleted=both[n:],
                        q_genes=bh(table["p_genes"].to_numpy()))  # fmt: skip
