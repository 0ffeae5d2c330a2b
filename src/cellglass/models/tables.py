"""Edge tables of other methods as subjects of a study, beside the models."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cellglass.data import EdgeTable, gene_features
from cellglass.data.identifiers import guess_identifier
from cellglass.data.screens.symbols import gene_symbols
from cellglass.errors import InputError, located
from cellglass.runs.keys import file_digest
from cellglass.runs.pipeline import INPUTS, SUMMARY
from cellglass.runs.sections import TableConfig
from cellglass.runs.tasks import TaskContext
from cellglass.stats.parquet import write_parquet

from .datasets import CELLS, StudyCells, no_genes, read_cells
from .fixed_edges import FixedEdges
from .gene_choice import choose_genes

PERTURBED = "perturbed"  # folder with the scores of perturbed genes, measured or not


def table_params(table: TableConfig) -> dict[str, Any]:
    """What a task needs to read an edge table; the hash of its file makes part of the key."""
    return {"path": table.path, "name": table.label, "sha256": file_digest(table.path)}


def prepare_table(
    context: TaskContext,
    *,
    table: Mapping[str, Any],
    dataset: str,
    genes: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
) -> None:
    """Find the genes of an edge table that are expressed in a data set, and keep their scores.

    In the controls of a screen there may be none, as for a model.
    """
    study = read_cells(context.input(dataset))
    with located(table["path"]):
        edges = EdgeTable.read(Path(table["path"]))
    try:
        with located(table["path"]):
            chosen, note = _evaluable(edges, study, genes, networks, forced_only=dataset != CELLS)
    except InputError as error:
        if dataset == CELLS:
            raise
        chosen, note = no_genes(), ""
        summary: dict[str, Any] = {"unmet": error.found}
    else:
        kept = edges.aligned(chosen.loc[chosen["row"], "gene"].tolist(), chosen["gene"].tolist())
        FixedEdges.of(kept, table["name"]).write(context.output)
        # a table may know genes that the cells do not measure, as sources of a screen's responses
        sources = [g for g in study.forced if g in set(edges.sources)]
        if sources:
            (context.output / PERTURBED).mkdir()
            perturbed = edges.aligned(sources, chosen["gene"].tolist())
            FixedEdges.of(perturbed, table["name"]).write(context.output / PERTURBED)
        summary = {
            "note": note,
            "evaluable_genes": len(chosen),
            "regulators": int(chosen["row"].sum()),
            "scored_pairs": int(kept.evaluable.sum()),
        }
    write_parquet(chosen, context.output / "genes.parquet", {})
    (context.output / SUMMARY).write_text(json.dumps(summary, indent=1))
    (context.output / INPUTS).write_text(json.dumps({table["name"]: table["sha256"]}))


def _evaluable(
    edges: EdgeTable,
    study: StudyCells,
    genes: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
    *,
    forced_only: bool,
) -> tuple[pd.DataFrame, str]:
    """Genes of a table in a data set, and a note on its rows."""
    names = _names(edges, study)
    column = {g: i for i, g in enumerate(names)}
    if not _meet(edges, names, study.forced):
        raise InputError(
            f"the edges name {', '.join(edges.sources[:3])} and {', '.join(edges.targets[:3])}, "
            f"the cells {', '.join(names[:3])}",
            where="edge table",
            expected="sources and targets among the genes of the cells",
            fix="use the same identifiers (symbols or Ensembl ids) in both",
        )
    # a regulator that is no target of any score has a column too, which is never judged
    shared = [g for g in dict.fromkeys((*edges.targets, *edges.sources)) if g in column]
    columns = np.array([column[g] for g in shared], dtype=np.int64)
    matrix = study.cells.X[:, columns]
    features = gene_features(matrix, study.cells.obs["n_counts"].to_numpy())
    frame = pd.DataFrame(
        {
            "gene": shared,
            "column": columns,
            "token_cells": np.asarray((matrix > 0).sum(0)).ravel(),
            **{c: features[c].to_numpy() for c in ("mean", "variance", "detection")},
        }
    )
    return choose_genes(
        frame, genes, networks, forced=study.forced, forced_only=forced_only,
        sources=set(edges.sources),
    )  # fmt: skip


def _names(edges: EdgeTable, study: StudyCells) -> list[str]:
    """Names of the genes of the cells: their symbols where the edges go by these alone."""
    names = [str(g) for g in study.cells.var_names]
    if guess_identifier(names) != "ensembl" or _meet(edges, names):
        return names
    with suppress(InputError):  # no column of symbols: said by what did not meet
        symbols = list(gene_symbols(study.cells.var))
        return symbols if _meet(edges, symbols, study.forced) else names
    return names


def _meet(edges: EdgeTable, names: Collection[str], perturbed: Collection[str] = ()) -> bool:
    """Whether some targets are among the genes, and some sources, or perturbed as such."""
    known = set(names)
    sources = known.union(perturbed)
    return not (sources.isdisjoint(edges.sources) or known.isdisjoint(edges.targets))
