"""What a published number needs that is not at hand, and where to get it."""

from __future__ import annotations

from collections.abc import Callable

from cellglass.runs.study import Study

from .published import Paper, PublishedNumber

# What to give for each kind of input, and whether a study holds it.
OPTIONS: dict[str, str] = {
    "subject": "--model, or --edges",
    "model": "--model",
    "models": "--model twice or more",
    "cells": "--cells",
    "strata": "--strata",
    "screen": "--screen",
    "screens": "--screen twice or more",
    "network": "--network",
    "gene_sets": "--gene-sets",
}
_HELD: dict[str, Callable[[Study], bool]] = {
    "subject": lambda s: bool(s.models or s.tables),
    "model": lambda s: bool(s.models),
    "models": lambda s: len(s.models) > 1,
    "cells": lambda s: True,
    "strata": lambda s: s.cells.strata is not None,
    "screen": lambda s: bool(s.screens),
    "screens": lambda s: len(s.screens) > 1,
    "network": lambda s: bool(s.networks),
    "gene_sets": lambda s: bool(s.gene_sets),
}
_KINDS = {
    "subject": ("model",), "model": ("model",), "models": ("model",),
    "cells": ("cells", "screen"), "strata": (), "screen": ("screen",), "screens": ("screen",),
    "network": ("network",), "gene_sets": ("gene_sets",),
}  # fmt: skip
WORDS = {
    "subject": "a model or an edge table", "model": "a model", "models": "two models or more",
    "cells": "cells",
    "strata": "a column of obs with cell types or states", "screen": "a perturbation screen",
    "screens": "two perturbation screens or more", "network": "a reference network",
    "gene_sets": "gene sets",
}  # fmt: skip


def missing_kinds(row: PublishedNumber, study: Study | None) -> tuple[str, ...]:
    """Kinds of input that a number needs and a study lacks.

    Parameters
    ----------
    row
        The number.
    study
        What is at hand; None where nothing is.

    Returns
    -------
    tuple of str
        In the order of the row.

    Examples
    --------
    >>> missing_kinds(PublishedNumber("x", "a", "1", needs=("model", "screen")), None)
    ('model', 'screen')
    """
    return tuple(k for k in row.needs if study is None or not _HELD[k](study))


def where_to_get(row: PublishedNumber, kinds: tuple[str, ...], paper: Paper) -> tuple[str, ...]:
    """Name what is missing: the published input, where to get it, the option that takes it.

    Parameters
    ----------
    row
        The number.
    kinds
        What is missing; see `missing_kinds`.
    paper
        The paper, which knows its inputs.

    Returns
    -------
    tuple of str
        One line an input, or a kind where the publication names none.
    """
    keys = [k for k in (row.model, row.data, *row.references) if k]
    lines: dict[str, None] = {}
    for kind in kinds:
        wanted = [paper.input(k) for k in keys if paper.input(k).kind in _KINDS[kind]]
        for known in wanted:
            # Controls of a screen are cells, too; attention of a model is what edges stand for.
            option = OPTIONS[known.kind]
            lines[f"{option}: {known.name}, {known.where}"] = None
        if not wanted and kind in row.needs:
            lines[f"{OPTIONS[kind]}: {WORDS[kind]}"] = None
    return tuple(lines)
