"""Capture as tasks: shards of cells through a model, summed in a fixed order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.registry import Plan
from cellglass.runs.sections import ModelConfig
from cellglass.runs.tasks import Task, TaskContext

from .accumulate import EdgeAccumulator, EdgeAxes
from .attention_edges import AttentionEdges
from .datasets import CELLS, StudyCells, edges_name, genes_name, read_cells
from .inputs import model_params, open_transformer
from .taps import Tap

BATCH = 8


def capture_tasks(
    plan: Plan, model: ModelConfig, dataset: str = CELLS, *, untrained: bool = False
) -> list[Task]:
    """Shards of one model over the cells of a data set, and the task that sums them.

    The last task's name is that of `cellglass.models.datasets.edges_name`.
    """
    study = plan.study
    name = edges_name(model.label, dataset, untrained=untrained)
    genes = genes_name(model.label, dataset)
    params = {
        "model": model_params(model),
        "dataset": dataset,
        "genes": genes,
        "untrained": untrained,
        "heads": study.edges.heads,
        "device": study.resources.device,
        "dtype": study.resources.dtype,
    }
    shards = [
        Task(
            f"{name}/shard-{i:04d}",
            "cellglass.models.capture:capture_shard",
            {**params, "start": start, "stop": stop},
            (dataset, genes),
        )
        for i, (start, stop) in enumerate(shard_ranges(plan, dataset))
    ]
    reduce = Task(
        name,
        "cellglass.models.capture:sum_shards",
        {"shards": [s.name for s in shards], "dataset": dataset, "genes": genes,
         "min_count": study.genes.min_pair_cells, "model": model.label,
         "untrained": untrained},
        (dataset, genes, *(s.name for s in shards)),
    )  # fmt: skip
    return [*shards, reduce]


def shard_ranges(plan: Plan, dataset: str = CELLS) -> list[tuple[int, int]]:
    """First and last cell (excluded) of each shard of the cells of a data set.

    One shard where nothing is prepared yet, as for a list of what a study would run.
    """
    if dataset not in plan.prepared:
        return [(0, plan.study.resources.shard_cells)]
    n_cells = len(pd.read_parquet(plan.prepared[dataset] / "obs.parquet", columns=["group"]))
    size = plan.study.resources.shard_cells
    return [(start, min(start + size, n_cells)) for start in range(0, n_cells, size)]


def read_genes(folder: Path) -> pd.DataFrame:
    """Evaluable genes of a model: gene, id, token_cells, features, row."""
    return pd.read_parquet(folder / "genes.parquet")


def capture_shard(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    dataset: str,
    genes: str,
    untrained: bool,
    heads: bool,
    device: str,
    dtype: str,
    start: int,
    stop: int,
) -> None:
    """Run some cells through a model; leave attention sums, counts and cell embeddings."""
    study = read_cells(context.input(dataset), slice(start, stop))
    # strata are asked of the trained model only: its copy needs no groups smaller than blocks
    group = study.block if untrained else study.group
    table = read_genes(context.input(genes))
    loaded = open_transformer(model, device, dtype)
    if untrained:
        loaded = loaded.untrained(context.seed)
    keep = with_tokens(loaded, study)
    tokens = loaded.tokenize(study.cells[keep], seed=context.seed)
    axes = EdgeAxes(
        table.loc[table["row"], "id"].to_numpy(),
        table["id"].to_numpy(),
        loaded.vocabulary.n_embeddings,
    )
    sinks, present = [], []
    for codes, per_head in ((group[keep], False), (study.block[keep], True)):
        if per_head and not heads:
            continue
        found, local = np.unique(codes, return_inverse=True)
        present.append(found)
        sinks.append(
            EdgeAccumulator(tokens, axes, local, len(found), layers=range(loaded.n_layers),
                            n_heads=loaded.n_heads, per_head=per_head)
        )  # fmt: skip
    taps = [Tap.attention(reduce=s) for s in sinks] + [Tap.cell_embedding()]
    trace = loaded.forward(tokens, taps, batch_size=BATCH)
    sinks[0].count_pairs()
    out = context.output
    np.save(out / "groups.npy", present[0])
    np.save(out / "sums.npy", sinks[0].sums)
    np.save(out / "counts.npy", sinks[0].counts)
    if heads:
        np.save(out / "blocks.npy", present[1])
        np.save(out / "head_sums.npy", sinks[1].sums)
    np.save(out / "embedding.npy", trace.cell_embedding)
    np.save(out / "cells.npy", np.arange(start, stop)[keep])


def sum_shards(
    context: TaskContext,
    *,
    shards: Sequence[str],
    dataset: str,
    genes: str,
    min_count: int,
    model: str,
    untrained: bool,
) -> None:
    """Add the shards' sums in their order, in float64, so that nobody's speed changes a bit."""
    content = json.loads((context.input(dataset) / SUMMARY).read_text())
    n_blocks = len(content["blocks"])
    if untrained:
        content["group_block"], content["group_stratum"] = list(range(n_blocks)), [-1] * n_blocks
    n_groups = len(content["group_block"])
    folders = [context.input(s) for s in shards]
    out = context.output
    sums = _added(folders, "groups.npy", "sums.npy", n_groups, np.float64)
    np.save(out / "sums.npy", sums.astype(np.float32))
    np.save(out / "counts.npy", _added(folders, "groups.npy", "counts.npy", n_groups, np.int64))
    if (folders[0] / "head_sums.npy").is_file():
        head_sums = _added(folders, "blocks.npy", "head_sums.npy", n_blocks, np.float64)
        np.save(out / "head_sums.npy", head_sums.astype(np.float32))
    for name in ("embedding.npy", "cells.npy"):
        np.save(out / name, np.concatenate([np.load(f / name) for f in folders]))
    table = read_genes(context.input(genes))
    table.to_parquet(out / "genes.parquet")
    meta = {
        "min_count": min_count,
        "model": model,
        "untrained": untrained,
        **{k: content[k] for k in ("strata", "blocks", "unit", "group_stratum", "group_block")},
    }
    (out / "edges.json").write_text(json.dumps(meta))


def read_attention_edges(folder: Path) -> AttentionEdges:
    """Read the edges that `sum_shards` left; large arrays stay memory-mapped."""
    meta = json.loads((folder / "edges.json").read_text())
    table = read_genes(folder)
    sums = np.load(folder / "sums.npy", mmap_mode="r")
    heads = folder / "head_sums.npy"
    return AttentionEdges(
        tuple(table.loc[table["row"], "gene"].astype(str)),
        tuple(table["gene"].astype(str)),
        sums,
        np.load(folder / "counts.npy", mmap_mode="r"),
        tuple(range(sums.shape[1])),
        np.load(heads, mmap_mode="r") if heads.is_file() else None,
        np.array(meta["group_block"], dtype=np.int64),
        np.array(meta["group_stratum"], dtype=np.int64),
        tuple(meta["blocks"]),
        tuple(meta["strata"]),
        meta["unit"],
        meta["min_count"],
        {"model": meta["model"] + ("-untrained" if meta["untrained"] else "")},
    )


def read_embeddings(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Cell embeddings and the positions of their cells among the chosen ones."""
    return np.load(folder / "embedding.npy"), np.load(folder / "cells.npy")


def with_tokens(model: Any, study: StudyCells) -> NDArray[np.bool_]:
    """Cells that express a gene of the vocabulary."""
    from .counts_in import vocabulary_counts

    aliases = getattr(getattr(model, "tokenizer", None), "aliases", None)
    counts = vocabulary_counts(study.cells, model.vocabulary, aliases=aliases, allow_empty=True)
    return np.diff(counts.matrix.indptr) > 0


def _added(
    folders: Sequence[Path], index: str, name: str, n: int, dtype: type[np.generic]
) -> NDArray[Any]:
    total: NDArray[Any] | None = None
    for folder in folders:
        part = np.load(folder / name)
        if total is None:
            total = np.zeros((n, *part.shape[1:]), dtype=dtype)
        for slot, values in zip(np.load(folder / index), part, strict=True):
            total[slot] += values
    if total is None:
        raise ValueError("no shards")
    return total
