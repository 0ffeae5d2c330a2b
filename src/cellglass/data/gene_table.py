"""Gene names of a genome: symbols, Ensembl ids and aliases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cellglass.data.identifiers import is_ensembl, strip_version
from cellglass.data.tables import find_column, read_table
from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

ENSEMBL_COLUMNS = ("ensembl_gene_id", "ensembl_id", "gene_id", "gene_ids", "ensembl")
SYMBOL_COLUMNS = ("symbol", "gene_symbol", "gene_name", "gene")
ALIAS_COLUMNS = ("alias_symbol", "prev_symbol", "alias", "aliases", "synonyms", "previous_symbol")


@dataclass(frozen=True)
class GeneTable:
    """Which names belong to which gene.

    Parameters
    ----------
    pairs
        (symbol, Ensembl id) of each gene; either may be empty.
    aliases
        Alias or previous name to approved symbols, as (alias, symbol) pairs.
    name
        Where the table comes from.

    Notes
    -----
    A name that means several genes is no use for translating: `symbol_to_ensembl` keeps symbols
    of exactly one Ensembl id, and `alias_to_symbol` keeps aliases of exactly one symbol which are
    not themselves the approved symbol of another gene.

    Examples
    --------
    >>> table = GeneTable((("TP53", "ENSG00000141510"),), (("P53", "TP53"),))
    >>> table.alias_to_symbol["P53"], table.symbol_to_ensembl["TP53"]
    ('TP53', 'ENSG00000141510')
    """

    pairs: tuple[tuple[str, str], ...]
    aliases: tuple[tuple[str, str], ...] = ()
    name: str = field(default="")

    def __len__(self) -> int:
        return len(self.pairs)

    @cached_property
    def symbols(self) -> frozenset[str]:
        """Approved symbols."""
        return frozenset(s for s, _ in self.pairs if s)

    @cached_property
    def ensembl_to_symbol(self) -> Mapping[str, str]:
        """Symbol of each Ensembl id that has one."""
        return one_to_one((e, s) for s, e in self.pairs if s and e)

    @cached_property
    def symbol_to_ensembl(self) -> Mapping[str, str]:
        """Ensembl id of each symbol that has exactly one."""
        return one_to_one((s, e) for s, e in self.pairs if s and e)

    @cached_property
    def alias_to_symbol(self) -> Mapping[str, str]:
        """Approved symbol of each unambiguous alias (upper case)."""
        taken = {s.upper() for s in self.symbols}
        return one_to_one((a.upper(), s) for a, s in self.aliases if a and a.upper() not in taken)

    @classmethod
    def from_files(cls, *paths: str | Path) -> GeneTable:
        """Read gene tables and join them.

        Parameters
        ----------
        paths
            HGNC complete set (``symbol``, ``alias_symbol``, ``prev_symbol``,
            ``ensembl_gene_id``), a GENCODE-like table (``ensembl_id``, ``symbol``), or any table
            with one column of symbols and one of Ensembl ids, or of aliases and symbols; TSV or
            CSV, gzip allowed.

        Returns
        -------
        GeneTable

        Raises
        ------
        InputError
            If a table has no column of symbols.
        """
        pairs: list[tuple[str, str]] = []
        aliases: list[tuple[str, str]] = []
        for path in paths:
            more_pairs, more_aliases = _read(Path(path))
            pairs += more_pairs
            aliases += more_aliases
        name = ", ".join(Path(p).name for p in paths)
        return cls(tuple(dict.fromkeys(pairs)), tuple(dict.fromkeys(aliases)), name)

    @classmethod
    def from_mapping(cls, symbol_to_ensembl: Mapping[str, str], name: str = "") -> GeneTable:
        """Build from a mapping of symbols to Ensembl ids."""
        pairs = tuple((s, strip_version(e)) for s, e in symbol_to_ensembl.items())
        return cls(pairs, (), name)


def one_to_one(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keep the keys that always come with the same value.

    Parameters
    ----------
    pairs
        (key, value) pairs, repeated or not.

    Returns
    -------
    dict

    Examples
    --------
    >>> one_to_one([("a", "x"), ("b", "y"), ("b", "z")])
    {'a': 'x'}
    """
    found: dict[str, str] = {}
    ambiguous: set[str] = set()
    for key, value in pairs:
        if found.setdefault(key, value) != value:
            ambiguous.add(key)
    return {k: v for k, v in found.items() if k not in ambiguous}


def _read(path: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    frame = read_table(path)
    symbol = find_column(frame, SYMBOL_COLUMNS)
    ensembl = find_column(frame, ENSEMBL_COLUMNS)
    if ensembl is None:
        ensembl = next((c for c in frame.columns if _mostly_ensembl(frame[c])), None)
    others = [c for c in frame.columns if c != ensembl]
    if symbol is None and ensembl is not None and len(others) == 1:
        symbol = others[0]
    if symbol is None:
        raise InputError(
            f"no column of symbols among {', '.join(map(str, frame.columns[:8]))}",
            where=str(path),
            expected=f"a column named {', '.join(SYMBOL_COLUMNS)}",
        )
    ids = [""] * len(frame) if ensembl is None else [strip_version(e) for e in frame[ensembl]]
    pairs = [(s, e if is_ensembl(e) else "") for s, e in zip(frame[symbol], ids, strict=True)]
    aliases = []
    for column in frame.columns:
        if str(column).lower() in ALIAS_COLUMNS:
            for text, approved in zip(frame[column], frame[symbol], strict=True):
                names = text.strip('"').replace(",", "|").split("|")
                aliases += [(a.strip(), approved) for a in names if a.strip()]
    return [p for p in pairs if any(p)], aliases


def _mostly_ensembl(column: pd.Series) -> bool:
    head = [str(v) for v in column.head(200) if v]
    return bool(head) and sum(map(is_ensembl, head)) > 0.5 * len(head)
