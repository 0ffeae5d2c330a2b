"""Analysis: does the same come out in other cell lines, modalities and laboratories?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cellglass._words import plural
from cellglass.regulation.planning import Subject, instance, no_screen, subjects
from cellglass.runs.registry import Instance, Plan, Unmet
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.tasks import TaskContext
from cellglass.stats import Finding

from .baselines import SCALARS
from .increments import PAIRWISE
from .response_analysis import NESTED, PRIMARY
from .scored import COEXPRESSION
from .summary import UNIT
from .tasks import plan_responses, read_measured

ANALYSIS = "regulation.contexts"
READS = ("response", "response_baselines", "response_increment", "response_matched")
DIFFERENCE = ("difference", "difference_low", "difference_high")
NUMBERS = ("auroc", "auroc_low", "auroc_high", "coexpression", "best_single_gene", *DIFFERENCE,
           "gain", "gain_low", "gain_high", "auroc_matched")  # fmt: skip
PRIMARY_CELLS = re.compile(r"primary|t[- ]cells?|pbmc|donor", re.IGNORECASE)


def plan_contexts(plan: Plan) -> list[Instance]:
    """One instance a subject; it reads what the other analyses of responses found."""
    if not plan.study.screens:
        return [
            Instance(s.label, unmet=s.without_edges or no_screen()) for s in subjects(plan.study)
        ]
    found = []
    of_analysis = {what: plan_responses(what)(plan) for what in READS}
    for subject in subjects(plan.study):
        if subject.without_edges:
            found.append(Instance(subject.label, unmet=subject.without_edges))
            continue
        own = {
            (what, i.label["screen"]): i
            for what, instances in of_analysis.items()
            for i in instances
            if not i.unmet and subject.label.items() <= dict(i.label).items()
        }
        screens = list(dict.fromkeys(screen for _, screen in own))
        if len(screens) < 2:
            why = f"{len(screens)} of {len(plan.study.screens)} screens can judge it, 2 are needed"
            found.append(Instance(subject.label, unmet=Unmet(why, applicable=False)))
            continue
        found.append(_instance(plan, subject, own, screens))
    return found


def _instance(
    plan: Plan, subject: Subject, own: Mapping[tuple[str, str], Instance], screens: list[str]
) -> Instance:
    results = {f"{what}/{screen}": i.result for (what, screen), i in own.items()}
    facts = {s.label: f"responses/{s.label}" for s in plan.study.screens if s.label in screens}
    tasks = {t.name: t for i in own.values() for t in i.tasks}
    return instance(
        plan, subject, ANALYSIS, "cellglass.regulation.responses.contexts_analysis:contexts_result",
        params={"results": results, "facts": facts},
        inputs=(*results.values(), *facts.values()), tasks=list(tasks.values()),
    )  # fmt: skip


def contexts_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    results: Mapping[str, str],
    facts: Mapping[str, str],
) -> None:
    """Read the results of every screen and put them side by side."""
    found: dict[str, dict[str, AnalysisResult]] = {}
    for key, task in results.items():
        what, _, screen = key.partition("/")
        found.setdefault(screen, {})[what] = AnalysisResult.read(context.input(task))
    about = {}
    for screen, task in facts.items():
        measured = read_measured(context.input(task))
        about[screen] = (measured.modality, measured.cell_line)
    label = {"model" if subject["kind"] == "model" else "edges": subject["name"]}
    judge_contexts(found, about, label, context.seed).write(context.output)


def judge_contexts(
    found: Mapping[str, Mapping[str, AnalysisResult]],
    about: Mapping[str, tuple[str, str]],
    label: dict[str, str],
    seed: int,
) -> AnalysisResult:
    """Put the outcomes of several screens side by side.

    Parameters
    ----------
    found
        Results by screen and analysis.
    about
        Modality and cell line of each screen.
    label, seed
        Of the subject and the run.

    Returns
    -------
    AnalysisResult
        One row a screen, and whether the screens agree (Cochran's Q).

    Notes
    -----
    A38, A42 and A46 of the specification (2.20), identical settings in every screen.
    """
    rows = [_row(screen, results, *about[screen]) for screen, results in found.items()]
    table = pd.DataFrame(rows)
    result = AnalysisResult(ANALYSIS, label, tables={"contexts": table})
    result.captions = {
        "contexts": "One row a screen, same settings: mean AUROC over perturbations of the score "
        "and of |Spearman|, the paired difference of the score from the best single-gene ranking "
        "and the held-out gain of the pairwise part (95 % intervals), and the states of the two "
        "claims."
    }
    usable = table[np.isfinite(table["auroc"])]
    result.figures = [
        FigureSpec("contexts", "context_forest", "contexts",
                   "Mean AUROC over perturbations in each screen, of the score and of |Spearman|, "
                   "and the best ranking by single genes.", size=(6.4, 2.8))
    ]  # fmt: skip
    result.findings = [_finding(r, label, seed) for _, r in usable.iterrows()]
    result.notes = [_agreement(usable)]
    result.method = "Every screen was judged with the same settings; screens were compared."
    return result


def _row(
    screen: str, results: Mapping[str, AnalysisResult], modality: str, line: str
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "screen": screen, "modality": modality or "not stated", "cell_line": line or "not stated",
        **dict.fromkeys(NUMBERS, float("nan")), "n_perturbations": 0,
    }  # fmt: skip
    scores = results["response"].tables.get("responses")
    if scores is not None:
        main = scores[scores["configuration"] == PRIMARY].set_index("score")
        own = main.loc[NESTED if NESTED in main.index else main.index[0]]
        row |= {
            "auroc": float(own["auroc"]), "auroc_low": float(own["auroc_low"]),
            "auroc_high": float(own["auroc_high"]),
            "coexpression": float(main.loc[COEXPRESSION].get("auroc", np.nan)),
            "n_perturbations": int(own["n_perturbations"]),
        }  # fmt: skip
    baselines = results["response_baselines"].tables.get("baselines")
    if baselines is not None:
        single = baselines[baselines["ranking"].isin(SCALARS)].sort_values("auroc").iloc[-1]
        row |= {"best_single_gene": float(single["auroc"])}
        row |= {k: float(single[k]) for k in DIFFERENCE}
    gains = results["response_increment"].tables.get("increments")
    if gains is not None:
        gain = gains[(gains["model"] == "logistic") & (gains["features"] == PAIRWISE)].iloc[0]
        row |= {k: float(gain[k]) for k in ("gain", "gain_low", "gain_high")}
    matched = results["response_matched"].tables.get("matched")
    if matched is not None:
        row["auroc_matched"] = float(matched["auroc"].iloc[0])
    for what, column in (("response_baselines", "beats_single_genes"),
                         ("response_increment", "adds_to_single_genes")):  # fmt: skip
        verdicts = results[what].verdicts
        row[column] = str(verdicts[0].state) if verdicts else ""
    return row


def unit_of(modality: str, line: str) -> str:
    """Which unit of the specification a context belongs to.

    Examples
    --------
    >>> unit_of("CRISPRa", "K562"), unit_of("CRISPRko", "primary T cells"), unit_of("", "RPE1")
    ('A38', 'A42', 'A46')
    """
    if modality == "CRISPRa":
        return "A38"
    return "A42" if PRIMARY_CELLS.search(line) else "A46"


def _finding(row: pd.Series, label: dict[str, str], seed: int) -> Finding:
    unit = unit_of(str(row["modality"]), str(row["cell_line"]))
    return Finding(
        ANALYSIS, f"Do the scores rank genes that respond in {row['screen']} ({row['modality']}, "
        f"{row['cell_line']})?", "mean AUROC over perturbations", float(row["auroc"]), None, None,
        unit=UNIT, n=int(row["n_perturbations"]),
        baseline=("best single-gene ranking", float(row["best_single_gene"])), seed=seed,
        increment=(float(row["difference"]), float(row["difference_low"]),
                   float(row["difference_high"])),
        tags={**label, "screen": str(row["screen"]), "unit": unit}, family=ANALYSIS,
        kind="descriptive",
    )  # fmt: skip


def _agreement(table: pd.DataFrame) -> str:
    """Say whether screens agree on score minus best single-gene ranking."""
    if len(table) < 2:
        return f"{len(table)} {plural('screen', len(table))} could be judged: nothing to compare."
    from scipy import stats

    gap = table["difference"].to_numpy(float)
    # the interval of the paired difference: that of the AUROC says nothing of its spread
    spread = (table["difference_high"] - table["difference_low"]).to_numpy(float) / (2 * 1.96)
    weight = 1.0 / np.maximum(spread, 1e-6) ** 2
    mean = float(np.average(gap, weights=weight))
    q = float((weight * (gap - mean) ** 2).sum())
    p = float(stats.chi2.sf(q, len(gap) - 1))
    below = int((gap < 0).sum())
    return (
        f"The score lies below the best single-gene ranking in {below} of {len(gap)} screens "
        f"(weighted mean difference {mean:.3f}; Cochran's Q {q:.1f}, p = {p:.2g}: the screens "
        + ("differ)." if p < 0.05 else "agree).")
    )
