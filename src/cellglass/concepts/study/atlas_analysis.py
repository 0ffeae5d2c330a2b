"""What the report shows of an atlas: where it is, what it holds, the table of concepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cellglass.concepts.atlas.atlas import ConceptAtlas
from cellglass.concepts.atlas.concept_table import concept_table
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.tasks import TaskContext

ANALYSIS = "concepts.atlas"
CARDS = 6
COLUMNS = (
    "name", "frequency", "top_label", "label_auroc", "technical", "n_genes", "genes_for",
    "genes_against", "terms",
)  # fmt: skip


def describe(
    context: TaskContext, *, model: str, statistics: Mapping[str, Any], atlas: str
) -> None:
    """Describe an atlas.

    Parameters
    ----------
    context
        Reads the task named.
    model, statistics
        Name of the model; nothing is judged here.
    atlas
        Task that wrote it.
    """
    opened = ConceptAtlas.open(context.input(atlas))
    table = concept_table(opened)
    result = AnalysisResult(ANALYSIS, {"model": model})
    result.tables = {"atlas": table[[c for c in COLUMNS if c in table]].reset_index(drop=True)}
    kinds = opened.units["kind"].value_counts(sort=False)
    told = ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in kinds.items())
    result.captions = {
        "atlas": "One row a concept: in how many cells it fires, the label it tells best, genes "
        "that support it and that work against it, terms that these share."
    }
    result.notes = [
        f"The atlas stands in the folder atlas/{model} of the run: {told}, over "
        f"{opened.sizes['cells']:,} cells and {opened.sizes['genes']:,} genes, all with the same "
        "fields. Open it with cellglass.concepts.ConceptAtlas.open; its to_anndata() is ready for "
        "scanpy, and cellglass concepts atlas FOLDER --table concepts.tsv writes the table of "
        "concepts.",
    ]
    _cards(result, opened)
    result.method = (
        f"All units of {model} were written to an atlas with their activations, genes, terms, "
        "prototypes and matches."
    )
    result.write(context.output)


def _cards(result: AnalysisResult, atlas: ConceptAtlas) -> None:
    """Where the concepts with the clearest genes and terms are active."""
    units = atlas.units
    concepts = units[units["kind"] == "concept"]
    order = concepts.sort_values(
        ["n_terms", "n_genes", "unit"], ascending=[False, False, True], kind="stable"
    )
    chosen = order["unit"].tolist()[:CARDS]
    named = dict(zip(units["unit"], units["name"], strict=True))
    points, labels = [], []
    for unit in chosen:
        cells = atlas.cells[["x", "y", "label"]].assign(
            unit=named[unit], activation=atlas.activation(unit)
        )
        points.append(cells[["unit", "x", "y", "activation"]])
        labels.append(active_by_label(cells))
    result.tables |= {
        "maps": pd.concat(points, ignore_index=True),
        "labels": pd.concat(labels, ignore_index=True),
    }
    result.captions |= {
        "maps": f"Activation of the {len(chosen)} concepts with most terms and genes in each cell, "
        "on the first two principal components of the embedding.",
        "labels": "Share of the cells of each label in which these concepts are active.",
    }
    for i, unit in enumerate(chosen):
        name, genes = named[unit], atlas.attribution(unit)["gene"][:5]
        told = f"{name}: {', '.join(genes)}."
        result.figures.append(
            FigureSpec(f"map-{i}", "unit_map", "maps", f"Cells with {told}", {"unit": name},
                       size=(5.2, 3.8))
        )  # fmt: skip
        if len(result.tables["labels"]):
            result.figures.append(
                FigureSpec(f"labels-{i}", "unit_labels", "labels", f"Labels of cells with {told}",
                           {"unit": name}, size=(6.4, 2.6))
            )  # fmt: skip


def active_by_label(cells: pd.DataFrame) -> pd.DataFrame:
    """Share of the cells of each label in which a unit is active.

    Parameters
    ----------
    cells
        ``unit`` (one), ``label`` (empty where there is none), ``activation``.

    Returns
    -------
    pandas.DataFrame
        ``unit``, ``label``, ``share``, ``cells``; without rows where no cell has a label.
    """
    known = cells[cells["label"].astype(str) != ""]
    grouped = (known["activation"] > 0).groupby(known["label"].astype(str))
    return pd.DataFrame(
        {
            "unit": str(cells["unit"].iloc[0]),
            "label": list(grouped.groups),
            "share": grouped.mean().to_numpy(float),
            "cells": grouped.size().to_numpy(),
        }
    )
