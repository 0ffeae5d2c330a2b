"""Chapters: analyses with their answers, figures, tables, notes and checks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cellglass._words import capitalised, plural
from cellglass.errors import StudyError
from cellglass.pl._null_z import COEXPRESSION
from cellglass.runs.registry import Analysis
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.stats import Finding

from . import columns
from .glossary import FirstUses, Term
from .numbers import number
from .objections import Objection
from .source import CONTROLS, Source, behaved, chapter_of, chapter_order
from .svg import Drawing, draw
from .tables import TableView, file_name, view
from .verdicts import VerdictView, of_result

if TYPE_CHECKING:
    import pandas as pd

REGULATION = "regulation"
TITLES = {
    "cells": "Cells and genes",
    "model": "Does the model do its own task?",
    REGULATION: "Does attention know regulation?",
    "concepts": "Which concepts does the embedding hold, and which genes drive them?",
    "geometry": "What shape has gene space, and does it know regulation?",
    "controls": "Do the tests work? Planted controls",
}
STEPS = {
    "claims": ("", "Which endpoint may be claimed?"),
    "baselines": ("Trivial baselines", "Is it better than what needs no edge?"),
    "increment": ("Increment", "Does it add to single genes?"),
    "residual": ("Residual", "What is left without what is known already?"),
    "null": ("Null", "Could chance and the shape of the network do as well?"),
    "generalisation": ("Generalisation", "Does it hold elsewhere, and under other choices?"),
    "description": ("Description", "What else there is to see"),
}
"""Steps of the story of a chapter: title and question, in the order a reviewer asks."""
UNFOLDED = 12
"""Results of a chapter up to which each stands open; of more, each opens on a click."""
_COORDINATES = {
    "embedding_map",
    "unit_map",
}  # figures whose table is points: the page shows no rows of it


@dataclass(frozen=True)
class Exhibit:
    """A figure with the table it draws, or a table that no figure draws."""

    figure: Drawing | None
    table: TableView | None


@dataclass(frozen=True)
class InstanceView:
    """One result: an analysis of one model and network, say.

    Folded are planted controls that behaved, and all results of a chapter that has many.
    """

    id: str
    title: str
    folded: bool
    verdicts: tuple[VerdictView, ...]
    answer: tuple[str, ...]
    exhibits: tuple[Exhibit, ...]
    notes: tuple[str, ...]
    checks: tuple[Check, ...]
    behaved: bool | None
    words: tuple[Term, ...]


@dataclass(frozen=True)
class AnalysisView:
    """An analysis with all its results; `step` is told where a step of the story begins."""

    id: str
    analysis: Analysis
    instances: tuple[InstanceView, ...]
    step: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class ChapterView:
    """A chapter of the report."""

    id: str
    title: str
    analyses: tuple[AnalysisView, ...]
    objections: tuple[Objection, ...] = ()


def anchors(results: Sequence[AnalysisResult]) -> dict[int, str]:
    """Give each result an id in the page, by its position.

    Two results whose names differ only in signs that an id cannot hold get different ids.
    """
    seen: Counter[str] = Counter()
    found = {}
    for position, result in enumerate(results):
        stem = file_name([result.analysis, *result.label.values()], "").rstrip(".")
        seen[stem] += 1
        found[position] = stem if seen[stem] == 1 else f"{stem}-{seen[stem]}"
    return found


def chapters(
    source: Source, words: FirstUses, answered: Sequence[Objection] = ()
) -> list[ChapterView]:
    """Put all results into chapters.

    Parameters
    ----------
    source
        The run.
    words
        Words that were not explained yet; those that appear here are taken from it.
    answered
        The objections, which stand before the chapter on regulation.
    """
    ids = anchors(source.results)
    found = []
    for chapter in chapter_order(chapter_of(r.analysis) for r in source.results):
        inside = [r for r in source.results if chapter_of(r.analysis) == chapter]
        names = dict.fromkeys(r.analysis for r in inside)
        views, told = [], ""
        for name in names:
            analysis = source.analysis(name)
            instances = tuple(
                _instance(source, result, ids[i], i, words, many=len(inside) > UNFOLDED)
                for i, result in enumerate(source.results)
                if result.analysis == name
            )
            begins = STEPS.get(analysis.step, ("", "")) if analysis.step != told else ("", "")
            told = analysis.step
            anchor = file_name(["analysis", name], "").rstrip(".")
            views.append(AnalysisView(anchor, analysis, instances, begins))
        title = TITLES.get(chapter) or columns.label(chapter)
        own = tuple(answered) if chapter == REGULATION else ()
        found.append(ChapterView(f"chapter-{chapter}", title, tuple(views), own))
    return found


def _instance(
    source: Source,
    result: AnalysisResult,
    id: str,
    position: int,
    words: FirstUses,
    *,
    many: bool,
) -> InstanceView:
    analysis = source.analysis(result.analysis)
    verdicts = of_result(source, result)
    answer = () if verdicts else _description(result.findings, source.level)
    told = [
        analysis.question,
        *answer,
        *(v.verdict.sentence for v in verdicts),
        *result.captions.values(),
        *(f.caption for f in result.figures),
        *result.notes,
    ]
    control = chapter_of(result.analysis) == CONTROLS
    as_planted = behaved(result) if control else None
    return InstanceView(
        id,
        " · ".join(result.label.values()) or analysis.title,
        as_planted is True or (many and not control and analysis.step != "claims"),
        verdicts,
        answer,
        _exhibits(result, id, f"f{position}"),
        tuple(result.notes),
        tuple(result.checks),
        as_planted,
        words.of(*told),
    )


def _exhibits(result: AnalysisResult, id: str, uid: str) -> tuple[Exhibit, ...]:
    """Put figures first, each with its table where it is the first to draw it."""
    left = dict(result.tables)
    found = []
    for number_, figure in enumerate(result.figures):
        if figure.table not in result.tables:
            raise StudyError(
                f"figure '{figure.name}' draws a table '{figure.table}' that is not there",
                where=f"{result.analysis} {dict(result.label)}",
                expected="one of " + ", ".join(result.tables),
            )
        table = result.tables[figure.table]
        drawing = draw(_named(figure, result), table, f"{uid}{number_}") if len(table) else None
        own = left.pop(figure.table, None)
        shown = None
        if own is not None:
            shown = _table(result, figure.table, id, coordinates=figure.function in _COORDINATES)
        found.append(Exhibit(drawing, shown))
    found += [Exhibit(None, _table(result, name, id)) for name in left]
    return tuple(found)


def _named(figure: FigureSpec, result: AnalysisResult) -> FigureSpec:
    """Let a forest of scores name the one that the verdict is about."""
    chosen = [v.tags["score"] for v in result.verdicts if "score" in v.tags]
    if figure.function != "score_forest" or not chosen:
        return figure
    return replace(figure, options={"chosen": chosen[0], **figure.options})


def _table(result: AnalysisResult, name: str, id: str, *, coordinates: bool = False) -> TableView:
    order, said = _order(result, name)
    return view(
        result.tables[name],
        id=f"{id}-{name}",
        name=name,
        filename=file_name([result.analysis, *result.label.values(), name]),
        caption=result.captions.get(name, ""),
        order=order,
        order_note=said,
        coordinates=coordinates,
    )


def _order(
    result: AnalysisResult, name: str
) -> tuple[Callable[[pd.DataFrame], pd.DataFrame] | None, str]:
    """Say how rows of a table are ordered for the reader, and in which words."""
    table = result.tables[name]
    if name == "scores" and "auroc" in table:
        return (
            lambda t: t.sort_values("auroc", ascending=False, kind="stable"),
            "Best score first.",
        )
    shown = [
        str(f.options["score"]) for f in result.figures if f.table == name and "score" in f.options
    ]
    if name == "nulls" and shown and shown[0] in set(table["score"]):
        return (
            lambda t: t.sort_values("score", key=lambda s: _rank(s, shown[0]), kind="stable"),
            f"Rows of {shown[0]} first, then those that stand beside it in the figure.",
        )
    return None, ""


def _rank(scores: pd.Series, chosen: str) -> pd.Series:
    """0 for the chosen score, 1 for what `cellglass.pl.null_z` shows beside it, 2 for others."""
    beside = (scores == COEXPRESSION) | scores.str.endswith(f": {chosen}")
    return (2 - beside.astype(int)).where(scores != chosen, 0)


def _description(findings: Sequence[Finding], level: float) -> tuple[str, ...]:
    """Sum up what was found where no verdict was asked for, one sentence a statistic."""
    if not findings:
        return ("No verdict and no test rests on this analysis: it describes.",)
    sentences = ["No verdict rests on this analysis: it describes."]
    for statistic in dict.fromkeys(f.statistic for f in findings):
        own = [f for f in findings if f.statistic == statistic]
        values = sorted(f.estimate for f in own if not math.isnan(f.estimate))
        if not values:
            sentences.append(f"{capitalised(statistic)}: undefined in all {len(own)} readings.")
            continue
        span = number(values[0])
        if number(values[-1]) != span:
            span += f" to {number(values[-1])}"
        units = _units(own)
        reading = "reading" if len(own) == 1 else "readings"
        sentences.append(f"{capitalised(statistic)}: {span} in {len(own)} {reading}{units}.")
        tested = [f for f in own if not math.isnan(f.p)]
        if tested:
            low = sum(f.p <= level for f in tested)
            sentences.append(
                f"Of these, {low} of {len(tested)} have raw p ≤ {level:g}; "
                f"{round(level * len(tested), 1):g} would by chance alone."
            )
    return tuple(sentences)


def _units(findings: Sequence[Finding]) -> str:
    counted = {(f.unit, f.n) for f in findings if f.unit and f.n}
    if len(counted) != 1:
        return ""
    unit, n = counted.pop()
    return f" (n = {n:,} {plural(unit, n or 0)})"
