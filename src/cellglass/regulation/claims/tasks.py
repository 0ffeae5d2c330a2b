"""The claims of a subject as a task: it reads what the chosen analyses found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cellglass.regulation.planning import Subject, settings, subjects
from cellglass.runs.registry import Instance, Plan, chosen_analyses
from cellglass.runs.result import AnalysisResult
from cellglass.runs.tasks import Task, TaskContext

from .claims_analysis import ANALYSIS, judge_claims
from .criteria import READS


def plan_claims(plan: Plan) -> list[Instance]:
    """One instance a subject; an analysis that the study did not choose is not run for it."""
    chosen = {a.name: a for a in chosen_analyses(plan.study) if a.name in READS}
    planned = {name: list(a.plan(plan)) for name, a in chosen.items()}
    return [
        Instance(s.label, unmet=s.without_edges) if s.without_edges else _instance(plan, s, planned)
        for s in subjects(plan.study)
    ]


def _instance(plan: Plan, subject: Subject, planned: Mapping[str, Sequence[Instance]]) -> Instance:
    own = {
        name: [i for i in instances if subject.label.items() <= dict(i.label).items()]
        for name, instances in planned.items()
    }
    results = {n: [i.result for i in found if not i.unmet] for n, found in own.items()}
    missing = {
        n: [(i.unmet.reason, i.unmet.command, i.unmet.applicable) for i in found if i.unmet]
        for n, found in own.items()
    }
    more = [t for found in own.values() for i in found for t in i.tasks]
    task = Task(
        "/".join([ANALYSIS, subject.name]),
        "cellglass.regulation.claims.tasks:claims_result",
        {
            **settings(plan),
            "label": subject.label,
            "noun": subject.noun,
            "results": results,
            "missing": missing,
        },
        tuple(dict.fromkeys(r for found in results.values() for r in found)),
    )
    return Instance(subject.label, task.name, (*more, task))


def claims_result(
    context: TaskContext,
    *,
    statistics: Mapping[str, Any],
    label: Mapping[str, str],
    noun: str,
    results: Mapping[str, Sequence[str]],
    missing: Mapping[str, Sequence[Sequence[Any]]],
) -> None:
    """Judge the claims of one subject."""
    found = {
        name: [AnalysisResult.read(context.input(task)) for task in tasks]
        for name, tasks in results.items()
    }
    told = {n: [(str(w), str(c), bool(a)) for w, c, a in rows] for n, rows in missing.items()}
    judge_claims(label, noun, found, told, level=statistics["level"]).write(context.output)
