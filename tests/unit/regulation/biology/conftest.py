"""Captured edges of all pairs of genes, with planted references at planted depths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from cellglass.data import GeneSets, Network
from cellglass.models.attention_edges import AttentionEdges

N, GROUPS = 48, 6


@dataclass
class Deep:
    """Edges of seven layers, and what is planted in them."""

    held: Any
    friends: Network
    regulation: Network
    sets: GeneSets
    square: NDArray[np.bool_]


@pytest.fixture(scope="session")
def deep(made: Callable[..., Any]) -> Callable[..., Deep]:
    """``deep(layers=7, seed=0)``: friends fade with depth, regulation grows, sets stay away."""

    def make(layers: int = 7, seed: int = 0, untrained: bool = True) -> Deep:
        rng = np.random.default_rng(seed)
        base = made(0.0, seed=seed).held
        genes = tuple(base.edges.targets[:N])
        square = np.triu(rng.random((N, N)) < 0.08, 1)
        square |= square.T
        directed = rng.random((N, N)) < 0.1
        np.fill_diagonal(directed, False)
        depth = np.linspace(0, 1, layers)
        mean = rng.normal(0.0, 1.0, (layers, N, N))
        mean += 1.5 * (1 - depth)[:, None, None] * square
        mean += 1.5 * depth[:, None, None] * directed
        edges = _edges(genes, mean, rng)
        copy = _edges(genes, rng.normal(0.0, 1.0, mean.shape), rng)
        frame = base.genes.iloc[:N].assign(row=True).reset_index(drop=True)
        held = replace(
            base, edges=edges, untrained=copy if untrained else None, genes=frame,
            expression=base.expression[:, :N],
        )  # fmt: skip
        friends = Network.from_frame(_long(np.triu(square), genes), name="f", directed=False)
        regulation = Network.from_frame(_long(directed, genes), name="r")
        sets = GeneSets({f"set {i}": tuple(rng.choice(genes, 8, replace=False)) for i in range(6)})
        return Deep(held, friends, regulation, sets, square)

    return make


def _edges(genes: tuple[str, ...], mean: NDArray[Any], rng: np.random.Generator) -> AttentionEdges:
    noise = rng.normal(0.0, 0.3, (GROUPS, *mean.shape))
    counts = np.full((GROUPS, N, N), 20)
    return AttentionEdges(
        genes, genes, (mean + noise) * 20, counts, tuple(range(len(mean))), None,
        np.arange(GROUPS), np.full(GROUPS, -1), tuple(f"d{i}" for i in range(GROUPS)), (),
        "donor", 5,
    )  # fmt: skip


def _long(labels: NDArray[np.bool_], genes: tuple[str, ...]) -> pd.DataFrame:
    rows, columns = np.nonzero(labels)
    names = np.array(genes)
    return pd.DataFrame({"source": names[rows], "target": names[columns]})
