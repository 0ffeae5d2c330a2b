"""AUROC of membership by layer, beside the untrained copy, |Spearman| and expression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.regulation.networks.layer_scores import COEXPRESSION, UNTRAINED
from cellglass.regulation.scaling.ladder import EXPRESSION
from cellglass.regulation.scaling.mapping_analysis import interval_columns
from cellglass.regulation.scaling.rank_statistics import RankStatistics, rank_statistics
from cellglass.stats import BootstrapResult, auroc

from .profile_universe import Universe

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Profiles:
    """Statistics of every layer against every reference of one universe.

    Parameters
    ----------
    universe
        The pairs.
    statistics
        Over shared resamples, so that layers and references are paired.
    names
        Scores, in the order of every result.
    layers
        Index of each score; -1 for what has no layer.
    """

    universe: Universe
    statistics: RankStatistics
    names: tuple[str, ...]
    layers: NDArray[np.int64]

    def places(self, *, untrained: bool = False) -> NDArray[np.int64]:
        """Positions of the layers of the model, or of its untrained copy."""
        copy = np.array([n.startswith(UNTRAINED) for n in self.names])
        return np.flatnonzero((self.layers >= 0) & (copy == untrained))

    def drawn(self, reference: str, *, untrained: bool = False) -> tuple[Floats, Floats]:
        """AUROC by layer: estimates, and draws of the bootstrap (layers x draws)."""
        result = self.statistics.auroc[reference]
        at = self.places(untrained=untrained)
        return result.estimates[at], result.draws[at]


def profile(universe: Universe, *, draws: int, seed: int, task: str) -> Profiles:
    """Judge all layers against the references of a universe.

    Parameters
    ----------
    universe
        Pairs and references.
    draws, seed, task
        Of the bootstrap over genes or regulators.
    """
    held = universe.held
    scores: dict[str, Floats] = {
        f"layer {n}": universe.layer(held.attention, n) for n in held.attention.layers
    }
    layers = list(held.attention.layers)
    if held.untrained is not None:
        for n in held.untrained.layers:
            scores[f"{UNTRAINED}layer {n}"] = universe.layer(held.untrained, n)
            layers.append(n)
    scores |= universe.beside
    layers += [-1] * len(universe.beside)
    given = {COEXPRESSION: universe.beside[COEXPRESSION]}
    found = rank_statistics(
        scores, universe.labels, universe.units, given=given, draws=draws, seed=seed, task=task
    )
    return Profiles(universe, found, tuple(scores), np.array(layers))


def profile_table(profiles: Profiles) -> pd.DataFrame:
    """One row a reference and score.

    Parameters
    ----------
    profiles
        What came out.

    Returns
    -------
    pandas.DataFrame
        AUROC with its interval, rank correlation with membership and the partial one given
        |Spearman|, positives, pairs and base rate.
    """
    rows = []
    for reference, labels in profiles.universe.labels.items():
        statistics = profiles.statistics
        columns: dict[str, BootstrapResult] = {
            "auroc": statistics.auroc[reference],
            "rho": statistics.correlation[reference],
            "partial_rho": statistics.partial[reference],
        }
        for i, name in enumerate(profiles.names):
            row: dict[str, object] = {
                "reference": reference,
                "score": name,
                "kind": _kind(name),
                "layer": int(profiles.layers[i]) if profiles.layers[i] >= 0 else None,
            }
            for column, result in columns.items():
                if column == "partial_rho" and name == COEXPRESSION:
                    row |= dict.fromkeys((column, f"{column}_low", f"{column}_high"), np.nan)
                else:
                    row |= interval_columns(column, result, i)
            row |= {
                "n_positives": int(labels.sum()),
                "n_pairs": int(labels.size),
                "base_rate": float(labels.mean()),
                "unit": profiles.universe.units.name,
                "n_units": columns["auroc"].n,
            }
            rows.append(row)
    return pd.DataFrame(rows).astype({"layer": "Int64"})


def directions_table(universe: Universe) -> pd.DataFrame:
    """AUROC of undirected references by how both directions are joined.

    Parameters
    ----------
    universe
        Of undirected references.

    Returns
    -------
    pandas.DataFrame
        One row a reference and layer: the maximum (used everywhere) and the mean.
    """
    rows = []
    for layer in universe.held.attention.layers:
        joined = {how: universe.layer(universe.held.attention, layer, how)
                  for how in ("max", "mean")}  # fmt: skip
        for reference, labels in universe.labels.items():
            rows.append(
                {
                    "reference": reference,
                    "layer": layer,
                    **{f"auroc_{how}": auroc(s, labels) for how, s in joined.items()},
                }
            )
    return pd.DataFrame(rows, columns=["reference", "layer", "auroc_max", "auroc_mean"])


def _kind(name: str) -> str:
    if name.startswith(UNTRAINED):
        return "untrained"
    return {COEXPRESSION: "reference", EXPRESSION: "baseline"}.get(name, "candidate")
