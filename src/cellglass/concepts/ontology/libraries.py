"""Libraries of gene sets, each a multiplicity family of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from cellglass.data import CATALOGUE, GeneSets, Ontology, OntologySimilarity, cached
from cellglass.data.references import load_gene_sets
from cellglass.data.tables import read_table, read_text
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

GO_ID = re.compile(r"GO:\d{7}")
MOSTLY = 0.9
PANGLAO_COLUMNS = {"species", "official gene symbol", "cell type", "canonical marker"}
GRAPHS = ("go-basic.obo*", "go_basic*", "go.obo*")
"""Files beside a file of GO sets that are taken for the ontology."""


@dataclass(frozen=True, eq=False)
class Library:
    """Gene sets that are tested together: one false discovery rate over units x its sets.

    Parameters
    ----------
    name
        Name in tables.
    sets
        What is tested; for an ontology, with the genes of the terms below.
    graph
        The is_a graph, where the sets are terms of one.
    direct
        Annotations before they were propagated.
    notes
        What loading did.

    Examples
    --------
    >>> library = Library("mine", GeneSets({"a": ("G1", "G2"), "b": ("G1",)}))
    >>> library.content["b"]
    1.0
    """

    name: str
    sets: GeneSets
    graph: Ontology | None = field(default=None, repr=False)
    direct: GeneSets | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sets)

    def label(self, term: str) -> str:
        """Readable name of a set: its description, else its name."""
        text = self.sets.descriptions.get(term, "")
        return text if text and not text.startswith("http") else term

    @cached_property
    def parents(self) -> Mapping[str, tuple[str, ...]]:
        """Parents of each set along the graph; InputError where there is none."""
        if self.graph is None:
            raise InputError(
                f"library {self.name} has no graph", where="parents of terms",
                fix="load it with ontology=go-basic.obo, or test it flat",
            )  # fmt: skip
        return {t: self.graph.terms[t].parents for t in self.sets.sets}

    @cached_property
    def similarity(self) -> OntologySimilarity | None:
        """Similarity of terms; None without a graph."""
        return None if self.graph is None else OntologySimilarity.of(self.graph, self.sets)

    @cached_property
    def content(self) -> Mapping[str, float]:
        """Information content in bits: -log2 of the share of annotated genes in the set."""
        if self.similarity is not None:
            return self.similarity.content
        n = len(self.sets.genes)
        return {t: float(np.log2(n / len(g))) for t, g in self.sets.sets.items()}

    def thinned(self, share: float, *, seed: int = DEFAULT_SEED) -> Library:
        """Forget a share of the annotations.

        Parameters
        ----------
        share
            Share of (set, gene) pairs removed, at least 0 and below 1. Along a graph direct
            annotations are removed (the most specific ones where only propagated sets are at
            hand), and the rest is propagated anew.
        seed
            Root seed.

        Returns
        -------
        Library

        Raises
        ------
        InputError
            If the share is out of range or nothing is left.
        """
        if not 0 <= share < 1:
            raise InputError(f"share is {share}", where="thinning", expected="0 to below 1")
        source = self.sets
        if self.graph is not None:
            source = self.direct or _most_specific(self.sets, self.graph)
        rng = generator(seed, f"thinning/{self.name}/{share:g}")
        cut: dict[str, tuple[str, ...]] = {}
        for term, genes in source.sets.items():
            stays = rng.random(len(genes)) >= share
            kept = tuple(g for g, stay in zip(genes, stays, strict=True) if stay)
            if kept:
                cut[term] = kept
        if not cut:
            raise InputError("no annotation is left", where=f"thinning of {self.name}")
        less = replace(source, sets=cut)
        note = f"{share:.0%} of the annotations removed at random"
        sets = less if self.graph is None else less.propagate(self.graph)
        return replace(
            self,
            sets=sets,
            direct=None if self.graph is None else less,
            notes=(*self.notes, note),
        )


def _most_specific(sets: GeneSets, graph: Ontology) -> GeneSets:
    """Of each term, the genes that no term below it has."""
    below: dict[str, set[str]] = {}
    for term, genes in sets.sets.items():
        for parent in graph.terms[term].parents:
            below.setdefault(parent, set()).update(genes)
    kept = {t: tuple(g for g in genes if g not in below.get(t, ())) for t, genes in
            sets.sets.items()}  # fmt: skip
    return replace(sets, sets={t: genes for t, genes in kept.items() if genes})


def load_library(
    source: str | Path,
    *,
    name: str | None = None,
    ontology: str | Path | Ontology | None = None,
    aspect: str | None = None,
    propagate: bool = True,
    canonical: bool = True,
    normal: bool = True,
    cache: str | Path | None = None,
) -> Library:
    """Load gene sets by name or from a file of any known layout.

    Parameters
    ----------
    source
        ``"go"`` or ``"reactome"`` (fetched before), or a file: GMT (also Enrichr's, MSigDB's and
        CellMarker's), a decoupler table (source, target), PanglaoDB's markers.
    name
        Name in tables; that of the file where None.
    ontology
        The graph or its file; where None, ``go-basic.obo`` or ``go_basic*`` beside the file, or
        that in the cache, for sets that are GO terms.
    aspect
        ``"P"``, ``"F"`` or ``"C"`` of ``"go"``: each a library of its own.
    propagate
        Whether GO terms get the genes of the terms below them.
    canonical
        Of PanglaoDB, human markers marked canonical only; else all human ones.
    normal
        Of CellMarker, cell types of normal tissue only.
    cache
        Folder of the cache.

    Returns
    -------
    Library
        Sets whose names end with a GO id in brackets (Enrichr) are renamed to the id.

    Raises
    ------
    InputError, NotFetched
        If there is no such file or name, or it holds no sets.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.concepts.load_library("go_bp.gmt.gz", ontology="go-basic.obo")  # doctest: +SKIP
    """
    path = Path(source)
    label = name or (f"{source} {aspect}" if aspect else _short(path))
    if str(source) in CATALOGUE:
        sets = load_gene_sets(source, cache=cache, aspect=aspect)
        graph = _graph(ontology, cached(str(source), cache=cache)) if _is_go(sets) else None
        return Library(label, sets, graph, None, sets.notes)
    if path.is_file() and _is_panglao(path):
        return _plain(label, read_panglao(path, canonical=canonical))
    sets = load_gene_sets(path, cache=cache)
    if normal and all(_cell_marker_state(sets.descriptions.get(s, "")) for s in sets.sets):
        sets = _of_normal_tissue(sets)
    sets = by_go_id(sets)
    graph = _graph(ontology, path) if _is_go(sets) else None
    if graph is None:
        if _is_go(sets):
            note = "no ontology at hand: direct annotations only, no depth, no similarity"
            sets = replace(sets, notes=(*sets.notes, note))
        return _plain(label, sets)
    if not propagate:
        return _plain(label, sets)
    closed = sets.propagate(graph)
    return Library(label, closed, graph, sets, closed.notes)


def _plain(label: str, sets: GeneSets) -> Library:
    return Library(label, sets, None, None, sets.notes)


def _short(path: Path) -> str:
    return re.sub(r"(\.(gmt|tsv|csv|txt|parquet|zip|gz))+$", "", path.name)


def read_panglao(path: str | Path, *, canonical: bool = True) -> GeneSets:
    """Read human markers of cell types from PanglaoDB's table.

    Parameters
    ----------
    path
        ``PanglaoDB_markers_*.tsv.gz`` with its original columns.
    canonical
        Only rows with 1 in "canonical marker".

    Returns
    -------
    GeneSets
        One set a cell type; rows whose species is not human are left out and counted.

    Raises
    ------
    InputError
        If columns are missing or no row is left.

    Examples
    --------
    >>> read_panglao("PanglaoDB_markers_27_Mar_2020.tsv.gz").name  # doctest: +SKIP
    'PanglaoDB'
    """
    frame = read_table(Path(path))
    lacking = PANGLAO_COLUMNS - set(frame.columns)
    if lacking:
        raise InputError(f"columns {sorted(lacking)} are missing", where=str(path))
    human = frame["species"].str.split().apply(lambda s: "Hs" in s)
    good = human & (frame["canonical marker"].isin(["1", "1.0"]) if canonical else True)
    members: dict[str, dict[str, None]] = {}
    for cell, gene in zip(
        frame["cell type"][good], frame["official gene symbol"][good], strict=True
    ):
        if cell and gene:
            members.setdefault(str(cell), {})[str(gene)] = None
    if not members:
        raise InputError("no human marker was found", where=str(path))
    note = f"{int(good.sum()):,} of {len(frame):,} rows: human" + (", canonical" * canonical)
    sets = {cell: tuple(genes) for cell, genes in sorted(members.items())}
    return GeneSets(sets, name="PanglaoDB", notes=(note,))


def by_go_id(sets: GeneSets) -> GeneSets:
    """Name sets by the GO id in brackets at the end of their names, as Enrichr writes them.

    Parameters
    ----------
    sets
        Gene sets.

    Returns
    -------
    GeneSets
        Unchanged where nine in ten names carry no id; the text becomes the description.

    Examples
    --------
    >>> by_go_id(GeneSets({"T cell activation (GO:0042110)": ("CD2",)})).descriptions
    {'GO:0042110': 'T cell activation'}
    """
    found = {name: re.fullmatch(r"(.*?)\s*\((GO:\d{7})\)", name) for name in sets.sets}
    if sum(m is not None for m in found.values()) <= MOSTLY * len(sets):
        return sets
    matched = {name: m for name, m in found.items() if m is not None}
    genes = {m.group(2): sets.sets[name] for name, m in matched.items()}
    texts = {m.group(2): m.group(1) for m in matched.values()}
    return replace(sets, sets=genes, descriptions=texts)


def _is_go(sets: GeneSets) -> bool:
    named = sum(GO_ID.fullmatch(name) is not None for name in sets.sets)
    return named > MOSTLY * len(sets)


def _is_panglao(path: Path) -> bool:
    if path.read_bytes()[:4] in (b"PK\x03\x04", b"PAR1"):  # archive of Reactome, Parquet table
        return False
    header = read_text(path).split("\n", 1)[0]
    return set(header.strip().split("\t")) >= PANGLAO_COLUMNS


def _cell_marker_state(description: str) -> str:
    """State of "tissue, state, cell type"; empty for other descriptions."""
    parts = [p.strip() for p in description.split(",")]
    return parts[1] if len(parts) >= 3 else ""


def _of_normal_tissue(sets: GeneSets) -> GeneSets:
    texts = sets.descriptions
    kept = {s: g for s, g in sets.sets.items() if _cell_marker_state(texts[s]) == "Normal"}
    if not kept:
        return sets
    note = f"{len(kept):,} of {len(sets):,} sets: normal tissue"
    return replace(sets, sets=kept, notes=(*sets.notes, note))


def _graph(ontology: str | Path | Ontology | None, beside: Path | None) -> Ontology | None:
    if isinstance(ontology, Ontology):
        return ontology
    if ontology is not None:
        return Ontology.read(ontology)
    held = cached("go")
    for place in (beside, held):
        if place is None:
            continue
        for pattern in GRAPHS:
            hits = sorted(place.parent.glob(pattern))
            if hits:
                return Ontology.read(hits[0])
    return None
