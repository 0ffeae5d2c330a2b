"""The chapter on inputs: which cells, where counts came from, which genes each model can see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cellglass._words import plural

from .screens import screen_notes, screens_table
from .source import CELLS, Source
from .tables import TableView, file_name, view

_LOST_NAMED = 8
GENES = "genes-"  # start of the names of notes on genes


@dataclass(frozen=True)
class InputsView:
    """What the page says of the inputs.

    Parameters
    ----------
    answer
        Which cells, in a sentence; empty where the run left no notes on its inputs.
    facts
        Label and value.
    tables
        Strata, genes of the models, routes by which genes were found.
    notes
        What a reader should know.
    """

    answer: str
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[TableView, ...] = ()
    notes: tuple[str, ...] = ()


def inputs(source: Source) -> InputsView:
    """Read the notes of the preparing tasks."""
    cells = source.inputs.get(CELLS)
    models = genes_of(source)
    if cells is None:
        return InputsView("")
    report = cells["report"]
    read = {n: c for n, c in models.items() if "mapping" in c}  # edge tables have no vocabulary
    made = (
        _strata_table(report), _genes_table(read), _lost_table(read), screens_table(source),
    )  # fmt: skip
    tables = [t for t in made if t]
    notes = [*report.get("notes", ())]
    for name, content in models.items():
        mapping = content.get("mapping") or {}
        notes += [f"{name}: {note}" for note in mapping.get("notes", ())]
        if content.get("note"):
            notes.append(f"{name}: {content['note']}.")
    notes += screen_notes(source)
    return InputsView(
        _answer(source, report), tuple(_facts(cells, report)), tuple(tables), tuple(notes)
    )


def genes_of(source: Source) -> dict[str, Mapping[str, Any]]:
    """What was noted of each subject's genes: by its name, with the screen where it is of one."""
    return {
        name.removeprefix(GENES).replace("@", ", "): content
        for name, content in source.inputs.items()
        if name.startswith(GENES)
    }


def count_scale(source: Source) -> tuple[bool, str] | None:
    """Whether counts were found or proven, and the evidence; None where nothing is noted."""
    cells = source.inputs.get(CELLS)
    if cells is None:
        return None
    scale = cells["report"]["scale"]
    return scale["kind"] == "counts" or bool(scale["recoverable"]), _scale(scale)


def path_name(path: str) -> str:
    """Last part of a path; whole where it is a name."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path


def _answer(source: Source, report: Mapping[str, Any]) -> str:
    name = path_name(source.study.cells.path) if source.study is not None else "the data"
    used, there = report["n_cells"], report["n_cells_in_data"]
    which = f"All {used:,} cells" if used == there else f"{used:,} of {there:,} cells"
    return f"{which} of {name} were used, with {report['n_genes']:,} genes."


def _facts(cells: Mapping[str, Any], report: Mapping[str, Any]) -> list[tuple[str, str]]:
    low, median, high = report["n_counts"]
    blocks, unit = cells.get("blocks", ()), cells.get("unit", "")
    facts = [
        ("Counts from", f"{report['counts_from']}; totals from {report['n_counts_from']}"),
        ("Count scale", _scale(report["scale"])),
        (
            "Counts per cell",
            f"{low:,.0f} to {high:,.0f}, median {median:,.0f}; median "
            f"{report['genes_per_cell']:,.0f} genes with a count",
        ),
        ("Gene names", str(report["identifiers"])),
        ("Replicate blocks", f"{len(blocks)} {plural(unit, len(blocks))}"),
        ("Left out", _left_out(report)),
    ]
    for role, column in report.get("columns", {}).items():
        facts.append((role.capitalize(), _column(column)))
    return facts


def _scale(scale: Mapping[str, Any]) -> str:
    words = {
        "counts": "counts",
        "log1p_cp10k": "log1p of counts per a fixed total",
        "log1p_counts": "log1p of counts",
        "log_other": "a logarithm of unknown kind",
        "normalised": "counts per a fixed total",
        "scaled": "scaled values",
        "unknown": "unknown",
    }
    found = words.get(scale["kind"], scale["kind"])
    if scale["kind"] != "counts":
        found += ", counts recovered" if scale["recoverable"] else ", counts not recoverable"
    evidence = list(scale.get("evidence", ()))
    return f"{found}: {evidence[0]}" if evidence else found


def _left_out(report: Mapping[str, Any]) -> str:
    cells, genes = report["n_empty_cells"], report["n_empty_genes"]
    if not cells and not genes:
        return "nothing: no cell and no gene without a count"
    return (
        f"{cells:,} {plural('cell', cells)} and {genes:,} {plural('gene', genes)} without any count"
    )


def _column(column: Mapping[str, Any]) -> str:
    sizes = column.get("sizes", {})
    text = f"column '{column.get('name', '')}', {len(sizes)} levels"
    if sizes:
        values = sorted(sizes.values())
        text += f" of {values[0]:,} to {values[-1]:,} cells"
    unlabelled = column.get("n_unlabelled", 0)
    return text + (f"; {unlabelled:,} cells without a label" if unlabelled else "")


def _strata_table(report: Mapping[str, Any]) -> TableView | None:
    sizes = report.get("columns", {}).get("strata", {}).get("sizes", {})
    if not sizes:
        return None
    total = report["n_cells"]
    rows = sorted(sizes.items(), key=lambda kv: (-kv[1], kv[0]))
    table = pd.DataFrame(
        [{"stratum": k, "n_cells": v, "share_of_cells": v / total} for k, v in rows]
    )
    return view(
        table, id="inputs-strata", name="strata", filename=file_name(["cells", "strata"]),
        title="Strata", caption=f"Cells of each stratum (n = {total:,} cells), the largest first.",
    )  # fmt: skip


def _genes_table(models: Mapping[str, Mapping[str, Any]]) -> TableView | None:
    rows = []
    for name, content in models.items():
        mapping = content["mapping"]
        tokens: Sequence[float] = content["tokens"]
        rows.append(
            {
                "model": name,
                "genes_in_data": mapping["n_genes"],
                "mapped": mapping["mapped"],
                "lost": len(mapping["lost"]),
                "collapsed": len(mapping["collapsed"]),
                "share_of_counts_kept": content["share_of_counts"],
                "evaluable_genes": content["evaluable_genes"],
                "rows_of_edges": content["regulators"],
                "tokens_per_cell_min": int(tokens[0]),
                "tokens_per_cell_median": float(tokens[1]),
                "tokens_per_cell_max": int(tokens[2]),
                "truncated_cells": content["truncated_cells"],
                "cells_without_tokens": content["cells_without_tokens"],
            }
        )
    if not rows:
        return None
    return view(
        pd.DataFrame(rows), id="inputs-genes", name="genes", title="Genes that each model sees",
        filename=file_name(["cells", "genes"]),
        caption="One row a model: genes of the data found in its vocabulary, lost, or put together "
        "with others under one name; genes that are tokens in enough cells to be evaluated; length "
        "of the cells as the model reads them, and cells cut because they are longer.",
    )  # fmt: skip


def _lost_table(models: Mapping[str, Mapping[str, Any]]) -> TableView | None:
    rows = [
        {"model": name, "found_by": route, "genes": n}
        for name, content in models.items()
        for route, n in content["mapping"]["by_route"].items()
    ]
    for name, content in models.items():
        lost = content["mapping"]["lost"]
        if lost:
            named = ", ".join(lost[:_LOST_NAMED]) + (", ..." if len(lost) > _LOST_NAMED else "")
            rows.append({"model": name, "found_by": f"not found: {named}", "genes": len(lost)})
    if not rows:
        return None
    return view(
        pd.DataFrame(rows), id="inputs-routes", name="routes", title="How genes were found",
        filename=file_name(["cells", "gene", "routes"]),
        caption="Genes of the data by the way they were found in the model's vocabulary.",
    )  # fmt: skip
