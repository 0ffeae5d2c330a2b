"""`cellglass demo`: the main job on cells and models that ship with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

CONCEPTS: dict[str, Any] = {
    "dictionary": {"seeds": 2},
    "units": {"concepts": 6, "neurons": 5, "rotated": 0, "components": 10, "random": 0,
              "decoys": 2},
    "attribution": {"prototypes": 14, "counterfactuals": 1, "curve_units": 5,
                    "curve_prototypes": 1, "sanity": False,
                    "options": {"top_share": 0.05}},
    "enrichment": {"permutations": 1000},
}  # fmt: skip
"""Few units, few cells: the chapter on concepts in about two minutes on two cores."""

GEOMETRY: dict[str, Any] = {
    "untrained": False,
    "layers": [-1, 1, 3],
    "homology": {"samples": 5, "points": 80, "draws": 39, "components": 15},
    "alignment": {"draws": 39, "max_genes": 250},
}
"""Few layers and draws: the chapter on geometry in about twenty seconds on two cores."""


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the run and its report.html.")] = Path(
        "demo"
    ),
    executor: Annotated[str, typer.Option(help="inline, local or dask-local.")] = "local",
    workers: Annotated[int | None, typer.Option(help="Processes; all cores if not given.")] = None,
) -> None:
    """Run the main job on 700 real PBMC and the two shipped mini models.

    Attention and regulation, concepts of the cell embeddings with the genes that drive them, and
    the shape of gene space.
    Reference networks and gene sets that `cellglass data fetch` has brought are used; without
    them their chapters say NOT RUN and how to get them.
    """
    from cellglass.runs.study import parse_study

    from .run import execute

    study = parse_study(
        {
            "study": "demo",
            "cells": {"path": "pbmc68k", "strata": "bulk_labels"},
            "models": ["mini-scgpt", "mini-geneformer"],
            "networks": ["trrust", "collectri"],
            "gene_sets": ["reactome"],
            "concepts": CONCEPTS,
            "geometry": GEOMETRY,
            "resources": {"executor": executor, "workers": workers},
        },
        where="cellglass demo",
    )
    execute(study, out)
