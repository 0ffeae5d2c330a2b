"""Scores that carry over to cells: right on planted concepts, told where they cannot be had."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass import pl
from cellglass.concepts.statistics.core_scores import core_scores
from cellglass.concepts.study.dictionaries import read_dictionaries
from cellglass.concepts.study.names import TEST, dictionary_name, embedding_name
from cellglass.concepts.study.scores import judge, one_to_one
from cellglass.runs.result import AnalysisResult

TASKS = {"embedded": embedding_name("planted"), "dictionaries": dictionary_name("planted")}


def scored(folders: Any, statistics: dict[str, Any]) -> AnalysisResult:
    context = folders.context("concepts.scores/planted")
    judge(context, model="planted", statistics=statistics, **TASKS)
    return AnalysisResult.read(context.output)


@pytest.fixture(scope="module")
def planted(study_folders, study_statistics) -> AnalysisResult:
    return scored(study_folders, study_statistics)


def row_of(result: AnalysisResult, score: str, part: str = "") -> pd.Series:
    table = result.tables["scores"]
    return table[(table["score"] == score) & table["measure"].str.contains(part)].iloc[0]


def test_core_scores_are_those_of_held_out_cells(planted, study_folders):
    folder = study_folders.inputs[TASKS["dictionaries"]]
    h = study_folders.store.array[:][np.load(folder / "split.npy") == TEST]
    first = read_dictionaries(folder)[0]
    alone = core_scores(h, first.reconstruct(h), first.encode(h), seed=42)
    left = row_of(planted, "core", "FVU")
    assert left["estimate"] == pytest.approx(alone.fvu)
    assert left["estimate"] < 0.1
    assert left["null"] > 3 * left["estimate"]
    assert row_of(planted, "core", "active concepts")["estimate"] == 4
    assert len(planted.tables["core"]) == 4


def test_every_score_stands_beside_its_null(planted):
    table = planted.tables["scores"]
    told = table[table["score"] != "core"]
    assert list(told["score"].unique()) == [
        "absorption", "perturbation", "donor removal", "batch removal",
    ]  # fmt: skip
    assert (table["state"] == "measured").all()
    assert told[["null", "p", "low", "high"]].notna().all(axis=None)
    assert len(planted.findings) == len(table)
    assert {f.kind for f in planted.findings} == {"descriptive"}
    assert planted.verdicts == []


def test_concepts_of_a_label_hold_that_label(planted):
    row = row_of(planted, "perturbation")
    assert row["low"] > 0.1
    assert row["p"] == 1 / 51
    assert row["estimate"] > row["null"] + 3 * row["null_sd"]


def test_removing_what_is_tied_to_batches_spares_labels(planted):
    batch, label = (row_of(planted, "batch removal", p) for p in ("the batch", "the cell type"))
    assert batch["estimate"] > 0.2
    assert batch["estimate"] > batch["null"]
    assert label["estimate"] < 0.1


def test_absorption_is_that_of_t_cells(planted):
    table = planted.tables["absorption"]
    assert set(table["kind"]) == {"CD4 T cells in T cells", "CD8 T cells in T cells"}
    assert row_of(planted, "absorption")["estimate"] == pytest.approx(table["estimate"].mean())


def test_figures_can_be_drawn(planted):
    assert {f.name for f in planted.figures} == {
        "absorption", "perturbation", "donor_removal", "batch_removal",
    }  # fmt: skip
    for figure in planted.figures:
        getattr(pl, figure.function)(planted.tables[figure.table], **figure.options)


def test_what_cannot_be_had_is_told(study_folders, study_statistics, tmp_path):
    kinds = study_folders.store.obs["label"].str.replace("CD4 T cells", "Th").to_numpy()
    donors = np.array(["D1", "D2"])[np.arange(600) % 2]
    folders = study_folders.with_obs(tmp_path, label=kinds, donor=donors, batch=donors)
    result = scored(folders, study_statistics)
    table = result.tables["scores"].set_index("score")
    assert table.loc["absorption", "state"] == "NOT APPLICABLE"
    assert table.loc["batch removal", "note"] == "batches are donors"
    assert table.loc["perturbation", "unit"] == "cell"
    assert set(table.loc["donor removal", "state"]) == {"measured"}
    assert any("absorption: not applicable" in note for note in result.notes)


@pytest.mark.parametrize("label", ["", "T cells"])
def test_without_labels_only_the_core_is_left(study_folders, study_statistics, tmp_path, label):
    folders = study_folders.with_obs(tmp_path, label=label, donor="", batch="")
    table = scored(folders, study_statistics).tables["scores"]
    assert set(table.loc[table["state"] == "measured", "score"]) == {"core"}
    assert (table["state"] == "NOT APPLICABLE").sum() == 4
    notes = table.set_index("score")["note"]
    assert notes["perturbation"] == "fewer than two labels"
    assert notes["donor removal"] == "fewer than two donors"


def test_columns_that_part_cells_alike():
    donors = np.array(["a", "b", "c", "a"])
    assert one_to_one(np.array(["x", "y", "z", "x"]), donors)
    assert not one_to_one(np.array(["x", "y", "y", "x"]), donors)
    assert not one_to_one(np.array(["x", "y", "z", "y"]), donors)
