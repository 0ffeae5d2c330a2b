"""Preparing a study: cells chosen and counted once, genes evaluable for each model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data import (
    Network,
    cell_groups,
    gene_features,
    open_cells,
    pbmc68k_reduced,
    prepare,
    replicate_blocks,
)
from cellglass.data.downloads import NotFetched
from cellglass.errors import located
from cellglass.runs.keys import file_digest
from cellglass.runs.pipeline import INPUTS, SUMMARY
from cellglass.runs.sections import ModelConfig
from cellglass.runs.study import Study
from cellglass.runs.tasks import Task, TaskContext
from cellglass.stats.parquet import write_parquet

from .contract import TransformerModel
from .families import family_of, load_model, resolve
from .gene_choice import choose_genes
from .networks import held_network

if TYPE_CHECKING:
    from anndata import AnnData

CELLS = "cells"
EMBEDDED = "pbmc68k"
UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class StudyCells:
    """The chosen cells of a study, in the order of their groups.

    Parameters
    ----------
    cells
        Counts, with ``obs["n_counts"]``.
    stratum, block, group
        Codes of each cell; stratum -1 where it has no label or no strata were given.
    strata, blocks
        Names.
    unit
        ``"donor"`` or ``"fold of cells"``.
    group_stratum, group_block
        Of each group.
    report
        What was found and used (see `cellglass.data.CellsReport`).
    """

    cells: AnnData
    stratum: NDArray[np.int64]
    block: NDArray[np.int64]
    group: NDArray[np.int64]
    strata: tuple[str, ...]
    blocks: tuple[str, ...]
    unit: str
    group_stratum: NDArray[np.int64]
    group_block: NDArray[np.int64]
    report: dict[str, Any]

    @property
    def labels(self) -> NDArray[np.str_] | None:
        """Label of each cell; None where no strata were given."""
        if not self.strata:
            return None
        names = np.array([*self.strata, UNLABELLED])
        return names[self.stratum]


def prepare_study(study: Study) -> list[Task]:
    """Tasks that every analysis needs: the cells, and the genes of each model."""
    cells = study.cells.model_dump()
    source = {"path": study.cells.path, "sha256": _cells_digest(study.cells.path)}
    tasks = [
        Task(
            CELLS,
            "cellglass.models.inputs:prepare_cells",
            {"cells": cells, "source": source, "edges": study.edges.model_dump()},
        )
    ]
    common = {"genes": study.genes.model_dump(), "networks": network_params(study)}
    return tasks + [
        Task(
            f"genes/{model.label}",
            "cellglass.models.inputs:prepare_genes",
            {"model": model_params(model), **common},
            (CELLS,),
        )
        for model in study.models
    ]


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
    return family.elsewhere(folder, **model.options) if family.elsewhere else []


def open_model(
    params: Mapping[str, Any], device: str = "cpu", dtype: str = "float32"
) -> TransformerModel:
    """Load the model of `model_params`."""
    return load_model(
        params["path"], family=params["family"], name=params["name"], device=device, dtype=dtype,
        **params["options"],
    )  # fmt: skip


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
) -> None:
    """Choose cells, recover counts, form groups, write what shards read."""
    adata = pbmc68k_reduced() if cells["path"] == EMBEDDED else open_cells(cells["path"])
    with located(cells["path"]):
        chosen = prepare(
            adata,
            donor=cells["donor"],
            strata=cells["strata"],
            batch=cells["batch"],
            max_cells=cells["max_cells"],
            layer=cells["layer"],
            seed=context.seed,
        )
        counts = chosen.counts()
    obs = adata.obs.iloc[chosen.cells]
    blocks = replicate_blocks(obs, cells["donor"], edges["replicate_blocks"], context.seed)
    codes, names = _strata(chosen.labels.get("strata"), len(obs))
    groups = cell_groups(codes + 1, blocks.codes, edges["group_cells"], seed=context.seed)
    # block by block, so that a shard holds sums of few blocks and groups
    order = np.lexsort((np.arange(len(obs)), groups.group, blocks.codes))
    matrix = counts.matrix[order]
    for part in ("data", "indices", "indptr"):
        np.save(context.output / f"{part}.npy", getattr(matrix, part))
    table = pd.DataFrame(
        {
            "cell": counts.cells[order].astype(str),
            "n_counts": counts.n_counts[order],
            "stratum": codes[order],
            "block": blocks.codes[order],
            "group": groups.group[order],
        }
    )
    write_parquet(table, context.output / "obs.parquet", {})
    write_parquet(_text_columns(counts.var), context.output / "var.parquet", {})
    content = {
        "strata": names,
        "blocks": list(blocks.names),
        "unit": blocks.unit,
        "group_stratum": (groups.stratum - 1).tolist(),
        "group_block": groups.block.tolist(),
        "report": chosen.report.to_dict(),
    }
    (context.output / SUMMARY).write_text(json.dumps(content, indent=1))
    (context.output / INPUTS).write_text(json.dumps({source["path"]: source["sha256"]}))


def read_cells(folder: Path, rows: slice | None = None) -> StudyCells:
    """Read the chosen cells, or some of them, from the result of `prepare_cells`.

    The counts are memory-mapped, so that a shard reads its own rows only.
    """
    from anndata import AnnData

    content = json.loads((folder / SUMMARY).read_text())
    obs = pd.read_parquet(folder / "obs.parquet")
    var = pd.read_parquet(folder / "var.parquet").set_index("gene")
    data, indices, indptr = (
        np.load(folder / f"{part}.npy", mmap_mode="r") for part in ("data", "indices", "indptr")
    )
    start, stop, _ = (rows or slice(None)).indices(len(obs))
    first, last = int(indptr[start]), int(indptr[stop])
    matrix = sparse.csr_matrix(
        (
            np.array(data[first:last]),
            np.array(indices[first:last]),
            np.array(indptr[start : stop + 1]) - first,
        ),
        shape=(stop - start, len(var)),
    )
    obs = obs.iloc[start:stop]
    cells = AnnData(
        matrix,
        obs=pd.DataFrame({"n_counts": obs["n_counts"].to_numpy()}, index=obs["cell"].astype(str)),
        var=var,
    )
    return StudyCells(
        cells,
        obs["stratum"].to_numpy(),
        obs["block"].to_numpy(),
        obs["group"].to_numpy(),
        tuple(content["strata"]),
        tuple(content["blocks"]),
        content["unit"],
        np.array(content["group_stratum"], dtype=np.int64),
        np.array(content["group_block"], dtype=np.int64),
        content["report"],
    )


def prepare_genes(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    genes: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
) -> None:
    """Find the genes that can be evaluated with a model after tokenisation."""
    study = read_cells(context.input(CELLS))
    loaded = open_model(model)
    kept = np.ones(study.cells.n_obs, bool)
    from .counts_in import vocabulary_counts

    aliases = getattr(getattr(loaded, "tokenizer", None), "aliases", None)
    counts = vocabulary_counts(study.cells, loaded.vocabulary, aliases=aliases, allow_empty=True)
    kept = np.diff(counts.matrix.indptr) > 0
    tokens = loaded.tokenize(study.cells[kept], seed=context.seed)
    seen = np.bincount(tokens.gene_ids[tokens.is_gene], minlength=loaded.vocabulary.n_embeddings)[
        counts.ids
    ]
    features = gene_features(counts.matrix, counts.n_counts)
    table = pd.DataFrame(
        {
            "gene": unique_labels(loaded, counts.ids),
            "id": counts.ids,
            "token_cells": seen,
            **{c: features[c].to_numpy() for c in ("mean", "variance", "detection")},
        }
    )
    chosen, note = choose_genes(table, genes, networks)
    write_parquet(chosen, context.output / "genes.parquet", {})
    lengths = tokens.lengths
    summary = {
        "mapping": counts.mapping.report.to_dict(),
        "note": note,
        "share_of_counts": float(counts.matrix.sum() / study.cells.X.sum()),
        "cells_without_tokens": int((~kept).sum()),
        "tokens": [int(lengths.min()), float(np.median(lengths)), int(lengths.max())],
        "truncated_cells": int((np.diff(counts.matrix.indptr)[kept] + 1 > loaded.max_tokens).sum()),
        "evaluable_genes": len(chosen),
        "regulators": int(chosen["row"].sum()),
        "determinism": vars(loaded.determinism),
        "provenance": {k: v for k, v in loaded.provenance.items() if k != "path"},
    }
    (context.output / SUMMARY).write_text(json.dumps(summary, indent=1))
    (context.output / INPUTS).write_text(
        json.dumps({model["name"]: model["sha256"], **{n["name"]: n["sha256"] for n in networks}})
    )


def unique_labels(model: TransformerModel, ids: NDArray[np.int64]) -> NDArray[np.str_]:
    """Symbols where each stands for one gene, the vocabulary's names elsewhere."""
    labels = model.vocabulary.labels[ids]
    values, counts = np.unique(labels, return_counts=True)
    shared = set(values[counts > 1])
    names = model.vocabulary.names[ids]
    return np.array([n if s in shared else s for s, n in zip(labels, names, strict=True)])


def _strata(labels: Any, n: int) -> tuple[NDArray[np.int64], list[str]]:
    """Codes with -1 for cells without a label, and the names of the levels."""
    if labels is None:
        return np.full(n, -1, dtype=np.int64), []
    levels = [level for level in labels.levels if level != UNLABELLED]
    position = {level: i for i, level in enumerate(levels)}
    codes = np.array([position.get(str(v), -1) for v in labels.values], dtype=np.int64)
    return codes, levels


def _text_columns(var: pd.DataFrame) -> pd.DataFrame:
    """Gene names and the identifier columns, all as text."""
    table = pd.DataFrame({"gene": var.index.astype(str)})
    for column in var.columns:
        if var[column].dtype == object or isinstance(var[column].dtype, pd.CategoricalDtype):
            table[str(column)] = var[column].astype(str).to_numpy()
    return table


def _cells_digest(path: str) -> str:
    return EMBEDDED if path == EMBEDDED else file_digest(path)
