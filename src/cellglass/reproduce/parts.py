"""Results that hold several models or references, as one result each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cellglass.runs.result import AnalysisResult
from cellglass.runs.study import Study

from .facts import RunFacts, is_named_after
from .published import Paper, PublishedNumber, Select


def parts_of(
    results: Sequence[AnalysisResult],
    row: PublishedNumber,
    paper: Paper,
    study: Study,
    facts: RunFacts,
) -> Iterator[tuple[AnalysisResult, Select]]:
    """Results of the row's analysis, each with the selector that reads it.

    Parameters
    ----------
    results
        Of the row's analysis.
    row, paper
        The published number.
    study, facts
        Of the run.

    Yields
    ------
    AnalysisResult, Select
        Where one result holds several models or references, one pair for each of the study's
        models, or for each of its references that is one of the row's, by name or by hash.
    """
    select = row.select
    if select is None:
        return
    for result in results:
        if not select.by:
            yield result, select
            continue
        for name, label in _names(select, row, paper, study, facts):
            whole = {**result.label, label: name}
            where = tuple({**_filled(one, name), select.by: name} for one in select.where)
            yield replace(result, label=whole), replace(select, where=where)


def _names(
    select: Select, row: PublishedNumber, paper: Paper, study: Study, facts: RunFacts
) -> list[tuple[str, str]]:
    """Values of the column, and what the label calls them."""
    if select.kind == "model":
        models = [(m.label, "model") for m in study.models]
        return models + [(t.label, "edges") for t in study.tables]
    known = [paper.input(k) for k in row.references]
    held = [n.label for n in study.networks] + [g.label for g in study.gene_sets]
    hashes = {name: facts.references.get(name, {}).get("sha256", "") for name in held}
    return [
        (name, "network")
        for name in held
        if any(is_named_after(name, k) or hashes[name] in k.facts.get("sha256", []) for k in known)
    ]


def _filled(conditions: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {k: v.replace("{by}", name) if isinstance(v, str) else v for k, v in conditions.items()}
