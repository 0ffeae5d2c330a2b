"""Capture of value-weighted edges as tasks: shards of cells, summed in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellglass.runs.registry import Plan
from cellglass.runs.sections import ModelConfig
from cellglass.runs.tasks import Task, TaskContext

from .accumulate import EdgeAxes
from .capture import BATCH, read_genes, shard_ranges, with_tokens
from .context_edges import ContextAccumulator, ContextEdges
from .datasets import CELLS, edges_name, genes_name, read_cells
from .inputs import model_params, open_transformer
from .taps import Tap

SUMS = ("cosine", "dot", "context")
COUNTS = ("counts", "context_counts")


def context_name(model: str, dataset: str = CELLS, *, untrained: bool = False) -> str:
    """Name of the task that holds a model's value-weighted edges.

    Parameters
    ----------
    model
        What the report calls the model.
    dataset
        The data set whose cells they come from.
    untrained
        Whether those of its untrained copy.

    Examples
    --------
    >>> context_name("m", untrained=True), context_name("m", "screen/s")
    ('context/m-untrained', 'context/m@s')
    """
    edges = edges_name(model, dataset, untrained=untrained)
    return f"context/{edges.partition('/')[2]}"


def context_tasks(
    plan: Plan, model: ModelConfig, dataset: str = CELLS, *, untrained: bool = False
) -> list[Task]:
    """Shards of one model over the cells of a data set, and the task that sums them.

    Parameters
    ----------
    plan, model
        The study and the model.
    dataset
        Name of the data set.
    untrained
        Whether its untrained copy.

    Returns
    -------
    list of Task
        The last one's name is `context_name`. Cells, genes and tokens are those of
        `cellglass.models.capture.capture_tasks`.
    """
    name = context_name(model.label, dataset, untrained=untrained)
    genes = genes_name(model.label, dataset)
    params = {
        "model": model_params(model),
        "dataset": dataset,
        "genes": genes,
        "untrained": untrained,
        "device": plan.study.resources.device,
        "dtype": plan.study.resources.dtype,
    }
    shards = [
        Task(
            f"{name}/shard-{i:04d}",
            "cellglass.models.context_capture:capture_context",
            {**params, "start": start, "stop": stop},
            (dataset, genes),
        )
        for i, (start, stop) in enumerate(shard_ranges(plan, dataset))
    ]
    reduce = Task(
        name,
        "cellglass.models.context_capture:sum_contexts",
        {"shards": [s.name for s in shards], "genes": genes},
        (genes, *(s.name for s in shards)),
    )
    return [*shards, reduce]


def capture_context(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    dataset: str,
    genes: str,
    untrained: bool,
    device: str,
    dtype: str,
    start: int,
    stop: int,
) -> None:
    """Run some cells through a model; leave sums of similarities of context vectors."""
    study = read_cells(context.input(dataset), slice(start, stop))
    table = read_genes(context.input(genes))
    loaded = open_transformer(model, device, dtype)
    if untrained:
        loaded = loaded.untrained(context.seed)
    tokens = loaded.tokenize(study.cells[with_tokens(loaded, study)], seed=context.seed)
    axes = EdgeAxes(
        table.loc[table["row"], "id"].to_numpy(),
        table["id"].to_numpy(),
        loaded.vocabulary.n_embeddings,
    )
    sums = ContextAccumulator(
        tokens, axes, layers=range(loaded.n_layers), n_heads=loaded.n_heads,
        head_width=loaded.config.head_width,
    )  # fmt: skip
    loaded.forward(tokens, [Tap.head_output(reduce=sums)], batch_size=BATCH)
    sums.count_pairs()
    for name in (*SUMS, *COUNTS):
        np.save(context.output / f"{name}.npy", getattr(sums, name))


def sum_contexts(context: TaskContext, *, shards: Sequence[str], genes: str) -> None:
    """Add the shards' sums in their order, in float64, so that nobody's speed changes a bit."""
    folders = [context.input(s) for s in shards]
    for name in SUMS:
        total = _added(folders, name, np.float64)
        np.save(context.output / f"{name}.npy", total.astype(np.float32))
    for name in COUNTS:
        np.save(context.output / f"{name}.npy", _added(folders, name, np.int64))
    read_genes(context.input(genes)).to_parquet(context.output / "genes.parquet")


def read_context_edges(folder: Path, min_count: int) -> ContextEdges:
    """Read the edges that `sum_contexts` left; large arrays stay memory-mapped.

    Parameters
    ----------
    folder
        Result of the task.
    min_count
        Cells below which a pair is not evaluable.
    """
    table = read_genes(folder)
    held = {n: np.load(folder / f"{n}.npy", mmap_mode="r") for n in (*SUMS, *COUNTS)}
    return ContextEdges(
        tuple(table.loc[table["row"], "gene"].astype(str)),
        tuple(table["gene"].astype(str)),
        held["cosine"],
        held["dot"],
        held["counts"],
        held["context"],
        held["context_counts"],
        tuple(range(len(held["cosine"]))),
        min_count,
    )


def _added(folders: Sequence[Path], name: str, dtype: type[np.generic]) -> NDArray[Any]:
    total: NDArray[Any] | None = None
    for folder in folders:
        part = np.load(folder / f"{name}.npy")
        total = part.astype(dtype) if total is None else total + part
    if total is None:
        raise ValueError("no shards")
    return total
