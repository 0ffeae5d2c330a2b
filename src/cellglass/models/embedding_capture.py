"""Cell embeddings as tasks, for models without attention: shards of cells, joined in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cellglass.runs.registry import Plan
from cellglass.runs.sections import ModelConfig
from cellglass.runs.tasks import Task, TaskContext

from .capture import capture_tasks, shard_ranges, with_tokens
from .datasets import CELLS, StudyCells, edges_name, read_cells
from .inputs import model_params, open_model
from .transformer_only import no_attention


def embedding_tasks(plan: Plan, model: ModelConfig, *, untrained: bool = False) -> list[Task]:
    """Tasks that leave a model's cell embeddings in the task of `datasets.edges_name`.

    Parameters
    ----------
    plan, model
        The study, and the entry of the model.
    untrained
        Whether its untrained copy is meant.

    Returns
    -------
    list of Task
        Those of `capture.capture_tasks` for a transformer, whose embeddings come with its edges.
    """
    if not no_attention(model):
        return capture_tasks(plan, model, untrained=untrained)
    name = edges_name(model.label, untrained=untrained)
    params = {
        "model": model_params(model),
        "untrained": untrained,
        "device": plan.study.resources.device,
        "dtype": plan.study.resources.dtype,
    }
    shards = [
        Task(
            f"{name}/shard-{i:04d}",
            "cellglass.models.embedding_capture:embed_shard",
            {**params, "start": start, "stop": stop},
            (CELLS,),
        )
        for i, (start, stop) in enumerate(shard_ranges(plan))
    ]
    joined = Task(
        name,
        "cellglass.models.embedding_capture:join_shards",
        {"shards": [s.name for s in shards]},
        tuple(s.name for s in shards),
    )
    return [*shards, joined]


def embed_shard(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    untrained: bool,
    device: str,
    dtype: str,
    start: int,
    stop: int,
) -> None:
    """Embed some cells; leave the embeddings and the positions of their cells."""
    study = read_cells(context.input(CELLS), slice(start, stop))
    loaded = open_model(model, device, dtype)
    if untrained:
        loaded = loaded.untrained(context.seed)
    keep = with_tokens(loaded, study)
    cells = with_columns(study)[keep]
    np.save(context.output / "embedding.npy", loaded.embed(cells, seed=context.seed))
    np.save(context.output / "cells.npy", np.arange(start, stop)[keep])


def join_shards(context: TaskContext, *, shards: Sequence[str]) -> None:
    """Put the shards' embeddings one after the other."""
    for name in ("embedding.npy", "cells.npy"):
        parts = [np.load(context.input(s) / name) for s in shards]
        np.save(context.output / name, np.concatenate(parts))


def with_columns(study: StudyCells) -> Any:
    """Cells with the further columns that the study kept of their table."""
    cells = study.cells.copy()
    for name, values in study.columns.items():
        cells.obs[name] = values
    return cells
