"""Kinds of gene identifiers: symbols and Ensembl ids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

IdentifierKind = Literal["symbol", "ensembl", "mixed", "unknown"]

ENSEMBL = re.compile(r"^(ENS[A-Z]{0,6}G\d{11})(\.\d+)?(_PAR_Y)?$", re.IGNORECASE)
SYMBOL = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.\-_@/*]*[A-Za-z0-9*]?$")
ACCESSION = re.compile(r"^(ENS[A-Z]*[TPE]\d{11}|[NX][MRP]_\d+|\d+)(\.\d+)?$", re.IGNORECASE)
MOSTLY = 0.9


def strip_version(name: str) -> str:
    """Ensembl gene id without version or PAR suffix, upper case; other names unchanged.

    Parameters
    ----------
    name
        Any identifier.

    Returns
    -------
    str

    Examples
    --------
    >>> strip_version("ENSG00000141510.18"), strip_version("HLA-A")
    ('ENSG00000141510', 'HLA-A')
    """
    match = ENSEMBL.match(name)
    return match.group(1).upper() if match else name


def is_ensembl(name: str) -> bool:
    """Whether a name is an Ensembl gene id, with or without version."""
    return ENSEMBL.match(name) is not None


def guess_identifier(names: Iterable[str]) -> IdentifierKind:
    """Guess the kind of a list of gene identifiers.

    Parameters
    ----------
    names
        Identifiers; empty strings are ignored.

    Returns
    -------
    str
        ``"ensembl"`` or ``"symbol"`` if nine in ten are, ``"mixed"`` if both kinds occur,
        ``"unknown"`` else (transcripts, RefSeq or Entrez numbers, free text).

    Examples
    --------
    >>> guess_identifier(["ENSG00000141510.18", "ENSG00000012048"])
    'ensembl'
    >>> guess_identifier(["TP53", "HLA-DRA", "C1orf43"])
    'symbol'
    """
    n_ensembl = n_symbol = n = 0
    for name in names:
        text = str(name)
        if not text:
            continue
        n += 1
        if is_ensembl(text):
            n_ensembl += 1
        elif SYMBOL.match(text) and not ACCESSION.match(text):
            n_symbol += 1
    if n == 0:
        return "unknown"
    if n_ensembl >= MOSTLY * n:
        return "ensembl"
    if n_symbol >= MOSTLY * n:
        return "symbol"
    if n_ensembl and n_ensembl + n_symbol >= MOSTLY * n:
        return "mixed"
    return "unknown"
