"""Planted controls as whole studies: a screen and a network with known truth, every analysis."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

from cellglass._words import plural
from cellglass.data import EdgeTable, log1p_cp10k
from cellglass.errors import InputError, nearest
from cellglass.regulation.claims.claims_analysis import ANALYSIS as CLAIMS
from cellglass.regulation.claims.criteria import CURATED, PREDICTS, READS
from cellglass.regulation.coexpression import spearman
from cellglass.runs.pipeline import RunSummary, run_study
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.study import SCREEN, load_study
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats import State, Verdict

from .circuit import plant_circuit
from .latent import Design
from .run import EXPECTED, ControlName
from .screen import CONTROL, PERTURBATION, simulate_screen

if TYPE_CHECKING:
    from anndata import AnnData

DESIGN = Design(n_cells=400, n_regulators=24, n_targets=136, edges_per_regulator=8)
PLANTED, CORRELATION, CIRCUIT = "planted", "correlation", "circuit"
DECIDING = (CLAIMS, *READS)
FOLDS, JOINT_FOLDS = 3, 2


@dataclass(frozen=True)
class Battery:
    """What the whole battery said of a planted control.

    Attributes
    ----------
    name, seed
        Of the control.
    parts
        One row a verdict: analysis, endpoint, state, planted (what must come out; empty where
        nothing is declared), as_planted, told.
    as_expected
        Whether every declared part came out as planted.
    summary
        The run behind it; its folder is gone where none was given.
    """

    name: ControlName
    seed: int
    parts: pd.DataFrame
    as_expected: bool
    summary: RunSummary = field(repr=False)


def run_battery(
    name: ControlName,
    seed: int = DEFAULT_SEED,
    *,
    settings: StatisticsConfig | None = None,
    analyses: Sequence[str] = DECIDING,
    folder: Path | None = None,
) -> Battery:
    """Run a study of a planted screen and network, as `cellglass run` runs a user's.

    Parameters
    ----------
    name
        ``"pairs"``: co-expression of control cells, where knock-downs act through the edges that
        make genes correlate. ``"prominence"``: prominent genes respond and are listed as
        targets. ``"nothing"``: neither has to do with the other. ``"circuit"``: a hand-set
        checkpoint attends the planted pairs.
    seed
        Of what is planted and of the run.
    settings
        Level, margin, draws; those of a study when None. Three folds are used.
    analyses
        Which analyses run; those that decide the claims by default.
    folder
        Where the study and its run stay; a temporary folder when None.

    Returns
    -------
    Battery
        ``pairs`` and ``circuit`` must recover curated edges and predict responses, by every
        criterion; of the other two no verdict may be PASS.

    Raises
    ------
    InputError
        If there is no such control, no analysis is named, or none of them gives a verdict of which
        the control says what it must be.

    Examples
    --------
    >>> import cellglass as cg
    >>> found = cg.controls.run_battery("nothing", seed=1, analyses=["A31"])
    >>> found.as_expected, "PASS" in set(found.parts["state"])
    (True, False)
    """
    if name not in EXPECTED:
        raise InputError(f"no control '{name}'", fix=nearest(name, EXPECTED))
    if isinstance(analyses, str) or not list(analyses):
        raise InputError(
            f"analyses are {analyses!r}", where="run_battery", expected="a list of one or more",
            fix="leave analyses out for those that decide the claims",
        )  # fmt: skip
    if folder is not None:
        return _run(name, seed, settings or StatisticsConfig(), analyses, folder)
    with tempfile.TemporaryDirectory(prefix="cellglass-battery-") as scratch:
        return _run(name, seed, settings or StatisticsConfig(), analyses, Path(scratch))


def _run(
    name: ControlName, seed: int, settings: StatisticsConfig, analyses: Sequence[str], folder: Path
) -> Battery:
    folder.mkdir(parents=True, exist_ok=True)
    path = write_planted_study(name, seed, folder, settings=settings, analyses=analyses)
    summary = run_study(load_study(path), folder / "run")
    rows = [(r.analysis, v) for r in summary.results for v in r.verdicts]
    parts = pd.DataFrame([_part(name, analysis, v) for analysis, v in rows], columns=_COLUMNS)
    if not (parts["planted"] != "").any():
        raise InputError(
            f"{', '.join(analyses)} gave {len(parts)} {plural('verdict', len(parts))}, and "
            f"'{name}' says of none what it must be: nothing was tested",
            where="run_battery",
            expected="one or more analyses that decide a criterion",
            fix=f"name one of {', '.join(DECIDING)}",
        )
    return Battery(name, seed, parts, bool(parts["as_planted"].all()), summary)


def write_planted_study(
    name: ControlName,
    seed: int,
    folder: Path,
    *,
    settings: StatisticsConfig,
    analyses: Sequence[str],
) -> Path:
    """Write a planted screen, its network, what is judged, and a study.yaml that names them.

    Returns
    -------
    pathlib.Path
        Of study.yaml.
    """
    if name == "circuit":
        circuit = plant_circuit(folder / CIRCUIT, seed)
        screen, truth = circuit.screen, circuit.network
        subject: dict[str, Any] = {"models": [{"path": CIRCUIT, "name": CIRCUIT}]}
    else:
        planted = simulate_screen(name, seed, DESIGN)
        screen, truth = planted.screen, planted.responses
        _coexpression(screen, planted.regulators).write(folder / "edges.parquet")
        subject = {"tables": [{"path": "edges.parquet", "name": CORRELATION}]}
    screen.write_h5ad(folder / "screen.h5ad")
    truth[["source", "target"]].to_csv(folder / "network.csv", index=False)
    study = {
        "study": f"planted-{name}",
        "cells": {"path": f"{SCREEN}{PLANTED}"},
        **subject,
        "networks": [{"source": "network.csv", "name": PLANTED}],
        "screens": [{"path": "screen.h5ad", "name": PLANTED}],
        "statistics": settings.model_dump() | {"folds": FOLDS},
        "responses": {"joint_folds": JOINT_FOLDS},
        "resources": {"executor": "inline"},
        "analyses": list(analyses),
        "controls": [],
        "seed": seed,
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(study, sort_keys=False))
    return path


def _coexpression(screen: AnnData, regulators: tuple[str, ...]) -> EdgeTable:
    """|Spearman| of regulators with all genes in the control cells."""
    controls = screen[(screen.obs[PERTURBATION] == CONTROL).to_numpy()]
    genes = tuple(map(str, controls.var_names))
    matrix = controls.X
    expression = log1p_cp10k(matrix, np.asarray(matrix.sum(1)).ravel()).toarray()
    rows = np.array([genes.index(r) for r in regulators])
    return EdgeTable(np.abs(spearman(expression, rows)), regulators, genes)


_COLUMNS = ["analysis", "endpoint", "state", "planted", "as_planted", "told"]


def _part(name: ControlName, analysis: str, verdict: Verdict) -> dict[str, Any]:
    """One verdict beside what was planted."""
    declared = _declared(name, analysis, verdict)
    passed = verdict.state is State.PASS
    right = {"PASS": passed, "not PASS": not passed, "": True}[declared]
    return dict(zip(_COLUMNS, (analysis, verdict.endpoint, str(verdict.state), declared, right,
                               verdict.sentence), strict=True))  # fmt: skip


def _declared(name: ControlName, analysis: str, verdict: Verdict) -> str:
    """What must come out; empty where nothing is declared, such as the causal criterion."""
    if EXPECTED[name] != "PASS":
        return EXPECTED[name]
    if analysis == CLAIMS:
        return "PASS" if verdict.endpoint in (CURATED, PREDICTS) else "not PASS"
    return "PASS" if analysis in READS else ""
