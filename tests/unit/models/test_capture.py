from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.models import Tap, load_model
from cellglass.models.attention_edges import AttentionEdges, attention_edges
from cellglass.models.capture import (
    capture_tasks,
    read_attention_edges,
    read_embeddings,
    shard_ranges,
)
from cellglass.models.datasets import CELLS, StudyCells, edges_name, read_cells
from cellglass.models.inputs import prepare_study
from cellglass.runs.registry import Plan


@pytest.fixture
def captured(study_of: Callable[..., Any], walk: Any, tmp_path: Path) -> Callable[..., Any]:
    """``captured(shard_cells, untrained=False)``: the edges' folder, the study's cells."""
    prepared: dict[str, Path] = {}

    def run(
        shard_cells: int, *, untrained: bool = False, **sections: Any
    ) -> tuple[Path, StudyCells]:
        study = study_of(resources={"shard_cells": shard_cells}, **sections)
        if not prepared:
            prepared.update(walk(prepare_study(study), tmp_path / "prepared"))
        plan = Plan(study, prepared)
        tasks = capture_tasks(plan, study.models[0], untrained=untrained)
        assert len(tasks) == len(shard_ranges(plan)) + 1
        where = tmp_path / f"{shard_cells}-{untrained}-{len(list(tmp_path.iterdir()))}"
        folders = walk(tasks, where, prepared)
        return folders[edges_name(study.models[0].label, untrained=untrained)], read_cells(
            prepared[CELLS]
        )

    return run


def one_pass(model: Any, study: StudyCells, edges: AttentionEdges) -> AttentionEdges:
    """All cells at once, in memory."""
    return attention_edges(
        model, model.tokenize(study.cells, seed=42), sources=edges.sources, targets=edges.targets,
        blocks=study.block,
    )  # fmt: skip


def test_shards_add_up_to_a_single_pass(captured: Callable[..., Any], scgpt_folder: Path) -> None:
    folder, study = captured(20)
    edges = read_attention_edges(folder)
    model = load_model(scgpt_folder)
    whole = one_pass(model, study, edges)
    assert edges.blocks == ("d1", "d2", "d3")
    assert (edges.unit, edges.min_count) == ("donor", 2)
    by_block = np.zeros(whole.sums.shape)
    np.add.at(by_block, edges.group_block, edges.sums)
    np.testing.assert_allclose(by_block, whole.sums, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(edges.total_counts, whole.total_counts)
    assert edges.head_sums is not None
    np.testing.assert_allclose(edges.head_sums, whole.head_sums, rtol=1e-4, atol=1e-5)
    embedding, cells = read_embeddings(folder)
    assert cells.tolist() == list(range(90))
    tokens = model.tokenize(study.cells, seed=42)
    expected = model.forward(tokens, [Tap.cell_embedding()]).cell_embedding
    np.testing.assert_allclose(embedding, expected, atol=1e-5)


def test_the_size_of_shards_changes_rounding_only(captured: Callable[..., Any]) -> None:
    small, large = (read_attention_edges(captured(n)[0]) for n in (7, 1000))
    np.testing.assert_array_equal(small.counts, large.counts)
    np.testing.assert_allclose(small.sums, large.sums, rtol=1e-4, atol=1e-6)
    again = read_attention_edges(captured(7)[0])
    np.testing.assert_array_equal(small.sums, again.sums)  # the same shards, the same bytes


def test_strata_are_those_of_the_cells(captured: Callable[..., Any], scgpt_folder: Path) -> None:
    folder, study = captured(20)
    edges = read_attention_edges(folder)
    assert edges.strata == ("B cell", "T cell")
    model = load_model(scgpt_folder)
    tokens = model.tokenize(study.cells, seed=42)
    found, _ = edges.by_stratum(1)
    assert (study.stratum == -1).any()  # cells without a type are in no stratum
    for code in (0, 1):
        part = attention_edges(
            model, tokens[np.flatnonzero(study.stratum == code)],
            sources=edges.sources, targets=edges.targets, heads=False,
        )  # fmt: skip
        np.testing.assert_allclose(found[code], part.layer(1).scores, rtol=1e-4, atol=1e-6)


def test_the_untrained_copy_is_captured_by_block(
    captured: Callable[..., Any], scgpt_folder: Path
) -> None:
    folder, study = captured(20, untrained=True)
    edges = read_attention_edges(folder)
    assert edges.group_stratum.tolist() == [-1, -1, -1]
    assert edges.provenance["model"] == "tiny-untrained"
    copy = load_model(scgpt_folder, name="tiny").untrained(42)
    whole = one_pass(copy, study, edges)
    np.testing.assert_allclose(edges.sums, whole.sums, rtol=1e-4, atol=1e-5)
    trained = read_attention_edges(captured(20)[0])
    assert not np.allclose(trained.layer(0).scores, edges.layer(0).scores, equal_nan=True)


def test_heads_may_be_left_out(captured: Callable[..., Any]) -> None:
    folder, _ = captured(50, edges={"heads": False})
    edges = read_attention_edges(folder)
    assert edges.head_sums is None
    assert not (folder / "head_sums.npy").exists()


def test_large_arrays_stay_on_disk(captured: Callable[..., Any]) -> None:
    edges = read_attention_edges(captured(50)[0])
    assert isinstance(edges.sums, np.memmap)
    assert isinstance(edges.head_sums, np.memmap)
