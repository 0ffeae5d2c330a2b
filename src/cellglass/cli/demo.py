"""`cellglass demo`: the main job on cells and models that ship with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the run and its report.html.")] = Path(
        "demo"
    ),
    executor: Annotated[str, typer.Option(help="inline, local or dask-local.")] = "local",
    workers: Annotated[int | None, typer.Option(help="Processes; all cores if not given.")] = None,
) -> None:
    """Run the main job on 700 real PBMC and the two shipped mini models.

    Reference networks that `cellglass data fetch` has brought are used; without them their
    chapters say NOT RUN and how to get them.
    """
    from cellglass.runs.study import parse_study

    from .run import execute

    study = parse_study(
        {
            "study": "demo",
            "cells": {"path": "pbmc68k", "strata": "bulk_labels"},
            "models": ["mini-scgpt", "mini-geneformer"],
            "networks": ["trrust", "collectri"],
            "resources": {"executor": executor, "workers": workers},
        },
        where="cellglass demo",
    )
    execute(study, out)
