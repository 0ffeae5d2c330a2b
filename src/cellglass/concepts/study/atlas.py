"""Writing the atlas of a model: everything that the other steps found, unit by unit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from cellglass.concepts.atlas.content import AtlasContent
from cellglass.concepts.atlas.schema import TABLES
from cellglass.concepts.atlas.write import fill_atlas
from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.statistics.activity import unit_activity
from cellglass.concepts.statistics.association import label_association
from cellglass.concepts.statistics.information import label_information
from cellglass.concepts.statistics.matching import match_directions
from cellglass.concepts.statistics.redundancy import coactivation
from cellglass.concepts.statistics.technical import flag_technical
from cellglass.concepts.unit_files import read_units
from cellglass.runs.tasks import TaskContext

from .cells import BATCH, DONOR, LABEL, donor_column, label_column, read_store
from .curves import CURVES
from .description import LIBRARY, library_sizes
from .dictionaries import read_dictionaries
from .enrichment import TERMS, UNITS, read_enrichment
from .gene_tables import CHECKS, GENES_FILE, PROTOTYPES, SWAPS, GeneTables, sources_of
from .names import SPLIT, seed_folder
from .units import ACTIVATIONS

SPLITS = np.array(["train", "validation", "test"])
PAIRS_KEPT = 10
COACTIVE = 5


def write(
    context: TaskContext,
    *,
    model: str,
    embedded: str,
    dictionaries: str,
    units: str,
    attributed: str,
    curves: str,
    libraries: Mapping[str, str],
    interventions: str | None,
    settings: Mapping[str, Any],
) -> None:
    """Write an atlas into the task's folder.

    Parameters
    ----------
    context
        Reads the tasks named.
    model
        Name of the model.
    embedded, dictionaries, units, attributed, curves, libraries, interventions
        Tasks that embedded, trained, chose units, attributed, drew curves, enriched, intervened.
    settings
        Section ``concepts`` of the study, for the record.
    """
    store = read_store(context.input(embedded))
    trained = context.input(dictionaries)
    tables = GeneTables.read(context.input(attributed))
    joined = read_units(context.input(units) / "units")
    source = sources_of(tables.units)
    active = sparse.load_npz(context.input(units) / ACTIVATIONS).tocsc()[:, source]
    folder = context.input(attributed)
    enriched = {name: context.input(task) for name, task in libraries.items()}
    library = library_sizes(context, embedded)
    found: dict[str, pd.DataFrame] = {
        "units": described(tables, active, store.obs, library, read_enrichment(enriched, UNITS)),
        "cells": _cells(store.obs, np.load(trained / SPLIT), _map(store.array)),
        "genes": tables.genes,
        "attribution": pd.read_parquet(folder / GENES_FILE)[list(TABLES["attribution"].columns)],
        "prototypes": _strongest(pd.read_parquet(folder / PROTOTYPES)),
        "swaps": pd.read_parquet(folder / SWAPS),
        "matches": _matches(tables, joined.directions[source], read_dictionaries(trained)),
        "coactivation": _coactive(tables, active),
        "curves": _deletion(pd.read_parquet(context.input(curves) / CURVES)),
    }  # fmt: skip
    terms = read_enrichment(enriched, TERMS)
    if len(terms):
        found["enrichment"] = terms[list(TABLES["enrichment"].columns)]
    if interventions is not None:
        path = context.input(interventions) / "interventions.parquet"
        if path.is_file():
            found["interventions"] = pd.read_parquet(path)[list(TABLES["interventions"].columns)]
    dictionary = Dictionary.read(trained / seed_folder(0))
    content = AtlasContent(
        model, found, sparse.csr_matrix(active.T), joined.directions[source],
        dictionary.transform.mean, dictionary.transform.scale, tables.scores.astype(np.float32),
        _meta(store.meta, dictionary, folder, settings), trained / seed_folder(0),
    )  # fmt: skip
    fill_atlas(content, context.output)


def described(
    tables: GeneTables,
    active: sparse.csc_matrix,
    obs: pd.DataFrame,
    library: NDArray[np.floating],
    enriched: pd.DataFrame,
) -> pd.DataFrame:
    """The table of units: the same columns for every kind.

    Parameters
    ----------
    tables
        Units and their genes.
    active
        Activations, cells x units.
    obs, library
        Of the cells: labels, donors, batches; their counts.
    enriched
        How specific the terms of each unit are; empty where no library was at hand.
    """
    names = tables.units["name"].tolist()
    donors = obs[DONOR].to_numpy() if donor_column(obs) else None
    base = unit_activity(active, names, donors=donors)
    kept = ["n_active", "dead", "frequency", "frequency_low", "frequency_high", "mean_active",
            "max", "gini", "hoyer"]  # fmt: skip
    parts = [tables.units.reset_index(drop=True), base[kept]]
    technical: dict[str, Any] = {LIBRARY: library}
    technical |= {c: obs[c].to_numpy() for c in (DONOR, BATCH) if obs[c].nunique() > 1}
    if label_column(obs) is not None:
        labels = obs[LABEL].to_numpy()
        parts.append(_by_label(active, labels, names, donors))
        flags = flag_technical(active, {"label": labels}, technical, names)
        parts.append(flags[["technical", "technical_column"]])
    else:
        parts.append(pd.DataFrame({"technical": [False] * len(names)}))
    sure = (tables.q <= 0.05) & (tables.scores > 0)
    parts.append(pd.DataFrame({"n_genes": sure.sum(1)}))
    table = pd.concat(parts, axis=1)
    table["n_terms"] = 0
    if len(enriched):
        by_unit = enriched.groupby("unit")["n_terms"].sum()
        table["n_terms"] = table["unit"].map(by_unit).fillna(0).astype(int)
    return table


def _by_label(
    active: sparse.csc_matrix,
    labels: NDArray[np.str_],
    names: list[str],
    donors: NDArray[Any] | None,
) -> pd.DataFrame:
    """Best label of each unit with its AUROC, and how mixed its cells are."""
    found = label_association(active, labels, names, donors=donors)
    best = found.loc[found.groupby("unit", sort=False)["auroc"].idxmax().to_numpy()]
    best = best.set_index("unit").loc[names]
    about = label_information(active, labels, names)
    return pd.DataFrame(
        {
            "top_label": best["label"].astype(str).to_numpy(),
            "label_auroc": best["auroc"].to_numpy(),
            "label_auroc_low": best["low"].to_numpy(),
            "label_auroc_high": best["high"].to_numpy(),
            "label_entropy": about["entropy"].to_numpy(),
            "purity": about["purity"].to_numpy(),
        }
    )


def _cells(obs: pd.DataFrame, part: NDArray[np.int8], points: NDArray[np.floating]) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "cell": obs["cell"].astype(str),
            "label": obs[LABEL],
            "donor": obs[DONOR],
            "batch": obs[BATCH],
            "split": SPLITS[part],
            "x": points[:, 0],
            "y": points[:, 1],
        }
    )
    others = [c for c in obs.columns if c not in ("cell", LABEL, DONOR, BATCH)]
    return pd.concat([table, obs[others]], axis=1).reset_index(drop=True)


def _map(array: Any) -> NDArray[np.float64]:
    """Two coordinates of each cell: principal components of the embedding, signs fixed."""
    h = np.concatenate(list(array.blocks(4096))).astype(np.float64)
    centred = h - h.mean(0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), [0, 1]])
    return np.asarray(centred @ axes)


def _strongest(prototypes: pd.DataFrame) -> pd.DataFrame:
    """Pairs of the strongest prototypes of each unit; cards show no more."""
    return prototypes.groupby("unit", sort=False).head(PAIRS_KEPT).reset_index(drop=True)


def _matches(
    tables: GeneTables, directions: NDArray[np.floating], dictionaries: list[Dictionary]
) -> pd.DataFrame:
    """Best match of each unit in other seeds and, for concepts, among neurons."""
    parts = []
    sources: list[tuple[str, NDArray[Any], list[str]]] = [
        (f"seed {i}", d.decoder, [f"concept {j}" for j in range(d.n_concepts)])
        for i, d in enumerate(dictionaries)
        if i
    ]
    width = directions.shape[1]
    sources.append(("neurons", np.eye(width), [f"neuron {j}" for j in range(width)]))
    for told, rows, names in sources:
        found = match_directions(directions, rows, method="best")
        parts.append(
            pd.DataFrame(
                {
                    "unit": tables.units["unit"].to_numpy()[found.first],
                    "source": told,
                    "match": np.array(names)[found.second],
                    "similarity": found.cosine,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _coactive(tables: GeneTables, active: sparse.csc_matrix) -> pd.DataFrame:
    """Concepts that fire together most above chance, the strongest few of each."""
    concepts = np.flatnonzero(tables.units["kind"] == "concept")
    names = tables.units["name"].to_numpy()[concepts].tolist()
    edges = coactivation(active[:, concepts], names)
    number = dict(zip(names, concepts, strict=True))
    both = [
        pd.DataFrame({"unit": edges[a].astype(str).map(number),
                      "other": edges[b].astype(str).map(number), "pmi": edges["pmi"],
                      "cells": edges["n_both"]})
        for a, b in (("unit_a", "unit_b"), ("unit_b", "unit_a"))
    ]  # fmt: skip
    table = pd.concat(both, ignore_index=True).sort_values(
        ["unit", "pmi", "other"], ascending=[True, False, True], kind="stable"
    )
    return table.groupby("unit", sort=False).head(COACTIVE).reset_index(drop=True)


def _deletion(curves: pd.DataFrame) -> pd.DataFrame:
    own = curves[curves["way"] == "deletion"]
    return own[list(TABLES["curves"].columns)].reset_index(drop=True)


def _meta(
    embedded: Mapping[str, Any],
    dictionary: Dictionary,
    attributed: Path,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """What was embedded, trained and checked, without anything that changes from run to run."""
    held = dictionary.meta
    return {
        "embedding": {k: embedded[k] for k in sorted(embedded) if k != "shards"},
        "dictionary": {
            "kind": dictionary.kind, "concepts": dictionary.n_concepts, "k": dictionary.k,
            "gamma": dictionary.transform.gamma, "weights_sha256": dictionary.weights_sha256,
            "held_out": held.get("held_out"), "baselines": held.get("baselines"),
        },
        "attribution": {"checks": json.loads((attributed / CHECKS).read_text())["told"]},
        "settings": dict(settings),
    }  # fmt: skip
