"""A screen with planted responses: told by pairs, by prominence only, or by nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.seeds import generator

from .latent import (
    ALL_STATES,
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
from .simulate import Kind

if TYPE_CHECKING:
    from anndata import AnnData

CONTROL = "control"
PERTURBATION, MODALITY = "perturbation", "perturbation_type"
KNOCKED_DOWN = 2.5
"""Fall of the log rate of a perturbed gene: to 8 % of what it was."""
MOVED = 1.2
"""Change of the log rate of a gene that responds without an edge."""


@dataclass(frozen=True)
class PlantedScreen:
    """A simulated knock-down screen and what was planted.

    Attributes
    ----------
    screen
        Counts of controls and perturbed cells, with ``obs["perturbation"]``, ``obs["state"]`` and
        ``obs["perturbation_type"]``.
    network
        Planted edges: source, target, state.
    responses
        Which genes were made to respond to which knock-down: source, target.
    """

    screen: AnnData
    network: pd.DataFrame
    responses: pd.DataFrame

    @property
    def regulators(self) -> tuple[str, ...]:
        """Names of the perturbed genes."""
        return tuple(dict.fromkeys(self.responses["source"].astype(str)))


def simulate_screen(
    kind: Kind, seed: int, design: Design | None = None, *, cells_per_perturbation: int = 40
) -> PlantedScreen:
    """Simulate a CRISPRi screen of all regulators.

    Parameters
    ----------
    kind
        ``"pairs"``: a knock-down reaches the targets of the regulator through the edges that
        make them correlate in control cells. ``"prominence"``: there is no edge; prominent genes
        (high mean and variance) respond to whatever is perturbed. ``"nothing"``: cells as in
        ``"pairs"``, but other genes respond than the correlated ones.
    seed
        Root seed.
    design
        Sizes and strengths; ``n_cells`` are the controls.
    cells_per_perturbation
        Cells of each knock-down.

    Returns
    -------
    PlantedScreen
        Edges are active in every state.

    Examples
    --------
    >>> planted = simulate_screen("pairs", seed=1)
    >>> int((planted.screen.obs["perturbation"] == "control").sum()), len(planted.regulators)
    (600, 40)
    """
    design = design or Design()
    rng = generator(seed, f"controls/screen/{kind}")
    n_genes = design.n_regulators + design.n_targets
    names = [f"REG{i + 1}" for i in range(design.n_regulators)]
    names += [f"GENE{i + 1}" for i in range(design.n_targets)]
    regulator = _perturbed(design, cells_per_perturbation)
    whole = replace(design, n_cells=len(regulator))
    state = np.arange(len(regulator)) % design.n_states
    log_mean = rng.normal(0.0, 1.0, n_genes)
    spread = rng.uniform(0.4, 0.9, n_genes)
    markers = state_levels(state, n_genes, whole, rng)
    if kind == "prominence":
        prominence = standardised(log_mean) + standardised(spread)
        latent = common_factors(prominence, whole, rng)
        network = random_network(design, names, rng).iloc[:0]
        responses = prominent_network(prominence, design, names, rng)
    else:
        network = random_network(design, names, rng).assign(state=ALL_STATES)
        latent = driven(network, names, state, whole, rng)
        responses = network if kind == "pairs" else random_network(design, names, rng)
    if kind == "pairs":
        moved = _through_edges(network, names, spread, design)
    else:
        moved = _moved(responses, names, design, rng)
    moved[np.arange(design.n_regulators), np.arange(design.n_regulators)] = -KNOCKED_DOWN
    shift = np.vstack([np.zeros(n_genes), moved])[regulator + 1]
    drawn = counts(log_mean + markers + shift, spread * latent, whole, rng)
    screen = cells(drawn, names, state)
    label_screen(screen, regulator, names)
    return PlantedScreen(screen, network, responses[["source", "target"]].reset_index(drop=True))


def label_screen(screen: AnnData, regulator: NDArray[np.int64], names: list[str]) -> None:
    """Write which regulator is perturbed in each cell, -1 for controls."""
    screen.obs[PERTURBATION] = [CONTROL if r < 0 else names[r] for r in regulator]
    screen.obs[MODALITY] = "CRISPRi"


def _perturbed(design: Design, each: int) -> NDArray[np.int64]:
    """Regulator perturbed in each cell; -1 in controls."""
    perturbed = np.repeat(np.arange(design.n_regulators), each)
    return np.concatenate([np.full(design.n_cells, -1), perturbed])


def _through_edges(
    network: pd.DataFrame, names: list[str], spread: NDArray[np.float64], design: Design
) -> NDArray[np.float64]:
    """Change of log rates by each knock-down, as the edges that make genes correlate carry it."""
    position = {name: i for i, name in enumerate(names)}
    moved = np.zeros((design.n_regulators, len(names)))
    for target, edges in network.groupby("target", sort=True):
        column = position[str(target)]
        weight = design.effect / np.sqrt(max(len(edges) * design.effect**2, 1.0))
        for source in edges["source"]:
            row = position[str(source)]
            moved[row, column] = -KNOCKED_DOWN / spread[row] * weight * spread[column]
    return moved


def _moved(
    responses: pd.DataFrame, names: list[str], design: Design, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Change of log rates by each knock-down, up or down, of the genes that respond to it."""
    position = {name: i for i, name in enumerate(names)}
    moved = np.zeros((design.n_regulators, len(names)))
    for source, target in zip(responses["source"], responses["target"], strict=True):
        moved[position[source], position[target]] = MOVED * rng.choice([-1.0, 1.0])
    return moved
