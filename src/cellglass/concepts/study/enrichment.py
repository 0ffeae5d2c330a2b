"""Enrichment in a study: one task a library, every kind of unit through the same pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.concepts.atlas.schema import TABLES
from cellglass.concepts.ontology.enrich import enrich
from cellglass.concepts.ontology.enrichment import Enrichment, EnrichmentOptions, Method
from cellglass.concepts.ontology.gene_lists import gene_lists
from cellglass.concepts.ontology.libraries import Library, load_library
from cellglass.concepts.ontology.matched_null import MatchedNull, matched_null
from cellglass.concepts.ontology.specificity import UNIT_COLUMNS, specificity
from cellglass.concepts.ontology.thinning import SHARES as SHARES_REMOVED
from cellglass.concepts.ontology.thinning import thinning
from cellglass.errors import InputError
from cellglass.runs.concepts_section import EnrichmentConfig
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.tasks import TaskContext
from cellglass.stats.parquet import write_parquet

from .editions import under_older_edition
from .gene_tables import GeneTables

TERMS, SHARES, UNITS, THINNED, EDITIONS = (
    "terms.parquet", "shares.parquet", "units.parquet", "thinned.parquet", "editions.parquet",
)  # fmt: skip
PRERANKED = "concept"
"""Kind whose units are preranked as well: it costs most, and the others are there to compare."""
UNKNOWN = dict.fromkeys(
    ("null_share", "null_sd", "excess", "low", "high", "low90", "high90", "p", "cannot_move"),
    float("nan"),
)
PRERANKED_LISTS = 1
"""Random gene lists a unit for the preranked test: each takes as long as the test itself, and with
fewer permutations nothing would be found in either."""


def enrich_library(
    context: TaskContext,
    *,
    attributed: str,
    library: Mapping[str, Any],
    enrichment: Mapping[str, Any],
) -> None:
    """Test all units in one library; leave terms, annotated shares beside nulls, specificity.

    Parameters
    ----------
    context
        Reads the task named.
    attributed
        Task that attributed genes to units.
    library
        Of `cellglass.models.gene_set_sources.gene_set_params`.
    enrichment
        Section ``concepts.enrichment`` of the study.

    Notes
    -----
    Where concepts cannot be tested, only the reason is left, and the study goes on. A kind none
    of whose units has a list of genes counts with a share of 0; a kind that cannot be tested for
    another reason is left out, and told.
    """
    config = EnrichmentConfig(**enrichment)
    tables = GeneTables.read(context.input(attributed))
    n = len(tables.of_kind(PRERANKED))
    if n < 2:
        _leave_reason(context, f"{n} of the concepts have genes, and at least 2 are needed")
        return
    try:
        loaded = load_library(
            library["source"], name=library["name"], ontology=library["graph"],
            aspect=library["aspect"] if library["source"] == "go" else None,
        )  # fmt: skip
        concepts = _of_kind(tables, PRERANKED, loaded, config, context.seed)
    except InputError as error:
        _leave_reason(context, error.found)
        return
    found, silent, notes = _other_kinds(tables, loaded, config, context.seed)
    found = {PRERANKED: concepts, **found}
    thinned, untold = _thinned(concepts, loaded, context.seed)
    editions, unread = under_older_edition(
        _only(concepts, "ora"), loaded, library["older"], library["graph"]
    )
    shares = [_shares(tables, kind, e, config, context.seed) for kind, e in found.items()]
    about = [_about(tables, e) for e in found.values()]
    for kind in silent:
        shares.append(_no_share(tables, kind, loaded))
        about.append(_about_silent(tables, kind, loaded))
    for frame, name in (
        (_together([_terms(tables, e) for e in found.values()]), TERMS),
        (pd.concat(shares, ignore_index=True), SHARES),
        (pd.concat(about, ignore_index=True), UNITS),
        (thinned, THINNED),
        (editions, EDITIONS),
    ):
        write_parquet(frame, context.output / name, {})
    told = [f"{loaded.name}: {n}." for n in loaded.notes]
    told += [f"{loaded.name}, kind {kind}: {n}." for kind, e in found.items() for n in e.notes]
    (context.output / SUMMARY).write_text(
        json.dumps({"notes": [*told, *notes, *untold, *unread], "sets": len(loaded)})
    )


def _other_kinds(
    tables: GeneTables, library: Library, config: EnrichmentConfig, seed: int
) -> tuple[dict[str, Enrichment], list[str], list[str]]:
    """Kinds beside concepts that were tested, those without any gene list, and notes."""
    found: dict[str, Enrichment] = {}
    silent, notes = [], []
    for kind in tables.kinds:
        if kind == PRERANKED:
            continue
        if not _lists(tables, kind, config).any():
            silent.append(kind)
            notes.append(
                f"{library.name}, kind {kind}: no unit has a gene in its list, so none "
                "is annotated."
            )
            continue
        try:
            found[kind] = _of_kind(tables, kind, library, config, seed)
        except InputError as error:
            notes.append(f"{library.name}, kind {kind}: not tested, {error.found}.")
    return found, silent, notes


def _leave_reason(context: TaskContext, why: str) -> None:
    (context.output / SUMMARY).write_text(json.dumps({"unmet": why}))


def _thinned(found: Enrichment, library: Library, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """Results under thinned annotations, as far as a small library can be thinned."""
    flat = _only(found, "ora")
    parts: list[pd.DataFrame] = []
    notes = []
    for share in SHARES_REMOVED:
        try:
            table = thinning(flat, shares=[share], seed=seed)
        except InputError as error:
            notes.append(
                f"{library.name}: nothing can be tested with {share:.0%} of the annotations "
                f"removed: {error.found}."
            )
            continue
        # the first row is that of all annotations
        parts.append(table[1:] if parts else table)
    if not parts:
        return pd.DataFrame({"library": []}), notes
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "library", library.name)
    return table, notes


def _only(found: Enrichment, method: Method) -> Enrichment:
    """The tests of one method."""
    return replace(
        found, results={method: found.results[method]},
        options=replace(found.options, methods=(method,)),
    )  # fmt: skip


def _lists(tables: GeneTables, kind: str, config: EnrichmentConfig) -> NDArray[np.bool_]:
    """Genes in the list of each unit of a kind, units x genes."""
    rows = tables.of_kind(kind)
    known = tables.known[rows]
    return gene_lists(
        np.where(known, tables.scores[rows], 0.0), known, tables.genes["gene"].tolist(),
        rule=config.list_rule, threshold=config.threshold,
        gene_q=_gene_q(tables, rows, config), gene_level=EnrichmentOptions().gene_level,
    )  # fmt: skip


def _gene_q(
    tables: GeneTables, rows: NDArray[np.int64], config: EnrichmentConfig
) -> NDArray[np.float64] | None:
    """Adjusted p of each score, which the paper's cutoff asks for beside the score."""
    return tables.q[rows] if config.list_rule == "cutoff" else None


def _of_kind(
    tables: GeneTables, kind: str, library: Library, config: EnrichmentConfig, seed: int
) -> Enrichment:
    """All units of a kind; the false discovery rate is over them and the library's terms."""
    rows = tables.of_kind(kind)
    methods: Sequence[Any] = ("ora", "prerank") if kind == PRERANKED else ("ora",)
    if kind == PRERANKED and library.graph is not None:
        methods = (*methods, "elim")
    kept = tables.known[rows].any(0)
    gene_q = _gene_q(tables, rows, config)
    return enrich(
        np.where(tables.known[rows], tables.scores[rows], np.nan)[:, kept].T, library,
        genes=tables.genes["gene"].to_numpy()[kept].tolist(),
        units=tables.units["name"].to_numpy()[rows].tolist(),
        tested=tables.known[rows][:, kept].T,
        gene_q=None if gene_q is None else gene_q[:, kept].T, methods=methods,
        list_rule=config.list_rule, threshold=config.threshold, q=config.fdr,
        smallest=config.smallest, largest=config.largest,
        permutations=config.permutations, seed=seed,
    )  # fmt: skip


def _shares(
    tables: GeneTables, kind: str, found: Enrichment, config: EnrichmentConfig, seed: int
) -> pd.DataFrame:
    """Annotated share of a kind beside random lists that are expressed alike."""
    about = tables.genes.set_index("gene").loc[list(found.genes)]
    common = {"library": found.library.name, "kind": kind, "n_units": len(found.units)}
    if len(found.units) < 2:
        # one unit has a share, but nothing to resample
        share = found.annotated_share()
        return pd.DataFrame([{**common, "method": "ora", "share": share, **UNKNOWN, "draws": 0}])
    expressed = about["mean"].to_numpy(), about["detection"].to_numpy()
    nulls: dict[str, MatchedNull] = {}
    for method in found.options.methods:
        draws = PRERANKED_LISTS if method == "prerank" else config.null_lists
        nulls |= matched_null(_only(found, method), *expressed, draws=draws, seed=seed)
    return pd.DataFrame(
        [
            {
                **common,
                "method": method,
                "share": null.share,
                "null_share": null.null_share,
                "null_sd": float(null.null_shares.std())
                if null.null_shares.size > 1
                else float("nan"),
                "excess": null.excess,
                "low": null.interval.low,
                "high": null.interval.high,
                "low90": null.interval90.low,
                "high90": null.interval90.high,
                "p": null.p
                if null.null_shares.size > 1
                else paired_p(found.annotated(method), null.unit_null),
                "cannot_move": null.fixed,
                "draws": null.null_shares.size,
            }
            for method, null in nulls.items()
        ]
    )


def paired_p(annotated: NDArray[np.bool_], by_chance: NDArray[np.floating]) -> float:
    """Exact sign test of units annotated by their genes alone against by a random list alone.

    Parameters
    ----------
    annotated
        Whether each unit is.
    by_chance
        Whether its one random list is, 0 or 1.

    Returns
    -------
    float
        One-sided p; 1 where no unit differs from its list.

    Examples
    --------
    >>> paired_p(np.array([True] * 5 + [False]), np.zeros(6))
    0.03125
    """
    from scipy.stats import binom

    chance = by_chance > 0.5
    alone, lists = int((annotated & ~chance).sum()), int((~annotated & chance).sum())
    return float(binom.sf(alone - 1, alone + lists, 0.5)) if alone + lists else 1.0


def _no_share(tables: GeneTables, kind: str, library: Library) -> pd.DataFrame:
    """Share of a kind without gene lists: random lists would be as empty."""
    zero = dict.fromkeys(("share", "null_share", "null_sd", "excess"), 0.0)
    n = len(tables.of_kind(kind))
    common = {"library": library.name, "kind": kind, "n_units": n, "method": "ora", "draws": 0}
    return pd.DataFrame([{**common, **UNKNOWN, **zero}])


def _terms(tables: GeneTables, found: Enrichment) -> pd.DataFrame:
    """Significant terms, by the columns of the atlas."""
    number = dict(zip(tables.units["name"], tables.units["unit"], strict=True))
    parts = []
    for method in found.results:
        called = found.frame(method)
        if called.empty:
            continue
        ranked = method == "prerank"
        parts.append(
            pd.DataFrame(
                {
                    "unit": called["unit"].map(number),
                    "library": called["library"],
                    "term": called["term"],
                    "term_name": called["label"],
                    "method": method,
                    "overlap": -1 if ranked else called["overlap"],
                    "size": called["set_size"],
                    "effect": called["nes"] if ranked else called["fold"],
                    "p": called["p"],
                    "q": called["q"],
                    "genes": called["genes"].str.replace(";", ","),
                }
            )
        )
    if not parts:
        return pd.DataFrame({c: [] for c in TABLES["enrichment"].columns})
    return pd.concat(parts, ignore_index=True)


def _about(tables: GeneTables, found: Enrichment) -> pd.DataFrame:
    """How specific the terms of each unit are."""
    number = dict(zip(tables.units["name"], tables.units["unit"], strict=True))
    table = specificity(found).units.reset_index()
    first = table.columns[0]
    table = table.rename(columns={first: "name"})
    table.insert(0, "unit", table["name"].map(number))
    table.insert(1, "library", found.library.name)
    table["annotated"] = found.annotated()
    return table.drop(columns="name")


def _about_silent(tables: GeneTables, kind: str, library: Library) -> pd.DataFrame:
    """The same of units without a gene list: none is annotated."""
    nothing = dict(zip(UNIT_COLUMNS, (0, 0, *[np.nan] * 5, ""), strict=True))
    return pd.DataFrame(
        [
            {"unit": unit, "library": library.name, **nothing, "annotated": False}
            for unit in tables.units["unit"].to_numpy()[tables.of_kind(kind)]
        ]
    )


def read_enrichment(folders: Mapping[str, Path], name: str) -> pd.DataFrame:
    """One table of all libraries that could be tested; empty where none could.

    Parameters
    ----------
    folders
        Result folder of each library.
    name
        File name of the table.
    """
    parts = [pd.read_parquet(f / name) for f in folders.values() if (f / name).is_file()]
    return _together(parts) if parts else pd.DataFrame()


def _together(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables under one another; empty ones, whose columns have no type, change no type."""
    full = [t for t in tables if len(t)]
    return pd.concat(full, ignore_index=True) if full else tables[0]
