"""A planted network in layer 1, its universe and a small ladder of cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cellglass.regulation.networks.recovery import Pairs
from cellglass.regulation.study_edges import network_pairs


@dataclass
class Planted:
    """Captured edges, the network in them, its universe."""

    held: Any
    network: Any
    pairs: Pairs
    rows: NDArray[np.int64]


@pytest.fixture(scope="session")
def grown(planted: Callable[..., Planted]) -> Callable[[], Planted]:
    """Edges that are so noisy in few cells that the network in layer 1 shows in many only."""

    def make() -> Planted:
        found = planted(4.0)
        edges = found.held.attention
        noise = np.random.default_rng(11).normal(0.0, 12.0, edges.sums[:, 1].shape)
        edges.sums[:, 1] += noise * edges.counts
        return found

    return make


@pytest.fixture(scope="session")
def planted(made: Callable[..., Any]) -> Callable[..., Planted]:
    """``planted(effect, ...)``: see `made`."""

    def make(effect: float = 1.0, **options: Any) -> Planted:
        found = made(effect, **options)
        pairs, rows = network_pairs(found.held, found.network, "planted", 3)
        return Planted(found.held, found.network, pairs, rows)

    return make
