"""A small screen with known responders, and subjects that know them or do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data import EdgeTable, Network, log1p_cp10k
from cellglass.data.screens import Screen, open_screen
from cellglass.models.attention_edges import AttentionEdges
from cellglass.models.datasets import StudyCells
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.responses.judged import Judged
from cellglass.regulation.responses.measured import Measured, measure
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.sections import ResponsesConfig, StatisticsConfig

G, P = 90, 12
USUAL = tuple(range(80, 90))  # genes that respond to many perturbations
CONTROLS, CELLS = 300, 50
GENES = tuple(f"G{i}" for i in range(G))
LAYERS, BLOCKS = 3, 4


@dataclass
class Simulated:
    """A screen of P single perturbations of G0 to G11, one double, one unmeasured, one small.

    Attributes
    ----------
    cells
        Counts and ``obs["perturbation"]``, cells in random order.
    truth
        Who responds to the P single perturbations, P x G; genes of `USUAL` respond to any.
    """

    cells: AnnData
    truth: NDArray[np.bool_]


@cache
def simulate(seed: int = 0, responders: int = 8) -> Simulated:
    """Counts of controls and perturbed cells: responders rise or fall to a third."""
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(1.0, 0.8, G)
    truth = np.zeros((P + 1, G), dtype=bool)
    factor = np.ones((P + 1, G))
    for p in range(P + 1):
        own = rng.choice(np.arange(P, 80), responders, replace=False)
        chosen = np.concatenate([own, rng.choice(USUAL, 5, replace=False)])
        truth[p, chosen] = True
        factor[p, chosen] = np.where(rng.random(chosen.size) < 0.5, 3.0, 1 / 3)
        if p < P:
            factor[p, p] = 0.1
    named = [*GENES[:P], "UNMEASURED"]
    parts = [("control", np.ones(G), CONTROLS)]
    parts += [(name, factor[i], CELLS) for i, name in enumerate(named)]
    parts += [("G0+G1", factor[0] * factor[1], CELLS), ("G20", factor[3], 10)]
    counts, labels = [], []
    for name, change, n in parts:
        size = rng.gamma(8.0, 1 / 8.0, (n, 1))
        counts.append(rng.poisson(rate * change * size))
        labels += [name] * n
    order = rng.permutation(len(labels))
    matrix = sparse.csr_matrix(np.concatenate(counts)[order].astype(np.float32))
    obs = pd.DataFrame({"perturbation": np.array(labels)[order]})
    obs.index = obs.index.astype(str)
    cells = AnnData(matrix, obs=obs)
    cells.var_names = list(GENES)
    return Simulated(cells, truth[:P])


def opened(cells: AnnData, **options: Any) -> Screen:
    """The screen of simulated cells."""
    return open_screen(cells, **{"name": "simulated", "modality": "CRISPRi", **options})


QUICK = StatisticsConfig(draws=99, bootstrap=200, folds=3, stratum_shuffles=19)
RULE = ResponsesConfig(n_controls=None, joint_folds=2)


@cache
def measured_of(seed: int = 0) -> Measured:
    """The simulated screen, measured against all its controls."""
    return measure(opened(simulate(seed).cells), RULE, 1)


@dataclass
class World:
    """A subject on the simulated screen."""

    judged: Judged
    truth: NDArray[np.bool_]
    measured: Measured = field(init=False)
    held: StudyEdges = field(init=False)

    def __post_init__(self) -> None:
        assert isinstance(self.judged.measured, Measured)
        self.measured, self.held = self.judged.measured, self.judged.held


def make_world(
    effect: float = 0.0,
    *,
    kind: str = "table",
    usual: float = 0.0,
    sources: tuple[str, ...] = GENES[:P],
    untrained: bool = False,
    seed: int = 0,
    screen: int = 0,
    rule: ResponsesConfig = RULE,
    network: bool = False,
) -> World:
    """A subject whose score of a responder is `effect` standard deviations higher.

    Parameters
    ----------
    effect
        Of knowing who responds to which perturbation. Of a model, in layer 2 only.
    kind
        ``"table"`` or ``"model"`` (attention of three layers).
    usual
        Of knowing who responds to any perturbation: says nothing of pairs.
    sources
        Rows of the scores.
    untrained
        Whether the model has an untrained copy.
    seed, screen
        Of the scores and of the screen.
    rule
        How responses are called.
    network
        Whether a reference network is at hand: targets are true responders of half of the rows.
    """
    simulated, measured = simulate(screen), measured_of(screen)
    rng = np.random.default_rng([seed, 77])
    known = np.zeros((len(sources), G))
    for i, s in enumerate(sources):
        if s in GENES[:P]:
            known[i] = simulated.truth[GENES.index(s)]
    known = effect * known + usual * np.isin(np.arange(G), USUAL)
    edges: AttentionEdges | FixedEdges
    copy = None
    if kind == "table":
        scores = known + rng.normal(size=known.shape)
        for i, s in enumerate(sources):
            if s in GENES:
                scores[i, GENES.index(s)] = np.nan
        edges = FixedEdges(EdgeTable(scores, sources, GENES), "score")
    else:
        edges = attention(known, sources, rng)
        copy = attention(np.zeros_like(known), sources, rng) if untrained else None
    controls = np.flatnonzero((simulated.cells.obs["perturbation"] == "control").to_numpy())
    counts = sparse.csr_matrix(simulated.cells.X[controls])
    log = np.asarray(log1p_cp10k(counts, np.asarray(counts.sum(1)).ravel()).todense())
    genes = pd.DataFrame(
        {
            "gene": GENES, "column": np.arange(G), "row": np.isin(GENES, sources),
            "mean": log.mean(0), "variance": log.var(0), "detection": (log > 0).mean(0),
        }
    )  # fmt: skip
    n = len(controls)
    study = StudyCells(
        simulated.cells[controls], np.full(n, -1), np.arange(n) % BLOCKS, np.arange(n) % BLOCKS,
        (), tuple(f"fold {b}" for b in range(BLOCKS)), "fold of cells", np.full(BLOCKS, -1),
        np.arange(BLOCKS), {}, sources,
    )  # fmt: skip
    held = StudyEdges(
        edges, copy, genes, log.astype(np.float32), study, np.arange(n),
        None if kind == "table" else rng.normal(size=(n, 4)).astype(np.float32), "S", kind,
    )  # fmt: skip
    rows, columns = np.nonzero(simulated.truth[: P // 2])
    frame = pd.DataFrame({"source": np.array(GENES)[rows], "target": np.array(GENES)[columns]})
    reference = Network.from_frame(frame, name="planted") if network else None
    return World(Judged(held, measured, rule, QUICK, reference, 1), simulated.truth)


def attention(
    known: NDArray[np.float64], sources: tuple[str, ...], rng: np.random.Generator
) -> AttentionEdges:
    """Attention of three layers; the last one knows."""
    shape = (BLOCKS, LAYERS, *known.shape)
    mean = 5.0 + np.broadcast_to(rng.normal(size=shape[1:]), shape).copy()
    mean[:, LAYERS - 1] += known
    counts = np.full((BLOCKS, *known.shape), 20)
    return AttentionEdges(
        sources, GENES, mean * 20, counts, tuple(range(LAYERS)), None, np.arange(BLOCKS),
        np.full(BLOCKS, -1), tuple(f"fold {b}" for b in range(BLOCKS)), (), "fold of cells", 5,
    )  # fmt: skip


@pytest.fixture(scope="session")
def world() -> Callable[..., World]:
    """`make_world`."""
    return make_world


@pytest.fixture(scope="session")
def simulated() -> Callable[..., Simulated]:
    """`simulate`: the same cells for the same seed; do not change them."""
    return simulate


@pytest.fixture(scope="session")
def screen_of() -> Callable[..., Screen]:
    """`opened`."""
    return opened


@pytest.fixture(scope="session")
def measured() -> Measured:
    """The simulated screen, measured."""
    return measured_of(0)


@pytest.fixture(scope="session")
def rule() -> ResponsesConfig:
    """How responses are called in these tests."""
    return RULE


@pytest.fixture(scope="session")
def judged_of() -> Callable[..., Judged]:
    """Replace parts of a `Judged`."""
    return replace
