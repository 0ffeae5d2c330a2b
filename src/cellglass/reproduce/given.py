"""From what is at hand to a study with the analyses that some tables need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cellglass._words import listed
from cellglass.data.screens import is_fold_changes
from cellglass.errors import StudyError
from cellglass.runs.registry import analyses
from cellglass.runs.sections import ScreenConfig
from cellglass.runs.study import SCREEN, Study, parse_study

from .missing import missing_kinds
from .published import Paper, PublishedNumber, PublishedTable

WHERE = "cellglass reproduce"


def study_of(
    name: str,
    *,
    cells: str | None = None,
    strata: str | None = None,
    donor: str | None = None,
    models: Sequence[str] = (),
    edges: Sequence[str] = (),
    screens: Sequence[str] = (),
    networks: Sequence[str] = (),
    gene_sets: Sequence[str] = (),
    **sections: Any,
) -> Study | None:
    """Make a study of what is at hand.

    Parameters
    ----------
    name
        Of the study.
    cells
        The .h5ad file; the controls of the first screen where there is none.
    strata, donor
        Columns of obs.
    models, edges, screens, networks, gene_sets
        Names or paths.
    **sections
        Further keys of study.yaml, such as ``seed`` and ``resources``.

    Returns
    -------
    Study or None
        None where nothing is given: then only what needs no model can be computed.

    Raises
    ------
    StudyError
        As `parse_study`; or if something is given that cannot be used without what is missing:
        cells or a screen, and a model or an edge table.

    Notes
    -----
    Untrained copies and planted controls are left out: no published number is of them. Everything
    else is as `cellglass run` has it, and the defaults are the published settings.

    Examples
    --------
    >>> study_of("x", cells="pbmc68k", models=["mini-scgpt"]).edges.untrained
    False
    >>> study_of("x") is None
    True
    """
    subjects, data = [*models, *edges], [*([cells] if cells else []), *screens]
    given = [*subjects, *data, *networks, *gene_sets]
    if not given:
        return None
    if not subjects or not data:
        raise StudyError(
            f"{listed(given)}, and no {'cells and no screen' if subjects else 'model'}",
            where=WHERE,
            expected="cells or a screen, and a model or an edge table",
            fix="give --cells or --screen too" if subjects else "give --model or --edges too",
        )
    # a table of fold changes has no cells whose edges could be read
    of_cells = [s for s in screens if not is_fold_changes(s)]
    if not cells and not of_cells:
        raise StudyError(
            f"{listed(screens)}: fold changes, and no cells", where=WHERE,
            fix="give --cells FILE, or a --screen with cells",
        )  # fmt: skip
    own = cells or f"{SCREEN}{ScreenConfig(path=of_cells[0]).label}"
    content: dict[str, Any] = {
        "study": name,
        "cells": {"path": own, "strata": strata, "donor": donor},
        "models": list(models),
        "tables": list(edges),
        "screens": list(screens),
        "networks": list(networks),
        "gene_sets": list(gene_sets),
        "edges": {"untrained": False},
        "geometry": {"untrained": False},
        "controls": [],
        **sections,
    }
    return parse_study(content, where=WHERE)


def needed_analyses(tables: Iterable[PublishedTable], study: Study) -> list[str]:
    """Analyses that some tables need and that can run with what is at hand.

    Parameters
    ----------
    tables
        The tables.
    study
        What is at hand.

    Returns
    -------
    list of str
        In the order in which they are registered.
    """
    wanted = {
        row.analysis
        for table in tables
        for row in table.rows
        if row.select is not None and not row.later and not missing_kinds(row, study)
    }
    return [name for name in analyses() if name in wanted]


def why_later(row: PublishedNumber, paper: Paper) -> str:
    """Why this version cannot give a number at all; empty where it can.

    Parameters
    ----------
    row
        The number.
    paper
        Its paper.

    Returns
    -------
    str
        A study or an analysis that is not part of this version.
    """
    if row.later:
        return row.later
    if row.analysis and row.analysis not in analyses():
        return f"the analysis {row.analysis} of study {paper.study} is not part of this version"
    return ""
