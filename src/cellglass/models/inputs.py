"""Preparing a study: cells chosen and counted once, genes evaluable for each model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import (
    Network,
    gene_features,
    open_cells,
    pbmc68k_reduced,
    prepare,
)
from cellglass.data.downloads import NotFetched
from cellglass.data.screens.symbols import gene_symbols
from cellglass.errors import InputError, located
from cellglass.runs.keys import file_digest
from cellglass.runs.pipeline import INPUTS, SUMMARY
from cellglass.runs.sections import ModelConfig
from cellglass.runs.study import SCREEN, Study
from cellglass.runs.tasks import Task, TaskContext
from cellglass.stats.parquet import write_parquet

from .cell_model import CellModel
from .contract import TransformerModel
from .counts_in import VocabularyCounts, vocabulary_counts
from .datasets import CELLS, StudyCells, genes_name, no_genes, read_cells, write_cells
from .families import check_load_options, family_of, load_model, resolve
from .gene_choice import choose_genes
from .networks import held_network
from .screens import (
    controls_of,
    dataset_of,
    fold_change_rows,
    perturbed_genes,
    screen_params,
    screen_task,
)
from .tables import table_params
from .transformer_only import as_transformer

EMBEDDED = "pbmc68k"


def prepare_study(study: Study) -> list[Task]:
    """Tasks that every analysis needs: data sets, and the genes of each model in each of them."""
    screens = [screen_task(study, s) for s in study.screens if dataset_of(study, s) != CELLS]
    datasets = [CELLS, *(t.name for t in screens)]
    # a class of regulators chooses no genes: another one must not prepare them anew
    genes = study.genes.model_dump(exclude={"master_regulators"})
    common = {"genes": genes, "networks": network_params(study)}
    models = [
        Task(
            genes_name(model.label, dataset),
            "cellglass.models.inputs:prepare_genes",
            {"model": model_params(model), "dataset": dataset, **common},
            (dataset,),
        )
        for model in study.models
        for dataset in datasets
    ]
    tables = [
        Task(
            genes_name(table.label, dataset),
            "cellglass.models.tables:prepare_table",
            {"table": table_params(table), "dataset": dataset, **common},
            (dataset,),
        )
        for table in study.tables
        for dataset in datasets
    ]
    return [_cells_task(study), *screens, *models, *tables]


def _cells_task(study: Study) -> Task:
    """The task that chooses the study's cells, which may be the controls of a screen."""
    path = study.cells.path
    params: dict[str, Any] = {
        "cells": study.cells.model_dump(),
        "edges": study.edges.model_dump(),
        "rows": fold_change_rows(study),
        "columns": kept_columns(study),
    }
    if path.startswith(SCREEN):
        screen = next(s for s in study.screens if s.label == path.removeprefix(SCREEN))
        params["screen"] = screen_params(study, screen)
        params["source"] = {"path": screen.path, "sha256": params["screen"]["sha256"]}
    else:
        params["source"] = {"path": path, "sha256": _cells_digest(path)}
    if columns := covariate_columns(study):
        params["covariates"] = columns
    return Task(CELLS, "cellglass.models.inputs:prepare_cells", params)


def kept_columns(study: Study) -> list[str]:
    """Columns of obs that are kept: for concepts donor, batch and those named, and the domain."""
    domain = study.geometry.domain if study.geometry is not None else None
    named_alone = study.analyses != "all" and any(a.startswith("concepts") for a in study.analyses)
    if study.concepts is None and not named_alone:
        return [domain] if domain else []
    further = study.concepts.columns if study.concepts is not None else []
    named = [study.cells.donor, study.cells.batch, *further, domain]
    return list(dict.fromkeys(c for c in named if c))


def covariate_columns(study: Study) -> list[str]:
    """Columns of obs that the study's models may read; kept where the cells have them."""
    found: dict[str, None] = {}
    for model in study.models:
        folder = resolve(model.path)
        family = family_of(folder, model.family)
        if family.columns is not None:
            found |= dict.fromkeys(family.columns(folder, **model.options))
    return list(found)


def model_params(model: ModelConfig) -> dict[str, Any]:
    """What a task needs to load a model; the hash of its files makes part of the key."""
    folder = resolve(model.path)
    return {
        "path": str(folder),
        "name": model.label,
        "family": model.family,
        "options": model.options,
        "sha256": file_digest(folder),
        "elsewhere": [file_digest(path) for path in _elsewhere(model, folder)],
    }


def _elsewhere(model: ModelConfig, folder: Path) -> list[Path]:
    family = family_of(folder, model.family)
    check_load_options(family, folder, model.options)
    return family.elsewhere(folder, **model.options) if family.elsewhere else []


def open_model(params: Mapping[str, Any], device: str = "cpu", dtype: str = "float32") -> CellModel:
    """Load the model of `model_params`."""
    return load_model(
        params["path"], family=params["family"], name=params["name"], device=device, dtype=dtype,
        **params["options"],
    )  # fmt: skip


def open_transformer(
    params: Mapping[str, Any], device: str = "cpu", dtype: str = "float32"
) -> TransformerModel:
    """Load the model of `model_params`; `InputError` where it has no attention."""
    return as_transformer(open_model(params, device, dtype))


def network_params(study: Study) -> list[dict[str, Any]]:
    """Networks of a study that are at hand, with their hashes."""
    found = []
    for config in study.networks:
        network = network_or_none(config.source, config.options)
        if network is not None:
            found.append(
                {
                    "source": config.source,
                    "name": config.label,
                    "options": config.options,
                    "sha256": network.sha256,
                }
            )
    return found


def network_or_none(source: str, options: Mapping[str, Any]) -> Network | None:
    """Return the network, or None where a catalogue entry was not fetched yet."""
    try:
        return held_network(source, options)
    except NotFetched:
        return None


def prepare_cells(
    context: TaskContext,
    *,
    cells: Mapping[str, Any],
    source: Mapping[str, Any],
    edges: Mapping[str, Any],
    rows: Sequence[str],
    columns: Sequence[str] = (),
    covariates: Sequence[str] = (),
    screen: Mapping[str, Any] | None = None,
) -> None:
    """Choose cells, recover counts, form groups, write what shards read."""
    within, max_cells = None, cells["max_cells"]
    layer, totals, donor = cells["layer"], None, cells["donor"]
    if screen is not None:
        adata, found, within = controls_of(screen, context.seed)
        # exactly the cells that responses are held against
        rows = list(dict.fromkeys((*perturbed_genes(found), *rows)))
        max_cells, totals = None, screen["totals"]
        layer, donor = layer or screen["layer"], donor or screen["replicate"]
    else:
        adata = pbmc68k_reduced() if cells["path"] == EMBEDDED else open_cells(cells["path"])
    with located(source["path"]):
        chosen = prepare(
            adata,
            donor=donor,
            strata=cells["strata"],
            batch=cells["batch"],
            max_cells=max_cells,
            layer=layer,
            n_counts=totals,
            within=within,
            seed=context.seed,
        )
        write_cells(
            context.output, adata, chosen, donor=donor, edges=edges, seed=context.seed, rows=rows,
            columns=list(dict.fromkeys([*columns, *(c for c in covariates if c in adata.obs)])),
        )  # fmt: skip
    (context.output / INPUTS).write_text(json.dumps({source["path"]: source["sha256"]}))


def prepare_genes(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    dataset: str,
    genes: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
) -> None:
    """Find the genes that can be evaluated with a model after tokenisation.

    In the controls of a screen there may be none: that is noted, and what needs them is not
    applicable there, while the rest of the study goes on.
    """
    try:
        chosen, summary = _evaluable(
            read_cells(context.input(dataset)), open_model(model), genes, networks, context.seed,
            forced_only=dataset != CELLS,
        )  # fmt: skip
    except InputError as error:
        if dataset == CELLS:
            raise
        chosen, summary = no_genes(), {"unmet": error.found}
    write_parquet(chosen, context.output / "genes.parquet", {})
    (context.output / SUMMARY).write_text(json.dumps(summary, indent=1))
    (context.output / INPUTS).write_text(
        json.dumps({model["name"]: model["sha256"], **{n["name"]: n["sha256"] for n in networks}})
    )


def _evaluable(
    study: StudyCells,
    model: CellModel,
    genes: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
    seed: int,
    *,
    forced_only: bool,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Genes of a model in a data set, and what is to be told of them."""
    aliases = getattr(getattr(model, "tokenizer", None), "aliases", None)
    counts = vocabulary_counts(study.cells, model.vocabulary, aliases=aliases, allow_empty=True)
    kept = np.diff(counts.matrix.indptr) > 0
    lengths, seen, truncated = _tokens(model, study, counts, kept, seed)
    features = gene_features(counts.matrix, counts.n_counts)
    table = pd.DataFrame(
        {
            "gene": unique_labels(model, counts.ids),
            "id": counts.ids,
            "token_cells": seen,
            "column": counts.mapping.first_columns,
            **{c: features[c].to_numpy() for c in ("mean", "variance", "detection")},
        }
    )
    if not isinstance(model, TransformerModel):  # without edges no gene must be a regulator
        genes, networks = {**genes, "regulators": "networks"}, []
    chosen, note = choose_genes(
        table, genes, networks, forced=perturbed_labels(study, table), forced_only=forced_only
    )
    return chosen, {
        "mapping": counts.mapping.report.to_dict(),
        "note": note,
        "share_of_counts": float(counts.matrix.sum() / study.cells.X.sum()),
        "cells_without_tokens": int((~kept).sum()),
        "tokens": [int(lengths.min()), float(np.median(lengths)), int(lengths.max())],
        "truncated_cells": truncated,
        "evaluable_genes": len(chosen),
        "regulators": int(chosen["row"].sum()),
        "determinism": vars(model.determinism),
        "provenance": {k: v for k, v in model.provenance.items() if k != "path"},
    }


def _tokens(
    model: CellModel,
    study: StudyCells,
    counts: VocabularyCounts,
    kept: NDArray[np.bool_],
    seed: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Tokens of each cell, cells in which each gene of `counts` is one, cells cut short.

    A model without tokens reads all genes that a cell expresses.
    """
    expressed = np.diff(counts.matrix.indptr)[kept]
    if not isinstance(model, TransformerModel):
        return expressed, np.asarray(counts.matrix.getnnz(axis=0), dtype=np.int64), 0
    tokens = model.tokenize(study.cells[kept], seed=seed)
    seen = np.bincount(tokens.gene_ids[tokens.is_gene], minlength=model.vocabulary.n_embeddings)
    return tokens.lengths, seen[counts.ids], int((expressed + 1 > model.max_tokens).sum())


def perturbed_labels(study: StudyCells, table: pd.DataFrame) -> list[str]:
    """Perturbed genes by the names that a model has for their columns, the others as they are.

    A screen may call a gene C10orf54 that the vocabulary calls VSIR.

    Parameters
    ----------
    study
        The controls of the screen.
    table
        Genes of the model among them: gene, and its column.
    """
    try:
        symbols = gene_symbols(study.cells.var)
    except InputError:  # Ensembl ids only, beside a table of fold changes
        return list(study.forced)
    name_of = {symbols[c]: str(g) for g, c in zip(table["gene"], table["column"], strict=True)}
    return list(dict.fromkeys(name_of.get(g, g) for g in study.forced))


def unique_labels(model: CellModel, ids: NDArray[np.int64]) -> NDArray[np.str_]:
    """Symbols where each stands for one gene, the vocabulary's names elsewhere."""
    labels = model.vocabulary.labels[ids]
    values, counts = np.unique(labels, return_counts=True)
    shared = set(values[counts > 1])
    names = model.vocabulary.names[ids]
    return np.array([n if s in shared else s for s, n in zip(labels, names, strict=True)])


def _cells_digest(path: str) -> str:
    return EMBEDDED if path == EMBEDDED else file_digest(path)
