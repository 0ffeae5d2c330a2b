"""The model behind simulated cells: latent states of genes, and counts drawn from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from anndata import AnnData

ALL_STATES = -1
"""State of an edge that is active in every state."""


@dataclass(frozen=True)
class Design:
    """Sizes and strengths of a simulation.

    Parameters
    ----------
    n_cells, n_states
        Cells and cell states of equal size.
    n_regulators, n_targets
        Genes that can be sources, and the others.
    edges_per_regulator
        Planted targets of each regulator.
    effect
        Correlation of a planted pair in the state in which its edge is active, before counting
        noise.
    marker_share
        Share of genes whose level differs between states, with or without edges.
    depth
        Mean total counts of a cell: enough that the variance of most genes comes from biology
        and not from counting, so that prominence shows in the variance as well as in the mean.
    """

    n_cells: int = 600
    n_states: int = 3
    n_regulators: int = 40
    n_targets: int = 260
    edges_per_regulator: int = 10
    effect: float = 0.55
    marker_share: float = 0.3
    depth: float = 10_000.0


def random_network(design: Design, names: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Each regulator gets targets drawn at random, each edge a state in which it is active."""
    rows = []
    for i in range(design.n_regulators):
        chosen = rng.permutation(design.n_targets)[: design.edges_per_regulator]
        rows += [(names[i], names[design.n_regulators + t], int(rng.integers(design.n_states)))
                 for t in sorted(chosen)]  # fmt: skip
    return pd.DataFrame(rows, columns=["source", "target", "state"])


def prominent_network(
    prominence: NDArray[np.float64], design: Design, names: list[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Targets drawn with odds that grow with prominence, alike for every regulator."""
    odds = np.exp(1.2 * prominence[design.n_regulators :])
    rows = []
    for i in range(design.n_regulators):
        chosen = rng.choice(
            design.n_targets, design.edges_per_regulator, replace=False, p=odds / odds.sum()
        )
        rows += [(names[i], names[design.n_regulators + t], ALL_STATES) for t in sorted(chosen)]
    return pd.DataFrame(rows, columns=["source", "target", "state"])


def driven(
    network: pd.DataFrame,
    names: list[str],
    state: NDArray[np.int64],
    design: Design,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Standard normal states of the genes; a target's variance does not tell its in-degree."""
    position = {name: i for i, name in enumerate(names)}
    latent = rng.normal(size=(design.n_cells, len(names)))
    for target, edges in network.groupby("target", sort=True):
        own = latent[:, position[str(target)]].copy()
        for s in range(design.n_states):
            active = edges.loc[edges["state"].isin([s, ALL_STATES]), "source"]
            if not len(active):
                continue
            cells = state == s
            weight = design.effect / np.sqrt(max(len(active) * design.effect**2, 1.0))
            drive = sum(latent[cells, position[str(r)]] for r in active) * weight
            own[cells] = drive + np.sqrt(max(1.0 - len(active) * weight**2, 0.0)) * own[cells]
        latent[:, position[str(target)]] = own
    return latent


def state_levels(
    state: NDArray[np.int64], n_genes: int, design: Design, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Log level of each gene in each cell's state, cells x genes; 0 for genes that are no markers.

    Markers correlate over all cells without any edge: what stratifying takes away.
    """
    levels = rng.normal(0.0, 0.5, (design.n_states, n_genes))
    levels[:, rng.random(n_genes) >= design.marker_share] = 0.0
    return levels[state]


def common_factors(
    prominence: NDArray[np.float64], design: Design, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Genes follow a common factor, up or down, the more so the more prominent they are.

    Half of them fall as it rises, so that dividing by total counts does not take it away.
    """
    share = 0.8 / (1.0 + np.exp(-1.5 * prominence))
    sign = rng.choice([-1.0, 1.0], len(prominence))
    common = rng.normal(size=(design.n_cells, 1)) * sign
    own = rng.normal(size=(design.n_cells, len(prominence)))
    return np.sqrt(share) * common + np.sqrt(1 - share) * own


def counts(
    log_rate: NDArray[np.float64],
    variation: NDArray[np.float64],
    design: Design,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Poisson counts of cells of about the same depth, cells x genes."""
    rate = np.exp(log_rate + variation)
    depth = design.depth * rng.lognormal(0.0, 0.25, design.n_cells)
    return rng.poisson(rate / rate.sum(1).mean() * depth[:, None])


def standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of mean 0 and standard deviation 1."""
    return (values - values.mean()) / values.std()


def cells(counts: NDArray[np.int64], names: list[str], state: NDArray[np.int64]) -> AnnData:
    """Counts as AnnData, with the state of each cell."""
    from anndata import AnnData
    from scipy import sparse

    obs = pd.DataFrame(
        {"state": pd.Categorical([f"state {s + 1}" for s in state])},
        index=[f"cell{i}" for i in range(len(counts))],
    )
    return AnnData(
        sparse.csr_matrix(counts.astype(np.float32)), obs=obs, var=pd.DataFrame(index=names)
    )
