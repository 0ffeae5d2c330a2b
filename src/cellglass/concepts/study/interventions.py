"""Does moving a concept move decoded expression more than moving as far at random?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from cellglass._words import capitalised
from cellglass.concepts.interventions.dose import dose_curve
from cellglass.concepts.interventions.effects import KINDS, ConceptEffects, concept_effects
from cellglass.concepts.interventions.null_directions import RandomKind
from cellglass.concepts.units import Units
from cellglass.errors import CheckpointError, InputError
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator
from cellglass.stats import Finding, NullSummary, Verdict, bootstrap_mean, decide, not_applicable
from cellglass.stats.parquet import write_parquet

from .attribution import Held
from .decoding import Budget, family_decoder, study_decoder
from .gene_tables import GeneTables
from .units import ACTIVATIONS

ANALYSIS = "concepts.interventions"
CLAIM = "moving a concept moves decoded expression more than random directions as long"
INTERVENTIONS = "interventions.parquet"
"""Doses with the numbers of units, for the atlas."""
N_UNITS = 20
MARGIN = 0.1
"""Smallest log2 ratio that matters: 7 % more than random directions."""
LEAST = 2.0**-10
"""Ratios below count as this one: a concept that moves nothing has no logarithm."""
TOLD = {"isotropic": "isotropic", "covariance": "covariance-matched"}
COLUMNS = ["unit", "dose", "effect", "random", "p", "genes"]
_TINY = 1e-300


@dataclass(frozen=True, eq=False)
class JointTest:
    """Effects of all concepts at once against one kind of random direction.

    Attributes
    ----------
    kind
        Of random direction.
    log_ratio
        log2 of each concept's effect over the mean of its random edits, shape (concepts,).
    observed
        Mean over concepts of the log2 effect.
    drawn
        The same of each draw, shape (draws,).
    """

    kind: RandomKind
    log_ratio: NDArray[np.float64]
    observed: float
    drawn: NDArray[np.float64]

    @property
    def p(self) -> float:
        """Share of draws that reach the observed mean, the observed one counted."""
        reached = int((self.drawn >= self.observed - 1e-12).sum())
        return (1 + reached) / (1 + len(self.drawn))


def judge(
    context: TaskContext,
    *,
    model: str,
    statistics: Mapping[str, Any],
    held: Mapping[str, Any],
    attributed: str,
    n_units: int = N_UNITS,
) -> None:
    """Move concepts of a model and judge what that does to decoded expression.

    Parameters
    ----------
    context
        Reads the study's cells, the embedded ones, the units and the task named.
    model, statistics
        Name of the model, section ``statistics`` of the study.
    held
        See `Held`.
    attributed
        Task that attributed genes to units; concepts with genes are drawn.
    n_units
        Concepts at most.
    """
    opened = Held(context, **held)
    concepts = drawn_concepts(GeneTables.read(context.input(attributed)), n_units, context.seed)
    result = AnalysisResult(ANALYSIS, {"model": model})
    doses = pd.DataFrame(columns=COLUMNS)
    try:
        if len(concepts) < 2:
            raise InputError(f"{len(concepts)} concept has genes, and an interval needs 2")
        family = family_decoder(opened.model.family)
        active = sparse.load_npz(context.input(held["units"]) / ACTIVATIONS).tocsc()
        rows = chosen_cells(active, concepts["unit"].to_numpy(), family.budget.cells, context.seed)
        decoder = study_decoder(opened, rows, held["options"], context.seed)
    except (InputError, CheckpointError) as error:
        result.verdicts = [
            not_applicable(CLAIM, f"concepts of {model}", why=error.found, tags={"model": model})
        ]
    else:
        h = opened.store.array.rows(rows)
        source = opened.units.parts[0][0]
        effects = concept_effects(
            source, h, decoder, concepts["index"].tolist(), draws=family.budget.draws,
            max_cells=family.budget.cells, seed=context.seed,
        )  # fmt: skip
        tests = joint_tests(effects)
        hard = min(tests, key=lambda t: float(t.log_ratio.mean()))
        doses = _doses(source, h, decoder, concepts, effects, hard.kind, family.budget,
                       context.seed)  # fmt: skip
        settings = StatisticsConfig(**statistics)
        finding, verdict = _decided(tests, hard, model, settings, context.seed)
        result.findings = [finding]
        result.verdicts = [replace(verdict, finding_ids=(finding.id,))]
        _tables(result, concepts, effects, doses, hard, family.budget)
        _describe(result, model, effects, hard, family.budget, family.note)
    write_parquet(doses[COLUMNS].reset_index(drop=True), context.output / INTERVENTIONS, {})
    result.write(context.output)


def drawn_concepts(tables: GeneTables, n: int, seed: int) -> pd.DataFrame:
    """At most `n` concepts that have genes: unit, name, index; drawn once for the seed."""
    rows = tables.of_kind("concept")
    chosen = np.sort(generator(seed, f"{ANALYSIS}/units").permutation(rows)[:n])
    return tables.units.loc[chosen, ["unit", "name", "index"]].reset_index(drop=True)


def chosen_cells(
    active: sparse.csc_matrix, units: NDArray[np.int64], n: int, seed: int
) -> NDArray[np.int64]:
    """Cells in which concepts are moved: for each at most `n` with it and `n` without it.

    Parameters
    ----------
    active
        Activations, cells x units.
    units
        Columns of the concepts.
    n
        Cells of either kind.
    seed
        Root seed.

    Returns
    -------
    numpy.ndarray
        Rows, ascending, each once.
    """
    found: list[NDArray[np.int64]] = []
    for unit in units:
        on = np.asarray(active[:, [unit]].toarray()).ravel() > 0
        rng = generator(seed, f"{ANALYSIS}/cells/{unit}")
        found += [rng.permutation(np.flatnonzero(group))[:n] for group in (on, ~on)]
    return np.unique(np.concatenate(found)).astype(np.int64)


def joint_tests(effects: ConceptEffects) -> list[JointTest]:
    """Test all concepts together against either kind of random direction.

    Parameters
    ----------
    effects
        Of some concepts, each active somewhere.

    Returns
    -------
    list of JointTest
        One a kind.

    Notes
    -----
    Concepts are not independent: they share cells, and directions may be alike. Their p values
    cannot be multiplied, and bounds for any dependence (twice the mean) cannot be passed with few
    draws. Here one draw is a set of directions, one for each concept and as alike as the concepts
    are (`null_direction_sets`), moved in the same cells as far. The statistic, the mean log effect
    over concepts, is taken of the concepts and of each draw, and p is the rank of the first.
    """
    table = effects.concepts.set_index("concept")
    own = table["effect"].to_numpy(float)
    found = []
    for kind in KINDS:
        part = effects.random[effects.random["kind"] == kind]
        drawn = part.pivot(index="draw", columns="concept", values="effect")[table.index]
        mean = drawn.mean().to_numpy(float)
        ratio = np.maximum(own / np.maximum(mean, _TINY), LEAST)
        each = _log2(drawn.to_numpy(float)).mean(1)
        found.append(JointTest(kind, np.log2(ratio), float(_log2(own).mean()), each))
    return found


def _log2(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log2(np.maximum(values, _TINY)))


def _doses(
    source: Units,
    h: NDArray[np.floating],
    decoder: Any,
    concepts: pd.DataFrame,
    effects: ConceptEffects,
    kind: RandomKind,
    budget: Budget,
    seed: int,
) -> pd.DataFrame:
    """Dose curves of all concepts beside random directions of the kind: COLUMNS and name."""
    parts = []
    for unit, name, concept in concepts.itertuples(index=False):
        curve = dose_curve(source, h, decoder, concept, draws=budget.dose_draws,
                           max_cells=budget.cells, seed=seed)  # fmt: skip
        table = pd.DataFrame(
            {"unit": unit, "dose": curve["scale"], "effect": curve["effect"],
             "random": curve[kind], "p": curve[f"{kind}_p"], "genes": curve["genes"],
             "name": name}
        )  # fmt: skip
        # a dose of 0 is the ablation, which was held against at least as many draws
        ablated, none = effects.concepts.set_index("concept").loc[concept], table["dose"] == 0
        table.loc[none, ["random", "p"]] = ablated[kind], ablated[f"{kind}_p"]
        if budget.dose_draws < budget.draws:
            table.loc[~none, "p"] = np.nan
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _decided(
    tests: list[JointTest], hard: JointTest, model: str, settings: StatisticsConfig, seed: int
) -> tuple[Finding, Verdict]:
    gain = hard.log_ratio
    booted = bootstrap_mean(
        gain, unit="concept", draws=settings.bootstrap, seed=seed, task=ANALYSIS
    )
    wide = booted.interval(level=0.95)
    told = f"{TOLD[hard.kind]} random directions"
    verdict = decide(
        wide,
        booted.interval(level=0.90),
        MARGIN,
        {f"{TOLD[t.kind]} random-direction": t.p for t in tests},
        settings.level,
        estimate=float(gain.mean()),
        claim=CLAIM,
        endpoint="moving decoded expression",
        subject=f"Removing a concept of {model}",
        over=f"{told} of the same length",
        measure="log2 fold",
        checks={f"{TOLD[t.kind]} random-direction": bool(t.drawn.std() > 0) for t in tests},
        tags={"model": model},
    )
    drawn = 2.0**hard.drawn
    p = max(t.p for t in tests)
    finding = Finding(
        ANALYSIS, f"Does removing concepts of {model} move decoded expression?",
        "geometric mean over concepts of the root mean square change of genes",
        2.0**hard.observed, None,
        NullSummary(told, len(drawn), float(drawn.mean()), float(drawn.std()), hard.p), p,
        "concept", len(gain), (told, float(drawn.mean())),
        (float(gain.mean()), wide.low, wide.high), seed, {"model": model}, ANALYSIS,
    )  # fmt: skip
    return finding, verdict


def _tables(
    result: AnalysisResult,
    concepts: pd.DataFrame,
    effects: ConceptEffects,
    doses: pd.DataFrame,
    hard: JointTest,
    budget: Budget,
) -> None:
    names = dict(zip(concepts["index"], concepts["name"], strict=True))
    table = effects.concepts.assign(log2_ratio=hard.log_ratio)
    # cells with the concept among those that were chosen for any, up to the budget
    table["n_active"] = table["n_active"].clip(upper=budget.cells)
    table = table.rename(columns={"n_active": "n_cells"})
    table.insert(0, "name", table["concept"].map(names))
    shown = doses.assign(unit=doses["name"])[COLUMNS]
    others = effects.others.assign(concept=effects.others["concept"].map(names))
    result.tables = {"effects": table.drop(columns="concept"), "doses": shown, "others": others}
    scale = effects.scale
    told = TOLD[hard.kind]
    result.captions = {
        "effects": f"One row a concept that was removed: root mean square change of genes ({scale})"
        ", the mean and p of the same for random directions of both kinds, specificity (the same "
        "push in cells with the concept over that in cells without it), what is left of the "
        "concept when the edited embedding is read again, and how far other concepts move, per "
        f"unit of the edit. log2_ratio is that over {told} directions.",
        "doses": f"One row a concept and dose (0 removes it, 1 changes nothing): change ({scale}) "
        f"and the mean of {told} random directions as long; genes that change most, with signs.",
        "others": "Other concepts that change most when one is removed, mean over cells with it.",
    }
    result.figures = [
        FigureSpec("doses", "dose_lines", "doses",
                   "Change of decoded expression by dose, beside random directions of the same "
                   "length; median and quartiles over concepts.", size=(6.4, 3.4))
    ]  # fmt: skip


def _describe(
    result: AnalysisResult,
    model: str,
    effects: ConceptEffects,
    hard: JointTest,
    budget: Budget,
    note: str,
) -> None:
    n, fewest = len(effects.concepts), int(effects.concepts["n_active"].min())
    above = int((effects.concepts[f"{hard.kind}_p"] <= 0.05).sum())
    result.notes = [
        "What the dictionary does not reconstruct of a cell was kept: only the concept was moved.",
        note,
        f"{capitalised(TOLD[hard.kind])} random directions move expression more than the other "
        f"kind and decide; {above} of {n} concepts are above them by themselves (p ≤ 0.05).",
        f"Each concept was moved in at most {budget.cells} cells with it (the rarest had {fewest}) "
        f"and held against {budget.draws} random directions of either kind: p is at least "
        f"{1 / (1 + budget.draws):.3f}.",
        "Other concepts are those of the whole dictionary, read from the edited embedding.",
    ]
    result.method = (
        f"Concepts of {model} were removed and scaled in the cells that have them, the "
        "reconstruction error kept, and decoded to genes; the change was compared with that of "
        "random directions of the same length in every cell, isotropic and with the covariance of "
        "the cells. All concepts were tested together, the directions of a draw being as alike as "
        "those of the concepts."
    )
