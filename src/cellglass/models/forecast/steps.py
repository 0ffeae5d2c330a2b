"""The steps that a study's analyses would take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellglass.runs.registry import Plan, chosen_analyses

if TYPE_CHECKING:
    from cellglass.runs.registry import Instance
    from cellglass.runs.study import Study


SHARD = "/shard-"


@dataclass(frozen=True)
class Steps:
    """Steps of a study.

    Attributes
    ----------
    results
        Analyses that run.
    shared
        Names of what they read, without the shards of cells: captures, dedicated methods.
    passes
        Names of what passes cells through a model.
    """

    results: tuple[Instance, ...]
    shared: frozenset[str]
    passes: frozenset[str]


def planned_steps(study: Study) -> Steps:
    """Find what a study's analyses would do; nothing is prepared for it."""
    plan = Plan(study)
    instances = tuple(i for a in chosen_analyses(study) for i in a.plan(plan) if not i.unmet)
    names = {t.name for i in instances for t in i.tasks}
    passes = frozenset(n.partition(SHARD)[0] for n in names if SHARD in n)
    results = {i.result for i in instances}
    return Steps(instances, frozenset(n for n in names - results if SHARD not in n), passes)
