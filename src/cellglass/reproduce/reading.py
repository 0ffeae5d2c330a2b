"""Reading papers from their data files: a folder with paper.toml and one TOML file a table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from cellglass.data.catalogue import CATALOGUE
from cellglass.data.screens.accessions import PUBLIC_SCREENS
from cellglass.errors import InputError, located, nearest

from .missing import OPTIONS
from .published import (
    Grade,
    Kind,
    KnownInput,
    Paper,
    PublishedNumber,
    PublishedTable,
    Relation,
    Select,
    Spread,
)

PAPER, TABLES = "paper.toml", "tables"
KINDS = ("model", "cells", "screen", "network", "gene_sets")
REDUCTIONS = ("", "mean", "average", "median", "min", "max", "sd", "count", "share", "d")
_ROW = {f.name for f in fields(PublishedNumber)} | {"at"}
_SELECT = {f.name for f in fields(Select)}
_CHOICES = {"spread": get_args(Spread), "relation": get_args(Relation), "grade": get_args(Grade)}
_PRINTED = ("value", "low", "high", "sd")


def read_paper(folder: Path) -> Paper:
    """Read a paper and all its tables.

    Parameters
    ----------
    folder
        Holds ``paper.toml`` and a folder ``tables`` of TOML files; a number and an underscore
        before a file's name set the order and are no part of the table's name.

    Returns
    -------
    Paper

    Raises
    ------
    InputError
        If a file is missing or no TOML, or a key, an input or a value is not one that is known;
        the file and the row are named.

    Examples
    --------
    >>> from importlib.resources import files
    >>> read_paper(Path(str(files("cellglass.reproduce"))) / "papers" / "edges").study
    'regulation'
    """
    content = _toml(folder / PAPER)
    with located(folder / PAPER):
        _known(content, {"id", "aliases", "title", "citation", "study", "inputs"})
        inputs = {k: _input(k, v) for k, v in content.get("inputs", {}).items()}
        paper = Paper(
            content["id"], tuple(content.get("aliases", ())), content["title"],
            content["citation"], content["study"], inputs, (),
        )  # fmt: skip
    tables = tuple(read_table(p, inputs) for p in sorted((folder / TABLES).glob("*.toml")))
    if not tables:
        raise InputError("there is no table", where=str(folder / TABLES), expected="TOML files")
    return Paper(**{**vars(paper), "tables": tables})


def read_table(path: Path, inputs: Mapping[str, KnownInput]) -> PublishedTable:
    """Read one table.

    Parameters
    ----------
    path
        The TOML file: ``title``, ``note``, ``compute``; ``of_rows`` with what all rows share; a
        list ``row``. What a row says replaces what all rows share; ``at`` of a row is added to
        the conditions of the shared ``select``.
    inputs
        Inputs of the paper: what ``model``, ``data`` and ``references`` may name.

    Returns
    -------
    PublishedTable

    Raises
    ------
    InputError
        See `read_paper`.
    """
    content = _toml(path)
    with located(path):
        _known(content, {"title", "note", "compute", "of_rows", "row"})
        shared = content.get("of_rows", {})
        _known(shared, _ROW - {"id", "what"})
        rows = []
        for entry in content.get("row", ()):
            with located(f"row '{entry.get('id', '?')}'"):
                rows.append(_row(entry, shared, inputs))
        names = [r.id for r in rows]
        twice = sorted({n for n in names if names.count(n) > 1})
        for part in (p for r in rows for p in r.parts if p not in names):
            raise InputError(f"no row '{part}' among the parts", fix=nearest(part, names))
        if twice or not rows:
            raise InputError(f"rows named twice: {twice}" if twice else "there is no row")
        name = path.stem.partition("_")[2] or path.stem
        return PublishedTable(
            name, content["title"], tuple(rows), content.get("note", ""), content.get("compute", "")
        )


def _row(
    entry: Mapping[str, Any], shared: Mapping[str, Any], inputs: Mapping[str, KnownInput]
) -> PublishedNumber:
    _known(entry, _ROW)
    whole = {**shared, **entry}
    at = whole.pop("at", {})
    select = {**shared.get("select", {}), **entry.get("select", {})}
    if select and not whole.get("apart"):
        whole["select"] = _select(select, at)
    else:
        whole.pop("select", None)
    for key, valid in _CHOICES.items():
        if key in whole and whole[key] not in valid:
            raise InputError(f"{key} is '{whole[key]}'", fix=nearest(str(whole[key]), valid))
    for key in _PRINTED:
        if not isinstance(whole.get(key, ""), str):
            raise InputError(
                f"{key} is {whole[key]!r}", expected='text, such as "0.50": its digits count'
            )
    for key in ("references", "needs", "parts"):
        whole[key] = tuple(whole.get(key, ()))
    unknown = sorted(set(whole["needs"]) - set(OPTIONS))
    if unknown:
        raise InputError(f"needs {unknown}", fix=nearest(unknown[0], OPTIONS))
    for named in (whole.get("model"), whole.get("data"), *whole["references"]):
        if named and named not in inputs:
            raise InputError(f"no input '{named}' of the paper", fix=nearest(named, inputs))
    row = PublishedNumber(**whole)
    _ = row.tolerance  # a row without a readable number is no row
    return row


def _select(given: Mapping[str, Any], at: Mapping[str, Any]) -> Select:
    _known(given, _SELECT)
    if given.get("reduce", "") not in REDUCTIONS:
        raise InputError(
            f"reduce is '{given['reduce']}'", fix=nearest(given["reduce"], REDUCTIONS[1:])
        )
    if given.get("kind", "model") not in get_args(Kind):
        raise InputError(f"kind is '{given['kind']}'", fix=nearest(given["kind"], get_args(Kind)))
    if bool(given.get("less")) != bool(given.get("along")) or (
        given.get("less") and "low" in given
    ):
        raise InputError(
            "select tells `less` without `along`, or with an interval",
            expected="the rows to take away, the column that pairs them, and no low or high: the "
            "interval of a difference is not that of either part",
        )
    where = given.get("where", {})
    tried = where if isinstance(where, list) else [where]
    return Select(**{**given, "where": tuple({**one, **at} for one in tried)})


def _input(key: str, given: Mapping[str, Any]) -> KnownInput:
    _known(given, {"name", "kind", "where", "facts", "note", "screen", "fetch"})
    where, facts, note = given.get("where", ""), dict(given.get("facts", {})), given.get("note", "")
    if "screen" in given:
        public = PUBLIC_SCREENS[given["screen"]]
        where = where or public.where
        facts = {"cell_line": public.cell_line, "modality": public.modality, **facts}
        note = note or public.note
    if "fetch" in given:
        resource = CATALOGUE[given["fetch"]]
        where = where or f"cellglass data fetch {resource.name} ({resource.title})"
        hashes = [f.sha256 or f.known_sha256 for f in resource.files]
        facts = {"sha256": [h for h in hashes if h], **facts}
    if given["kind"] not in KINDS:
        raise InputError(f"the kind of '{key}' is '{given['kind']}'", expected=", ".join(KINDS))
    return KnownInput(key, given["name"], given["kind"], where, facts, note)


def _toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), expected="data of a paper")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not valid TOML: {error}", where=str(path)) from error


def _known(given: Mapping[str, Any], valid: set[str]) -> None:
    unknown = sorted(set(given) - valid)
    if unknown:
        raise InputError(f"unknown key '{unknown[0]}'", fix=nearest(unknown[0], sorted(valid)))
