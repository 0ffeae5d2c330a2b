from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from cellglass.models import Tap, TransformerModel
from cellglass.models.datasets import CELLS, read_cells
from cellglass.models.inputs import prepare_study
from cellglass.models.quality import ANALYSES
from cellglass.models.quality.masked_prediction import hidden_entries, masked_positions
from cellglass.models.quality.tasks import (
    from_another_context,
    plan_embedding,
    plan_masked,
)
from cellglass.runs.registry import Plan
from cellglass.runs.result import AnalysisResult

STATISTICS = {"draws": 99, "bootstrap": 100}


@pytest.fixture
def ran(study_of: Callable[..., Any], walk: Any, tmp_path: Path) -> Callable[..., Any]:
    """``ran(plan, ...)``: the result of an analysis on the tiny study, and all folders."""

    def run(plan: Any, **sections: Any) -> tuple[Any, dict[str, Path]]:
        study = study_of(**{"statistics": STATISTICS, "resources": {"shard_cells": 40}} | sections)
        where = tmp_path / f"r{len(list(tmp_path.iterdir()))}"
        prepared = walk(prepare_study(study), where)
        instance = plan(Plan(study, prepared))[0]
        folders = walk(instance.tasks, where, prepared)
        return AnalysisResult.read(folders[instance.result]), folders

    return run


def test_hidden_values_are_predicted_in_shards_and_judged(ran: Callable[..., Any]) -> None:
    result, folders = ran(plan_masked)
    hidden = pd.concat(
        pd.read_parquet(f / "hidden.parquet") for n, f in folders.items() if "shard" in n
    )
    assert sorted(set(hidden["cell"])) == list(range(90))  # positions in the study, not in shards
    assert result.findings[0].n == 90
    assert result.verdicts[0].state != "PASS"  # random weights have learned nothing
    whole, folders = ran(plan_masked, resources={"shard_cells": 1000})
    one = pd.read_parquet(next(f for n, f in folders.items() if "shard" in n) / "hidden.parquet")
    np.testing.assert_array_equal(hidden["gene"], one["gene"])
    np.testing.assert_allclose(hidden["prediction"], one["prediction"], atol=1e-5)
    assert whole.findings[0].estimate == pytest.approx(result.findings[0].estimate, abs=1e-5)


def test_hidden_genes_are_predicted_and_judged(
    ran: Callable[..., Any], geneformer_folder: Path, study_file: Path, tiny: Any, tmp_path: Path
) -> None:
    import anndata

    cells = anndata.read_h5ad(study_file)
    cells.var_names = [*tiny.ENSEMBL, "UNHEARD_OF"]
    cells.write_h5ad(tmp_path / "ensembl.h5ad")
    result, _ = ran(
        plan_masked, cells={"path": str(tmp_path / "ensembl.h5ad")},
        models=[{"path": str(geneformer_folder), "name": "tiny"}],
    )  # fmt: skip
    table = result.tables["losses"].set_index("predictor")["loss"]
    assert table["the mean of the gene"] == pytest.approx(np.log(40), abs=0.3)  # nats
    assert "model, levels not moved" not in table.index


def test_embeddings_are_judged_beside_the_untrained_copy(ran: Callable[..., Any]) -> None:
    result, folders = ran(plan_embedding)
    assert {"capture/tiny", "capture/tiny-untrained"} <= set(folders)
    study = read_cells(folders[CELLS])
    assert result.findings[0].n == int((study.stratum >= 0).sum())
    assert result.verdicts[0].state != "PASS"


def test_embeddings_want_labels(study_of: Callable[..., Any]) -> None:
    found = plan_embedding(Plan(study_of(cells={"strata": None}), {}))
    assert found[0].unmet is not None
    assert "cells.strata" in found[0].unmet.command
    assert found[0].tasks == ()


def test_the_other_context_is_the_next_cell_with_the_same_ranks(
    geneformer: TransformerModel, cells_of: Callable[..., Any]
) -> None:
    tokens = geneformer.tokenize(cells_of(geneformer, 4))
    hidden = masked_positions(tokens, share=0.3)
    entries = hidden_entries(geneformer, tokens, hidden)
    found = from_another_context(geneformer, tokens, hidden, entries)
    assert np.isfinite(found).all()
    row = 0
    for cell in range(4):
        other = tokens[[(cell + 1) % 4]]
        last = int(other.lengths[0]) - 2  # before <eos>
        positions = np.minimum(np.flatnonzero(hidden[cell]), last)
        at = np.zeros_like(hidden[:1])
        at[0, positions] = True
        logits = geneformer.forward(geneformer.mask_tokens(other, at), [Tap.logits()]).logits[0]
        for position, original in zip(positions, np.flatnonzero(hidden[cell]), strict=True):
            probability = torch.log_softmax(torch.as_tensor(logits[position]), -1)
            gene = tokens.gene_ids[cell, original]
            assert found[row] == pytest.approx(float(probability[gene]), abs=1e-4)
            row += 1
    assert row == len(found)


def test_two_analyses_are_offered() -> None:
    assert [a.name for a in ANALYSES] == ["model.masked_prediction", "model.cell_embedding"]
    assert all(a.question.endswith("?") and a.reference and a.claim for a in ANALYSES)
