"""Planted controls through the whole path: what must pass passes, what must not does not."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from cellglass.data import gene_features, log1p_cp10k
from cellglass.errors import InputError, nearest
from cellglass.models import load_model
from cellglass.models.attention_edges import attention_edges
from cellglass.models.transformer_only import as_transformer
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.networks.baselines import GeneStatistics
from cellglass.regulation.networks.recovery import Pairs, Recovery, evaluate_recovery
from cellglass.regulation.states.cssi import CSSIResult, spearman_edges, stratified
from cellglass.runs.sections import StatisticsConfig
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats import Verdict, auroc

from .ablation import ablate_heads, judge_circuit
from .circuit import Circuit, plant_circuit
from .simulate import Planted, simulate

ABLATED_CELLS = 40
ControlName = Literal["pairs", "prominence", "nothing", "circuit"]
EXPECTED = {"pairs": "PASS", "prominence": "not PASS", "nothing": "not PASS", "circuit": "PASS"}
WHAT = {
    "pairs": "cells in which regulators drive targets, each edge in one state",
    "prominence": "cells without any edge, a reference of edges to prominent genes",
    "nothing": "cells as in 'pairs', a reference that has nothing to do with them",
    "circuit": "a hand-set scGPT checkpoint in which one head attends the planted pairs",
}


@dataclass
class ControlResult:
    """What the battery said of a planted control.

    Attributes
    ----------
    name, seed
        Of the control.
    verdict
        The battery's verdict. For the circuit, PASS also needs the planted layer and head to be
        named, and a readout downstream that changes when that head is zeroed.
    expected
        ``"PASS"`` or ``"not PASS"``.
    as_expected
        Whether the verdict is what was planted.
    recovery
        Everything behind the verdict.
    cssi
        For simulated cells: stratified against pooled edges, with shuffled strata.
    planted
        For the circuit: layer and head.
    ablation
        For the circuit: change of the decoded expression at regulators when each head is
        zeroed, one row a head.
    """

    name: ControlName
    seed: int
    verdict: Verdict
    expected: str
    as_expected: bool
    recovery: Recovery
    cssi: CSSIResult | None = None
    planted: tuple[int, int] | None = None
    ablation: pd.DataFrame = field(default_factory=pd.DataFrame)


def run(
    name: ControlName,
    seed: int = DEFAULT_SEED,
    *,
    settings: StatisticsConfig | None = None,
    folder: Path | None = None,
) -> ControlResult:
    """Run one planted control through the battery that real edges go through.

    Parameters
    ----------
    name
        ``"pairs"``: pairwise edges carry signal beyond every gene-level statistic, must PASS.
        ``"prominence"``: only variance and mean predict the edges, must not. ``"nothing"``:
        nothing does, must not. ``"circuit"``: one head of a checkpoint attends exactly the
        planted pairs; must PASS and name layer and head, and zeroing that head must change what
        is decoded at regulators.
    seed
        Of the simulation and the battery.
    settings
        Level, margin, draws; the defaults of a study when None.
    folder
        Where the circuit's checkpoint is written; a temporary folder when None.

    Returns
    -------
    ControlResult
        ``.verdict`` is the battery's.

    Raises
    ------
    InputError
        If there is no such control.

    Examples
    --------
    >>> import cellglass as cg
    >>> str(cg.controls.run("nothing", seed=1).verdict.state) != "PASS"
    True
    """
    if name not in EXPECTED:
        raise InputError(f"no control '{name}'", fix=nearest(name, EXPECTED))
    settings = settings or StatisticsConfig()
    if name != "circuit":
        return _run_simulated(name, seed, settings)
    if folder is not None:
        return _run_circuit(plant_circuit(folder, seed), seed, settings)
    with tempfile.TemporaryDirectory(prefix="cellglass-circuit-") as scratch:
        return _run_circuit(plant_circuit(Path(scratch), seed), seed, settings)


def _run_simulated(name: ControlName, seed: int, settings: StatisticsConfig) -> ControlResult:
    planted = simulate(name, seed)  # type: ignore[arg-type]
    pairs, statistics = _universe(planted)
    n_counts = np.asarray(planted.cells.X.sum(1)).ravel()
    expression = log1p_cp10k(planted.cells.X, n_counts).toarray()
    rows = np.arange(len(pairs.regulators))
    strata = planted.cells.obs["state"].cat.codes.to_numpy()
    truth = pairs.labels[pairs.mask]
    by_state = stratified(
        spearman_edges(expression, rows),
        strata,
        lambda scores: auroc(np.nan_to_num(scores)[pairs.mask], truth),
        aggregators=("max", "mean"),
        shuffles=19,
        embedding=_components(expression),
        seed=seed,
        task=f"controls/{name}/cssi",
    )
    candidates = {
        "|Spearman|": by_state.pooled,
        "|Spearman| CSSI max": np.nan_to_num(by_state.scores["max"]),
        "|Spearman| CSSI mean": np.nan_to_num(by_state.scores["mean"]),
    }
    recovery = evaluate_recovery(
        pairs,
        candidates,
        statistics,
        settings=settings,
        seed=seed,
        task=f"controls/{name}",
        subject="Co-expression",
        claim="pairwise scores carry signal beyond single genes",
        tags={"control": name},
    )
    passed = recovery.verdict.state == "PASS"
    return ControlResult(
        name,
        seed,
        recovery.verdict,
        EXPECTED[name],
        passed == (EXPECTED[name] == "PASS"),
        recovery,
        by_state,
    )


def _universe(planted: Planted) -> tuple[Pairs, GeneStatistics]:
    genes = tuple(map(str, planted.cells.var_names))
    regulators = planted.regulators
    labels = np.zeros((len(regulators), len(genes)), bool)
    row = {g: i for i, g in enumerate(regulators)}
    column = {g: i for i, g in enumerate(genes)}
    for source, target in zip(
        planted.reference["source"], planted.reference["target"], strict=True
    ):
        labels[row[source], column[target]] = True
    mask = np.ones(labels.shape, bool)
    mask[np.arange(len(regulators)), [column[g] for g in regulators]] = False
    n_counts = np.asarray(planted.cells.X.sum(1)).ravel()
    features = gene_features(planted.cells.X, n_counts)
    features.index = pd.Index(genes)
    return (
        Pairs(regulators, genes, labels, mask, "planted"),
        GeneStatistics.of(features, regulators, genes),
    )


def _components(expression: np.ndarray) -> np.ndarray:
    """Ten principal components of the cells."""
    centred = expression - expression.mean(0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    return left[:, :10] * singular[:10]


def _run_circuit(circuit: Circuit, seed: int, settings: StatisticsConfig) -> ControlResult:
    model = as_transformer(load_model(circuit.folder, name="circuit", ties="middle"))
    genes = tuple(map(str, circuit.cells.var_names))
    regulators = tuple(g for g in genes if g.startswith("REG"))
    tokens = model.tokenize(circuit.cells, seed=seed)
    edges = attention_edges(model, tokens, sources=regulators, targets=genes)
    labels = np.zeros((len(regulators), len(genes)), bool)
    for source, target in zip(circuit.network["source"], circuit.network["target"], strict=True):
        labels[regulators.index(source), genes.index(target)] = True
    n_counts = np.asarray(circuit.cells.X.sum(1)).ravel()
    features = gene_features(circuit.cells.X, n_counts)
    features.index = pd.Index(genes)
    expression = log1p_cp10k(circuit.cells.X, n_counts).toarray()
    rows = np.array([genes.index(r) for r in regulators])
    recovery = evaluate_recovery(
        Pairs(regulators, genes, labels, edges.evaluable, "planted"),
        {k: np.nan_to_num(v) for k, v in edges.candidates().items()},
        GeneStatistics.of(features, regulators, genes),
        references={"|Spearman|": {"|Spearman|": np.abs(spearman(expression, rows))}},
        settings=settings,
        seed=seed,
        task="controls/circuit",
        subject="Attention of the hand-set checkpoint",
        claim="one head attends the planted pairs",
        tags={"control": "circuit"},
    )
    planted = (circuit.layer, circuit.head)
    ablation = ablate_heads(model, tokens[slice(0, ABLATED_CELLS)], regulators, planted)
    verdict = judge_circuit(recovery.verdict, recovery.chosen, ablation)
    return ControlResult(
        "circuit",
        seed,
        verdict,
        EXPECTED["circuit"],
        verdict.state == "PASS",
        replace(recovery, verdict=verdict),
        planted=planted,
        ablation=ablation,
    )
