"""Whether the inputs of a study are there, before anything is run or left out."""

from __future__ import annotations

from pathlib import Path

from cellglass.data.catalogue import CATALOGUE
from cellglass.errors import InputError, nearest
from cellglass.models.families import family_of, resolve
from cellglass.models.inputs import EMBEDDED
from cellglass.runs.study import SCREEN, Study

WHERE = {"network": "network", "gene_sets": "gene sets"}


def refuse_missing(study: Study) -> None:
    """Refuse inputs that are not there.

    Tables that cannot be computed say NOT RUN; without this, so would those of a mistyped file.
    A reference of the catalogue that was not fetched yet is no error: what needs it says so.

    Parameters
    ----------
    study
        Its paths are absolute, or refer to the working directory.

    Raises
    ------
    InputError
        If a file does not exist, or a network or a collection of gene sets is neither a file nor
        a name of the catalogue.
    CheckpointError
        If there is no such model.

    Examples
    --------
    >>> from cellglass.runs.study import parse_study
    >>> cells = {"path": "pbmc68k"}
    >>> refuse_missing(parse_study({"study": "x", "cells": cells, "models": "mini-scgp"}))
    Traceback (most recent call last):
    ...
    cellglass.errors.CheckpointError: there is no model 'mini-scgp'
      expected: the folder of a checkpoint, or a shipped model: mini-scgpt, mini-geneformer
      what to do: did you mean 'mini-scgpt'?
    """
    for model in study.models:
        family_of(resolve(model.path), model.family)
    cells = study.cells.path
    if cells != EMBEDDED and not cells.startswith(SCREEN):
        _file(cells, "cells")
    for screen in study.screens:
        _file(screen.path, "screens")
    for table in study.tables:
        _file(table.path, "edge tables")
    for network in study.networks:
        _reference(network.source, "network")
    for sets in study.gene_sets:
        _reference(sets.source, "gene_sets")


def _file(name: str, kind: str) -> None:
    path = Path(name)
    if path.is_file():
        return
    if path.is_dir():
        raise InputError("this is a folder", where=f"{kind}: {path}", expected="a file")
    beside = []
    if path.parent.is_dir():
        beside = sorted(p.name for p in path.parent.iterdir() if p.suffix == path.suffix)
    raise InputError(
        "the file does not exist", where=f"{kind}: {path}",
        fix=nearest(path.name, beside) or "check the path",
    )  # fmt: skip


def _reference(source: str, reader: str) -> None:
    """A name of the catalogue that holds such references, or a file."""
    if source in CATALOGUE and CATALOGUE[source].reader == reader:
        return
    if source in CATALOGUE:
        fitting = [r.name for r in CATALOGUE.values() if r.reader == reader]
        raise InputError(
            f"'{source}' holds no {WHERE[reader]}", where=WHERE[reader],
            expected=", ".join(fitting),
        )  # fmt: skip
    if not Path(source).is_file():
        fitting = [r.name for r in CATALOGUE.values() if r.reader == reader]
        raise InputError(
            f"'{source}' is neither a file nor a name in the catalogue", where=WHERE[reader],
            fix=nearest(source, fitting),
        )  # fmt: skip
