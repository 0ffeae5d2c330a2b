"""Enrichment in a study: one task a library, every kind of unit through the same pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cellglass.concepts.atlas.schema import TABLES
from cellglass.concepts.ontology.enrich import enrich, rerun
from cellglass.concepts.ontology.enrichment import Enrichment
from cellglass.concepts.ontology.libraries import Library, load_library
from cellglass.concepts.ontology.matched_null import matched_null
from cellglass.concepts.ontology.specificity import specificity
from cellglass.concepts.ontology.thinning import thinning
from cellglass.errors import InputError
from cellglass.runs.concepts_section import EnrichmentConfig
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.tasks import TaskContext
from cellglass.stats.parquet import write_parquet

from .gene_tables import GeneTables

TERMS, SHARES, UNITS, THINNED = (
    "terms.parquet", "shares.parquet", "units.parquet", "thinned.parquet",
)  # fmt: skip
PRERANKED = "concept"
"""Kind whose units are preranked as well: it costs most, and the others are there to compare."""


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
    """
    config = EnrichmentConfig(**enrichment)
    tables = GeneTables.read(context.input(attributed))
    try:
        loaded = load_library(
            library["source"], name=library["name"], ontology=library["graph"],
            aspect=library["aspect"] if library["source"] == "go" else None,
        )  # fmt: skip
        found = {
            kind: _of_kind(tables, kind, loaded, config, context.seed) for kind in tables.kinds
        }
    except InputError as error:
        (context.output / SUMMARY).write_text(json.dumps({"unmet": error.found}))
        return
    shares = [_shares(tables, kind, e, config, context.seed) for kind, e in found.items()]
    terms = [_terms(tables, e) for e in found.values()]
    about = [_about(tables, e) for e in found.values()]
    flat = rerun(found[PRERANKED], loaded, methods=("ora",))
    thinned = thinning(flat, seed=context.seed)
    for frame, name in (
        (pd.concat(terms, ignore_index=True), TERMS),
        (pd.concat(shares, ignore_index=True), SHARES),
        (pd.concat(about, ignore_index=True), UNITS),
        (thinned.reset_index(drop=True), THINNED),
    ):
        write_parquet(frame, context.output / name, {})
    notes = [n for e in found.values() for n in e.notes]
    (context.output / SUMMARY).write_text(
        json.dumps({"notes": list(dict.fromkeys([*loaded.notes, *notes])), "sets": len(loaded)})
    )


def _of_kind(
    tables: GeneTables, kind: str, library: Library, config: EnrichmentConfig, seed: int
) -> Enrichment:
    """All units of a kind; the false discovery rate is over them and the library's terms."""
    rows = tables.of_kind(kind)
    methods: Sequence[Any] = ("ora", "prerank") if kind == PRERANKED else ("ora",)
    if kind == PRERANKED and library.graph is not None:
        methods = (*methods, "elim")
    kept = tables.known[rows].any(0)
    return enrich(
        np.where(tables.known[rows], tables.scores[rows], np.nan)[:, kept].T, library,
        genes=tables.genes["gene"].to_numpy()[kept].tolist(),
        units=tables.units["name"].to_numpy()[rows].tolist(),
        tested=tables.known[rows][:, kept].T, gene_q=tables.q[rows][:, kept].T, methods=methods,
        q=config.fdr, smallest=config.smallest, largest=config.largest,
        permutations=config.permutations, seed=seed,
    )  # fmt: skip


def _shares(
    tables: GeneTables, kind: str, found: Enrichment, config: EnrichmentConfig, seed: int
) -> pd.DataFrame:
    """Annotated share of a kind beside random lists that are expressed alike."""
    about = tables.genes.set_index("gene").loc[list(found.genes)]
    nulls = matched_null(
        found, about["mean"].to_numpy(), about["detection"].to_numpy(), draws=config.null_lists,
        seed=seed, permutations=min(config.permutations, 200),
    )  # fmt: skip
    return pd.DataFrame(
        [
            {
                "library": found.library.name,
                "kind": kind,
                "method": method,
                "n_units": len(found.units),
                "share": null.share,
                "null_share": null.null_share,
                "null_sd": float(null.null_shares.std()),
                "excess": null.excess,
                "low": null.interval.low,
                "high": null.interval.high,
                "p": null.p,
                "draws": null.null_shares.size,
                "cannot_move": null.fixed,
            }
            for method, null in nulls.items()
        ]
    )


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
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
