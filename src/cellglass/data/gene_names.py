"""Resolving names of genes against a vocabulary, route by route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cellglass.data.gene_table import GeneTable, one_to_one
from cellglass.data.identifiers import is_ensembl, strip_version

if TYPE_CHECKING:
    import pandas as pd

NAME_COLUMNS = (
    "ensembl_id",
    "ensembl_gene_id",
    "ensembl",
    "gene_ids",
    "gene_id",
    "feature_id",
    "symbol",
    "gene_symbol",
    "gene_symbols",
    "gene_name",
    "gene_names",
    "gene_short_name",
    "feature_name",
    "hgnc_symbol",
    "name",
)
MISSING = {"", "nan", "None", "<NA>"}


@dataclass(frozen=True)
class NameSource:
    """One list of names for the genes: the index of ``var`` or one of its columns."""

    label: str
    names: tuple[str, ...]


def name_sources(var: pd.DataFrame, resolver: Resolver) -> list[NameSource]:
    """List the identifiers of ``var``, the list that matches the vocabulary best first.

    Parameters
    ----------
    var
        Table of the genes.
    resolver
        Knows the vocabulary.

    Returns
    -------
    list of NameSource
        Ties are settled in favour of the index, then of the order of `NAME_COLUMNS`.
    """
    sources = [NameSource("index", tuple(str(n) for n in var.index))]
    by_name = {str(c).lower(): c for c in var.columns}
    for wanted in NAME_COLUMNS:
        if wanted in by_name:
            column = var[by_name[wanted]]
            names = tuple("" if m else str(n) for n, m in zip(column, column.isna(), strict=True))
            sources.append(NameSource(str(by_name[wanted]), names))
    direct = [sum(bool(resolver.direct(n)[0]) for n in s.names) for s in sources]
    if not any(direct):
        direct = [sum(bool(resolver.any_route(n)[0]) for n in s.names) for s in sources]
    order = sorted(range(len(sources)), key=lambda i: -direct[i])
    return [sources[i] for i in order]


@dataclass(frozen=True)
class Resolver:
    """A vocabulary and the ways into it.

    Parameters
    ----------
    known
        Vocabulary names to ids.
    kind
        ``"symbol"`` or ``"ensembl"``.
    aliases
        Alias or old id (upper case) to vocabulary name.
    symbols
        Ensembl id to symbol.
    table
        Symbols, Ensembl ids and aliases of the genome.

    Notes
    -----
    Each method returns the vocabulary name and the route, or two empty strings.
    """

    known: Mapping[str, int]
    kind: str
    aliases: Mapping[str, str]
    symbols: Mapping[str, str]
    table: GeneTable | None

    def direct(self, name: str) -> tuple[str, str]:
        """Find a name as it is, or without its Ensembl version."""
        if name in MISSING:
            return "", ""
        if name in self.known:
            return name, "exact"
        bare = strip_version(name)
        return (bare, "version") if bare in self.known else ("", "")

    def alias(self, name: str) -> tuple[str, str]:
        """Find an alias or old id."""
        if name in MISSING:
            return "", ""
        for key in (name.upper(), strip_version(name)):
            target = self.aliases.get(key, "")
            if target in self.known:
                # a model's own table of names holds current symbols beside aliases
                return target, "symbol" if self.symbols.get(target) == name else "alias"
        if self.kind == "symbol" and self.table is not None:
            target = self.table.alias_to_symbol.get(name.upper(), "")
            if target in self.known:
                return target, "alias"
        return "", ""

    def translated(self, name: str) -> tuple[str, str]:
        """Find a symbol in an Ensembl vocabulary, or an Ensembl id in a vocabulary of symbols."""
        if name in MISSING:
            return "", ""
        if self.kind == "ensembl":
            return self._from_symbol(name)
        if self.table is not None and is_ensembl(name):
            target = self.table.ensembl_to_symbol.get(strip_version(name), "")
            if target in self.known:
                return target, "ensembl"
            target = self.alias(target)[0] if target else ""
            if target:
                return target, "ensembl"
        return "", ""

    def _from_symbol(self, name: str) -> tuple[str, str]:
        target = self._by_symbol.get(name, "")
        if target:
            return target, "symbol"
        if self.table is not None:
            symbol = name
            if symbol not in self.table.symbols:
                symbol = self.table.alias_to_symbol.get(name.upper(), "")
            target = self.table.symbol_to_ensembl.get(symbol, "")
            if target in self.known:
                return target, "symbol"
        return "", ""

    def folded(self, name: str) -> tuple[str, str]:
        """Find a name with upper and lower case ignored, if that names one gene."""
        if name in MISSING:
            return "", ""
        target = self._by_upper.get(name.upper(), "")
        return (target, "case") if target else ("", "")

    def any_route(self, name: str) -> tuple[str, str]:
        """Find a name by the first route that knows it."""
        for route in (self.direct, self.alias, self.translated, self.folded):
            found = route(name)
            if found[0]:
                return found
        return "", ""

    def resolve(self, sources: Sequence[NameSource]) -> list[tuple[str, str]]:
        """Resolve every gene: safer routes first, over all lists of names.

        Parameters
        ----------
        sources
            Lists of names, the best first; all of the same length.

        Returns
        -------
        list of (str, str)
            Vocabulary name and route of each gene.
        """
        found = [self.direct(name) for name in sources[0].names]
        for source in sources[1:]:
            for i, name in enumerate(source.names):
                if not found[i][0] and self.direct(name)[0]:
                    found[i] = (self.direct(name)[0], f"column {source.label}")
        for route in (self.alias, self.translated, self.folded):
            for source in sources:
                for i, name in enumerate(source.names):
                    if not found[i][0]:
                        found[i] = route(name)
        return found

    @cached_property
    def _by_symbol(self) -> dict[str, str]:
        """Vocabulary id of each symbol that names exactly one."""
        return one_to_one((s, e) for e, s in self.symbols.items() if e in self.known and s)

    @cached_property
    def _by_upper(self) -> dict[str, str]:
        """Vocabulary name of each upper-case spelling that means exactly one."""
        return one_to_one((n.upper(), n) for n in self.known)
