"""Captured edges with a planted network, made without any model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data import Network
from cellglass.models.attention_edges import AttentionEdges
from cellglass.models.datasets import StudyCells
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.sections import StatisticsConfig

R, G = 16, 80
BLOCKS, STRATA, MICRO, CELLS_A_GROUP = 4, 2, 3, 5
N_GROUPS = BLOCKS * STRATA * MICRO
N_CELLS = N_GROUPS * CELLS_A_GROUP
LAYERS, HEADS = 2, 2
GENES = tuple(f"G{i}" for i in range(G))


@dataclass
class Made:
    """Captured edges and the network that was planted in them."""

    held: StudyEdges
    network: Network
    labels: NDArray[np.bool_]


def make(
    effect: float = 0.0,
    *,
    head: int | None = None,
    stratum: int | None = None,
    untrained: bool = True,
    seed: int = 0,
) -> Made:
    """Plant a network in layer 1: in one head or all, in one stratum or all."""
    rng = np.random.default_rng(seed)
    labels = rng.random((R, G)) < 0.1
    labels[np.arange(R), np.arange(R)] = False
    group_block = np.repeat(np.arange(BLOCKS), STRATA * MICRO)
    group_stratum = np.tile(np.repeat(np.arange(STRATA), MICRO), BLOCKS)
    edges = _edges(labels, effect, head, stratum, group_block, group_stratum, rng)
    group = np.repeat(np.arange(N_GROUPS), CELLS_A_GROUP)
    strata = group_stratum[group]
    expression = rng.normal(2.0, 1.0, (N_CELLS, G)).astype(np.float32)
    genes = pd.DataFrame(
        {
            "gene": GENES,
            "row": np.arange(G) < R,
            "mean": expression.mean(0),
            "variance": expression.var(0),
            "detection": rng.uniform(0.3, 1.0, G),
        }
    )
    study = StudyCells(
        AnnData(sparse.csr_matrix((N_CELLS, G), dtype=np.float32)),
        strata, group_block[group], group, ("T", "B"), edges.blocks, edges.unit,
        group_stratum, group_block, {},
    )  # fmt: skip
    copy = None
    if untrained:
        copy = _edges(labels, 0.0, None, None, group_block, group_stratum, rng)
    embedding = rng.normal(size=(N_CELLS, 4)) + 6.0 * strata[:, None]
    held = StudyEdges(
        edges, copy, genes, expression, study, np.arange(N_CELLS), embedding.astype(np.float32),
        "M",
    )  # fmt: skip
    rows, columns = np.nonzero(labels)
    frame = pd.DataFrame({"source": np.array(GENES)[rows], "target": np.array(GENES)[columns]})
    return Made(held, Network.from_frame(frame, name="planted"), labels)


def _edges(
    labels: NDArray[np.bool_],
    effect: float,
    head: int | None,
    stratum: int | None,
    group_block: NDArray[np.int64],
    group_stratum: NDArray[np.int64],
    rng: np.random.Generator,
) -> AttentionEdges:
    mean = rng.normal(5.0, 1.0, (N_GROUPS, LAYERS, HEADS, R, G))
    mean += 2.0 * rng.normal(size=G)  # some genes get more attention, whoever asks
    heads = [head] if head is not None else list(range(HEADS))
    for g in range(N_GROUPS):
        if stratum is None or group_stratum[g] == stratum:
            mean[g, 1, heads] += effect * labels
    sums = mean * CELLS_A_GROUP
    head_sums = np.zeros((BLOCKS, LAYERS, HEADS, R, G))
    np.add.at(head_sums, group_block, sums)
    counts = np.full((N_GROUPS, R, G), CELLS_A_GROUP)
    return AttentionEdges(
        GENES[:R], GENES, sums.mean(2), counts, tuple(range(LAYERS)), head_sums, group_block,
        group_stratum, tuple(f"donor {b}" for b in range(BLOCKS)), ("T", "B"), "donor", 5,
    )  # fmt: skip


@pytest.fixture(scope="session")
def made() -> Callable[..., Made]:
    """`make`, with the same edges for the same arguments."""
    return make


@pytest.fixture
def quick() -> StatisticsConfig:
    """Few draws."""
    return StatisticsConfig(draws=99, bootstrap=200, folds=3, stratum_shuffles=19)
