from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.models import Tap, load_model
from cellglass.models.accumulate import EdgeAxes
from cellglass.models.capture import capture_tasks, read_attention_edges
from cellglass.models.context_capture import context_name, context_tasks, read_context_edges
from cellglass.models.context_edges import HOWS, ContextAccumulator
from cellglass.models.datasets import CELLS, edges_name, genes_name, read_cells
from cellglass.models.inputs import prepare_study
from cellglass.models.tokens import Tokens
from cellglass.runs.registry import Plan


@pytest.fixture
def captured(study_of: Callable[..., Any], walk: Any, tmp_path: Path) -> Callable[..., Any]:
    """``captured(shard_cells, untrained=False)``: the edges' folder and those of the inputs."""
    prepared: dict[str, Path] = {}

    def run(shard_cells: int, *, untrained: bool = False) -> tuple[Path, dict[str, Path], Any]:
        study = study_of(resources={"shard_cells": shard_cells})
        if not prepared:
            prepared.update(walk(prepare_study(study), tmp_path / "prepared"))
        plan = Plan(study, prepared)
        tasks = context_tasks(plan, study.models[0], untrained=untrained)
        where = tmp_path / f"{shard_cells}-{untrained}-{len(list(tmp_path.iterdir()))}"
        folders = walk(tasks, where, prepared)
        return folders[context_name("tiny", untrained=untrained)], prepared, plan

    return run


def one_pass(model: Any, tokens: Tokens, genes: Any) -> ContextAccumulator:
    """All cells at once, in memory."""
    ids, rows = genes["id"].to_numpy(), genes["row"].to_numpy()
    axes = EdgeAxes(ids[rows], ids, model.vocabulary.n_embeddings)
    sums = ContextAccumulator(
        tokens, axes, layers=range(model.n_layers), n_heads=model.n_heads,
        head_width=model.config.head_width,
    )  # fmt: skip
    model.forward(tokens, [Tap.head_output(reduce=sums)])
    sums.count_pairs()
    return sums


@pytest.mark.parametrize("untrained", [False, True])
def test_shards_add_up_to_a_single_pass(
    captured: Callable[..., Any], scgpt_folder: Path, untrained: bool
) -> None:
    import pandas as pd

    folder, prepared, _ = captured(20, untrained=untrained)
    edges = read_context_edges(folder, 2)
    model = load_model(scgpt_folder, name="tiny")
    model = model.untrained(42) if untrained else model
    tokens = model.tokenize(read_cells(prepared[CELLS]).cells, seed=42)
    genes = pd.read_parquet(prepared[genes_name("tiny")] / "genes.parquet")
    whole = one_pass(model, tokens, genes)
    for name in ("cosine", "dot", "context"):
        np.testing.assert_allclose(
            getattr(edges, name), getattr(whole, name), rtol=1e-4, atol=1e-4, err_msg=name
        )
    np.testing.assert_array_equal(edges.counts, whole.counts)
    np.testing.assert_array_equal(edges.context_counts, whole.context_counts)
    assert edges.layers == (0, 1, 2)
    assert all(np.isfinite(edges.layer(1, how).scores).any() for how in HOWS)


def test_the_size_of_shards_changes_rounding_only(captured: Callable[..., Any]) -> None:
    small, large, again = (read_context_edges(captured(n)[0], 2) for n in (7, 1000, 7))
    np.testing.assert_array_equal(small.counts, large.counts)
    np.testing.assert_allclose(small.cosine, large.cosine, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(small.cosine, again.cosine)  # the same shards, the same bytes


def test_cells_and_genes_are_those_of_the_attention_edges(
    captured: Callable[..., Any], walk: Any, tmp_path: Path
) -> None:
    folder, prepared, plan = captured(20)
    edges = read_context_edges(folder, 2)
    tasks = capture_tasks(plan, plan.study.models[0])
    attention = read_attention_edges(walk(tasks, tmp_path / "a", prepared)[edges_name("tiny")])
    assert (edges.sources, edges.targets) == (attention.sources, attention.targets)
    np.testing.assert_array_equal(edges.counts, attention.total_counts)


def test_no_shards_are_refused(walk: Any, tmp_path: Path) -> None:
    from cellglass.models.context_capture import sum_contexts
    from cellglass.runs.tasks import TaskContext

    with pytest.raises(ValueError, match="no shards"):
        sum_contexts(TaskContext("x", 1, tmp_path, {}), shards=[], genes="g")
