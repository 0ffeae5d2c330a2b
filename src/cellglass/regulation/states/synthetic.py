"""The synthetic cell states of the published CSSI table: each state has edges of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

N_TFS = 5
N_GENES = 30
STRENGTH = 0.5
N_SHARED = 2


@dataclass(frozen=True)
class Configuration:
    """One row of the published table.

    Attributes
    ----------
    n_cells, n_states
        Cells, in states of equal size.
    paper
        F1 of the paper: pooled and CSSI-max (10 seeds).
    specification
        F1 of the specification's own check: pooled, CSSI-max, max over shuffled labels (20
        seeds).
    kmeans
        F1 of CSSI-max with K-means labels, from the earlier manuscript's file.
    """

    n_cells: int
    n_states: int
    paper: tuple[float, float]
    specification: tuple[float, float, float]
    kmeans: float


CONFIGURATIONS: Mapping[str, Configuration] = {
    "small": Configuration(200, 2, (0.850, 0.957), (0.829, 0.946, 0.725), 0.600),
    "medium": Configuration(400, 4, (0.657, 0.921), (0.611, 0.911, 0.436), 0.286),
    "large": Configuration(600, 6, (0.486, 0.900), (0.561, 0.907, 0.361), 0.257),
    "xlarge": Configuration(1000, 8, (0.550, 0.967), (0.575, 0.964, 0.339), 0.278),
    "xxlarge": Configuration(1000, 10, (0.514, 0.932), (0.473, 0.909, 0.293), 0.241),
    "massive": Configuration(1500, 12, (0.527, 0.942), (0.510, 0.965, 0.319), 0.265),
}
SPECIFICATION_SEEDS = 20


@dataclass(frozen=True, eq=False)
class SyntheticStates:
    """Simulated cells and the edges of their states.

    Attributes
    ----------
    expression
        Cells x genes; regulators come first.
    states
        State of each cell.
    edges
        Columns source, target, state; state -1 for edges active in all.
    labels
        Regulators x targets: an edge in any state.
    """

    expression: NDArray[np.float64]
    states: NDArray[np.int64]
    edges: pd.DataFrame
    labels: NDArray[np.bool_]

    @property
    def rows(self) -> NDArray[np.int64]:
        """Columns of the regulators."""
        return np.arange(len(self.labels))

    def of_targets(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores of regulators x targets, from those of regulators x all genes, raveled."""
        return np.asarray(scores[:, len(self.labels) :]).ravel()


def synthetic_states(
    n_cells: int = 600,
    n_states: int = 6,
    *,
    n_tfs: int = N_TFS,
    n_genes: int = N_GENES,
    strength: float = STRENGTH,
    seed: int = DEFAULT_SEED,
) -> SyntheticStates:
    """Simulate cells whose states have edges of their own.

    Parameters
    ----------
    n_cells, n_states
        Cells, in states of equal size.
    n_tfs, n_genes
        Regulators, and all genes, regulators among them: the others are the targets.
    strength
        What an active edge adds to its target: ``strength`` times the regulator.
    seed
        Root seed.

    Returns
    -------
    SyntheticStates
        Values are standard normal before edges are added.

    Raises
    ------
    InputError
        If numbers do not fit one another.

    Notes
    -----
    Specification 2.16, unit A13. Each state has max(2, 12 // K) edges of its own beside 2 that
    all share. What the text leaves open was settled by its own numbers: the 5 TFs are among the
    30 genes (25 targets; with 30 targets pooled F1 comes out 0.03 too low), and a state's edges
    are drawn for that state alone, without repeats within it and never a shared pair, so that
    two states may by chance have the same edge.

    Examples
    --------
    >>> made = synthetic_states(200, 2, seed=1)
    >>> made.expression.shape, made.labels.shape, np.bincount(made.states).tolist()
    ((200, 30), (5, 25), [100, 100])
    """
    n_targets = n_genes - n_tfs
    own = max(2, 12 // n_states) if n_states > 0 else 0
    if n_states < 1 or n_cells < n_states or n_targets < 1 or n_tfs * n_targets < own + N_SHARED:
        raise InputError(
            f"{n_cells} cells in {n_states} states, {n_tfs} of {n_genes} genes are regulators",
            where="synthetic states",
            expected=f"a state or more, a cell each, and {own + N_SHARED} pairs at least",
        )
    rng = generator(seed, f"synthetic-states/{n_cells}/{n_states}")
    expression = rng.normal(size=(n_cells, n_genes))
    states = np.arange(n_cells) * n_states // n_cells
    pairs = rng.permutation(n_tfs * n_targets)
    shared, rest = pairs[:N_SHARED], np.sort(pairs[N_SHARED:])
    drawn = [(pair, -1) for pair in shared]
    for state in range(n_states):
        drawn += [(pair, state) for pair in rng.choice(rest, own, replace=False)]
    regulators = expression[:, :n_tfs].copy()
    labels = np.zeros((n_tfs, n_targets), dtype=np.bool_)
    for pair, state in drawn:
        tf, target = divmod(int(pair), n_targets)
        active = np.ones(n_cells, np.bool_) if state < 0 else states == state
        expression[active, n_tfs + target] += strength * regulators[active, tf]
        labels[tf, target] = True
    table = pd.DataFrame(
        [(f"TF{p // n_targets + 1}", f"GENE{p % n_targets + 1}", s) for p, s in drawn],
        columns=["source", "target", "state"],
    )
    return SyntheticStates(expression, states, table, labels)
