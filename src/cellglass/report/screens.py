"""The table of perturbation screens: what each holds, and whether its labels can be true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .source import Source
from .tables import TableView, file_name, view

RESPONSES = "responses-"  # start of the names of notes on screens


def screens_table(source: Source) -> TableView | None:
    """One row a screen; None where a study has none.

    Fold changes have no cells: what counts cells stays empty for them.
    """
    rows = [_row(content) for name, content in source.inputs.items() if name.startswith(RESPONSES)]
    if not rows:
        return None
    return view(
        pd.DataFrame(rows), id="inputs-screens", name="screens", title="Perturbation screens",
        filename=file_name(["screens"]),
        caption="One row a screen: what the perturbation does to its gene and in which cells, as "
        "the file or study.yaml states it; cells and controls; perturbations of one gene, of two, "
        "and those with cells enough to be tested; perturbed genes that are measured, and whether "
        "their expression changes as the modality says.",
    )  # fmt: skip


def screen_notes(source: Source) -> list[str]:
    """What a reader should know of each screen."""
    return [
        f"{content['name']}: {note}"
        for content in screens_of(source)
        for note in content["report"].get("notes", ())
    ]


def screens_of(source: Source) -> list[Mapping[str, Any]]:
    """What was noted of each screen."""
    return [c for name, c in source.inputs.items() if name.startswith(RESPONSES)]


def _row(content: Mapping[str, Any]) -> dict[str, Any]:
    report = content["report"]
    return {
        "screen": content["name"],
        "modality": content["modality"] or "not stated",
        "cell_line": content["cell_line"] or "not stated",
        "n_cells": report.get("n_cells"),
        "n_controls": report.get("n_controls"),
        "single": report.get("n_single"),
        "double": report.get("n_double"),
        "tested": content["n_used"],
        "targets_measured": content["n_measured_targets"],
        "targets_change": content["targets"]["detail"].rpartition("; ")[2],
    }
