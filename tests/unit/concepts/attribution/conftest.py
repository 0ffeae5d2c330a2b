from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from cellglass.concepts import (
    AttributionSettings,
    LinearUnits,
    NetworkSpace,
    ToyTransformerSpace,
    Transform,
    linear_network,
    mlp_network,
)

N_CELLS, N_GENES, WIDTH = 90, 16, 4


@dataclass
class Toy:
    """A space, three units of it, and what goes with the cells."""

    space: NetworkSpace
    units: LinearUnits
    labels: list[str]
    donors: list[str]

    def small(self, **options) -> AttributionSettings:
        given = {"n_prototypes": 6, "n_counterfactuals": 2, "matching": "none", "screen": "all",
                 "draws": 20, "seed": 1}  # fmt: skip
        return AttributionSettings(**(given | options))


def counts(seed: int = 0, n_cells: int = N_CELLS, n_genes: int = N_GENES) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.gamma(0.6, 3.0, size=(n_cells, n_genes))).astype(float)


def made(space: NetworkSpace, n_units: int = 3, rate: float = 0.3) -> Toy:
    embedding = space.embed()
    rows = np.random.default_rng(7).normal(size=(n_units, space.width))
    names = tuple(f"unit {i}" for i in range(n_units))
    transform = Transform.fit(embedding)
    units = LinearUnits("concept", names, rows, 0.0, transform).with_rate(embedding, rate)
    n = len(space.cell_names)
    return Toy(space, units, [f"type {i % 2}" for i in range(n)], [f"d{i % 7}" for i in range(n)])


@pytest.fixture
def linear() -> Toy:
    weights = np.random.default_rng(1).normal(size=(WIDTH, N_GENES))
    weights[:, -3:] = 0  # genes that the model does not read
    return made(NetworkSpace(counts(), linear_network(weights)))


@pytest.fixture
def mlp() -> Toy:
    rng = np.random.default_rng(2)
    network = mlp_network(
        rng.normal(size=(10, N_GENES)) * 0.6, rng.normal(size=10), rng.normal(size=(WIDTH, 10))
    )
    return made(NetworkSpace(counts(), network))


@pytest.fixture
def tokens() -> Toy:
    return made(ToyTransformerSpace(counts(), width=WIDTH, max_tokens=8))
