"""Model quality as tasks: hidden tokens predicted shard by shard, then judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.models.capture import BATCH, read_embeddings, shard_ranges, with_tokens
from cellglass.models.datasets import CELLS, edges_name, read_cells
from cellglass.models.embedding_capture import embedding_tasks
from cellglass.models.inputs import model_params, open_transformer
from cellglass.models.taps import Tap
from cellglass.models.transformer_only import no_attention
from cellglass.runs.registry import Instance, Plan, Unmet
from cellglass.runs.result import AnalysisResult
from cellglass.runs.sections import ModelConfig, StatisticsConfig
from cellglass.runs.tasks import Task, TaskContext
from cellglass.stats.parquet import write_parquet

from .embedding_analysis import judge_embeddings
from .masked_analysis import judge_masked
from .masked_prediction import (
    gene_losses,
    hidden_entries,
    masked_positions,
    value_losses,
    visible_tokens,
)


def plan_masked(plan: Plan) -> list[Instance]:
    """One instance a model."""
    return [_masked_instance(plan, model) for model in plan.study.models]


def _masked_instance(plan: Plan, model: ModelConfig) -> Instance:
    if why := no_attention(model):
        unmet = Unmet(f"{why}, and no tokens to hide", applicable=False)
        return Instance({"model": model.label}, unmet=unmet)
    params = {
        "model": model_params(model),
        "device": plan.study.resources.device,
        "dtype": plan.study.resources.dtype,
    }
    shards = [
        Task(
            f"masked/{model.label}/shard-{i:04d}",
            "cellglass.models.quality.tasks:masked_shard",
            {**params, "start": start, "stop": stop},
            (CELLS,),
        )
        for i, (start, stop) in enumerate(shard_ranges(plan))
    ]
    result = Task(
        f"model.masked_prediction/{model.label}",
        "cellglass.models.quality.tasks:masked_result",
        {
            "model": model.label,
            "shards": [s.name for s in shards],
            "statistics": plan.study.statistics.model_dump(),
        },
        (CELLS, *(s.name for s in shards)),
    )
    return Instance({"model": model.label}, result.name, (*shards, result))


def masked_shard(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    device: str,
    dtype: str,
    start: int,
    stop: int,
) -> None:
    """Predict hidden tokens of some cells; for genes, also from another cell's context."""
    study = read_cells(context.input(CELLS), slice(start, stop))
    loaded = open_transformer(model, device, dtype)
    keep = with_tokens(loaded, study)
    tokens = loaded.tokenize(study.cells[keep], seed=context.seed)
    hidden = masked_positions(tokens, seed=context.seed)
    entries = hidden_entries(loaded, tokens, hidden, batch_size=BATCH)
    if entries["truth"].isna().all():
        entries["swapped"] = from_another_context(loaded, tokens, hidden, entries)
    visible = visible_tokens(tokens, hidden)
    position = np.arange(start, stop)[keep]
    for table, name in ((entries, "hidden"), (visible, "visible")):
        table["cell"] = position[table["cell"]]
        write_parquet(table, context.output / f"{name}.parquet", {})
    np.save(context.output / "size.npy", loaded.vocabulary.n_embeddings)


def from_another_context(
    model: Any, tokens: Any, hidden: NDArray[np.bool_], entries: pd.DataFrame
) -> NDArray[np.float64]:
    """Log probability of the hidden genes at the same ranks of the next cell of the shard.

    Positions beyond the other cell's length take its last position.
    """
    import torch

    n = len(tokens)
    other = (np.arange(n) + 1) % n
    moved = np.zeros_like(hidden)
    lengths = tokens.lengths
    at = []
    for cell in range(n):
        last = lengths[other[cell]] - 2  # before <eos>
        positions = np.minimum(np.flatnonzero(hidden[cell]), max(last, 1))
        moved[other[cell], positions] = True
        at.append(positions)
    masked = model.mask_tokens(tokens, moved)
    out = np.full(len(entries), np.nan)
    genes, cells = entries["gene"].to_numpy(), entries["cell"].to_numpy()
    for cell in range(n):
        source = masked[[int(other[cell])]]
        logits = model.forward(source, [Tap.logits()]).tensor("logits")[0]
        probability = torch.log_softmax(logits[torch.as_tensor(at[cell])].float(), -1)
        rows = np.flatnonzero(cells == cell)
        found = probability[torch.arange(len(rows)), torch.as_tensor(genes[rows])]
        out[rows] = found.cpu().numpy()
    return out


def masked_result(
    context: TaskContext, *, model: str, shards: Sequence[str], statistics: Mapping[str, Any]
) -> None:
    """Judge the predictions of all cells."""
    folders = [context.input(s) for s in shards]
    study = read_cells(context.input(CELLS))
    entries, visible = (_joined(folders, name) for name in ("hidden", "visible"))
    labels = study.labels
    if entries["truth"].isna().all():
        size = int(np.load(folders[0] / "size.npy"))
        losses = gene_losses(entries, entries["swapped"].to_numpy(), visible, labels, size)
        unit = "nats"
    else:
        losses = value_losses(entries, visible, labels, seed=context.seed)
        unit = "squared bins"
    result = judge_masked(
        losses,
        study,
        model=model,
        unit=unit,
        settings=StatisticsConfig(**statistics),
        seed=context.seed,
    )
    result.write(context.output)


def plan_embedding(plan: Plan) -> list[Instance]:
    """One instance a model; not applicable without labels."""
    instances = []
    for model in plan.study.models:
        label = {"model": model.label}
        if plan.study.cells.strata is None:
            why = "no column with cell types was given"
            instances.append(Instance(label, unmet=Unmet(why, "set cells.strata in study.yaml")))
            continue
        tasks = embedding_tasks(plan, model) + embedding_tasks(plan, model, untrained=True)
        names = (edges_name(model.label), edges_name(model.label, untrained=True))
        result = Task(
            f"model.cell_embedding/{model.label}",
            "cellglass.models.quality.tasks:embedding_result",
            {"model": model.label, "statistics": plan.study.statistics.model_dump()},
            (CELLS, *names),
        )
        instances.append(Instance(label, result.name, (*tasks, result)))
    return instances


def embedding_result(context: TaskContext, *, model: str, statistics: Mapping[str, Any]) -> None:
    """Judge the embedding of a model beside its untrained copy and principal components."""
    study = read_cells(context.input(CELLS))
    trained, cells = read_embeddings(context.input(f"capture/{model}"))
    untrained, _ = read_embeddings(context.input(f"capture/{model}-untrained"))
    result: AnalysisResult = judge_embeddings(
        trained,
        untrained,
        cells,
        study,
        model=model,
        settings=StatisticsConfig(**statistics),
        seed=context.seed,
    )
    result.write(context.output)


def _joined(folders: Sequence[Path], name: str) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(f / f"{name}.parquet") for f in folders], ignore_index=True)
