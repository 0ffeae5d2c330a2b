"""Cells with a planted network: signal in pairs, in prominence only, or nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from cellglass.seeds import generator

from .latent import (
    Design,
    cells,
    common_factors,
    counts,
    driven,
    prominent_network,
    random_network,
    standardised,
    state_levels,
)

if TYPE_CHECKING:
    from anndata import AnnData

Kind = Literal["pairs", "prominence", "nothing"]


@dataclass(frozen=True)
class Planted:
    """Simulated cells and what was planted.

    Attributes
    ----------
    cells
        Counts, with ``obs["state"]``.
    network
        Planted edges: source, target, state.
    reference
        The edges that scores are judged by: the planted ones, edges that only prominence
        predicts, or edges that nothing predicts.
    regulators
        Names of the regulators.
    """

    cells: AnnData
    network: pd.DataFrame
    reference: pd.DataFrame
    regulators: tuple[str, ...]


def simulate(kind: Kind, seed: int, design: Design | None = None) -> Planted:
    """Simulate cells.

    Parameters
    ----------
    kind
        ``"pairs"``: each regulator drives targets in one state; mean and variance of a gene are
        drawn without regard to the network. ``"prominence"``: no gene drives another; all
        follow common factors the more, the more prominent (high mean and variance) they are,
        and the reference lists edges to prominent genes: any correlation recovers it, no pair
        is true. ``"nothing"``: cells as in ``"pairs"``, judged by another random network.
    seed
        Root seed.
    design
        Sizes and strengths.

    Returns
    -------
    Planted
        Cells and references.

    Examples
    --------
    >>> simulate("pairs", seed=1).cells.n_obs == Design().n_cells
    True
    """
    design = design or Design()
    rng = generator(seed, f"controls/{kind}")
    n_genes = design.n_regulators + design.n_targets
    names = [f"REG{i + 1}" for i in range(design.n_regulators)]
    names += [f"GENE{i + 1}" for i in range(design.n_targets)]
    state = np.arange(design.n_cells) % design.n_states
    log_mean = rng.normal(0.0, 1.0, n_genes)
    spread = rng.uniform(0.4, 0.9, n_genes)
    network = random_network(design, names, rng)
    markers = state_levels(state, n_genes, design, rng)
    if kind == "prominence":
        prominence = standardised(log_mean) + standardised(spread)
        latent = common_factors(prominence, design, rng)
        reference = prominent_network(prominence, design, names, rng)
    else:
        latent = driven(network, names, state, design, rng)
        reference = network if kind == "pairs" else random_network(design, names, rng)
    drawn = counts(log_mean + markers, spread * latent, design, rng)
    return Planted(
        cells(drawn, names, state), network, reference, tuple(names[: design.n_regulators])
    )
