"""Analyses: what `cellglass list` shows and `cellglass run` does; found by entry points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from cellglass.errors import StudyError, nearest

from .study import Study
from .tasks import Task

ENTRY_POINTS = "cellglass.studies"


@dataclass(frozen=True)
class Plan:
    """What an analysis may look at when it lists its tasks.

    Parameters
    ----------
    study
        The study.
    prepared
        Result folders of the preparing tasks, by name; empty while those are planned.
    """

    study: Study
    prepared: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Unmet:
    """Why an analysis does not run."""

    reason: str
    command: str = ""
    applicable: bool = True


@dataclass(frozen=True)
class Instance:
    """One run of an analysis: on one model and network, say.

    Parameters
    ----------
    label
        What distinguishes it, for example ``{"model": "mini-scgpt", "network": "trrust"}``.
    result
        Name of the task whose folder holds the `AnalysisResult`.
    tasks
        All tasks it needs, those shared with other analyses included.
    unmet
        Set where it cannot run; then `result` and `tasks` are empty.
    exports
        What else belongs to the user: place in the run folder, such as ``"atlas/scvi"``, to the
        name of the task whose folder is put there.
    """

    label: Mapping[str, str]
    result: str = ""
    tasks: tuple[Task, ...] = ()
    unmet: Unmet | None = None
    exports: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """A registered analysis.

    Parameters
    ----------
    name
        For example ``"regulation.recovery"``; the part before the dot is the chapter.
    title
        A few words.
    question
        What it answers, as a question.
    reference
        Where the method comes from.
    needs
        What must be given, in words.
    plan
        Lists its instances for a study.
    claim
        What PASS would mean, in one sentence.
    units
        Units of a published study that it covers, for example ``("A36", "A40")``; they can be
        asked for by these names too.
    step
        Place in the story of its chapter; a chapter is told in the order of its `STEPS`.
    """

    name: str
    title: str
    question: str
    reference: str
    needs: str
    plan: Callable[[Plan], Sequence[Instance]]
    claim: str = ""
    units: tuple[str, ...] = ()
    step: str = ""

    @property
    def chapter(self) -> str:
        """Chapter of the report."""
        return self.name.partition(".")[0]


def study_modules() -> dict[str, Any]:
    """Modules that register analyses, by entry point name."""
    return {e.name: e.load() for e in sorted(entry_points(group=ENTRY_POINTS))}


def analyses() -> dict[str, Analysis]:
    """Find all registered analyses.

    Returns
    -------
    dict of str to Analysis
        By name, in the order of chapters; those of other packages included.

    Raises
    ------
    StudyError
        If two analyses share a name.

    Examples
    --------
    >>> "regulation.recovery" in analyses()
    True
    """
    found: dict[str, Analysis] = {}
    for module in study_modules().values():
        for analysis in getattr(module, "ANALYSES", ()):
            if analysis.name in found:
                raise StudyError(f"two analyses are called '{analysis.name}'")
            found[analysis.name] = analysis
    return dict(sorted(found.items(), key=lambda kv: _place(kv[1])))


def _place(analysis: Analysis) -> tuple[int, int]:
    """Chapter by chapter, and within one in the order in which its story is told."""
    order = {chapter: i for i, chapter in enumerate(CHAPTERS)}
    steps = {step: i for i, step in enumerate(STEPS)}
    return order.get(analysis.chapter, len(order)), steps.get(analysis.step, len(steps))


def preparing_tasks(study: Study) -> list[Task]:
    """Tasks that must be done before analyses can be planned."""
    tasks: list[Task] = []
    for module in study_modules().values():
        prepare = getattr(module, "prepare", None)
        if prepare is not None:
            tasks += prepare(study)
    return tasks


def chosen_analyses(study: Study) -> list[Analysis]:
    """Analyses that a study asks for.

    Raises
    ------
    StudyError
        If it names one that does not exist; chapters may be named as a whole, and analyses by a
        unit that they cover.
    """
    known = analyses()
    if study.analyses == "all":
        return list(known.values())
    chosen: dict[str, Analysis] = {}
    for name in study.analyses:
        hits = {n: a for n, a in known.items() if name in (n, a.chapter, *a.units)}
        if not hits:
            others = [a.chapter for a in known.values()] + [
                u for a in known.values() for u in a.units
            ]
            raise StudyError(
                f"no analysis '{name}'",
                where="analyses",
                fix=nearest(name, list(dict.fromkeys([*known, *others]))),
            )
        chosen |= hits
    return [a for n, a in known.items() if n in chosen]


CHAPTERS = ("cells", "model", "regulation", "concepts", "geometry", "controls")

STEPS = ("claims", "baselines", "increment", "residual", "null", "generalisation", "description")
