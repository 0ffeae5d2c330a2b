from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pytest

from cellglass.models.capture import read_genes
from cellglass.models.datasets import CELLS, UNLABELLED, read_cells
from cellglass.models.inputs import (
    model_params,
    network_or_none,
    open_model,
    prepare_study,
    unique_labels,
)
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.sections import ModelConfig


@pytest.fixture
def prepared(study_of: Callable[..., Any], walk: Any, tmp_path: Path) -> Callable[..., Any]:
    def run(**sections: Any) -> tuple[dict[str, Path], Any]:
        where = tmp_path / f"p{len(list(tmp_path.iterdir()))}"
        return walk(prepare_study(study_of(**sections)), where), where

    return run


def test_cells_stand_by_block_and_group_with_all_that_is_theirs(
    prepared: Callable[..., Any], study_file: Path
) -> None:
    folders, _ = prepared()
    study = read_cells(folders[CELLS])
    original = anndata.read_h5ad(study_file)
    assert sorted(study.cells.obs_names) == sorted(original.obs_names)
    same = original[study.cells.obs_names]
    np.testing.assert_array_equal(study.cells.X.toarray(), same.X.toarray())
    np.testing.assert_array_equal(study.cells.obs["n_counts"], np.asarray(same.X.sum(1)).ravel())
    names = np.array(study.blocks)[study.block]
    assert names.tolist() == same.obs["donor"].tolist()
    assert (np.diff(study.block) >= 0).all()
    for block in range(3):
        assert (np.diff(study.group[study.block == block]) >= 0).all()
    labels = study.labels
    assert labels is not None
    expected = same.obs["type"].astype(object).where(same.obs["type"].notna(), UNLABELLED)
    assert labels.tolist() == expected.tolist()
    assert (study.group_block[study.group] == study.block).all()
    assert (study.group_stratum[study.group] == study.stratum).all()
    assert study.unit == "donor"


def test_groups_hold_about_as_many_cells_as_asked_for(prepared: Callable[..., Any]) -> None:
    study = read_cells(prepared()[0][CELLS])
    sizes = np.bincount(study.group)
    assert 2 <= sizes.min() <= sizes.max() <= 16  # asked for 8


@pytest.mark.parametrize("rows", [slice(0, 10), slice(13, 57), slice(80, 200), slice(5, 5)])
def test_a_shard_reads_its_own_rows(prepared: Callable[..., Any], rows: slice) -> None:
    folders, _ = prepared()
    whole, part = read_cells(folders[CELLS]), read_cells(folders[CELLS], rows)
    np.testing.assert_array_equal(part.cells.X.toarray(), whole.cells.X[rows].toarray())
    assert list(part.cells.obs_names) == list(whole.cells.obs_names[rows])
    np.testing.assert_array_equal(part.block, whole.block[rows])
    np.testing.assert_array_equal(part.group, whole.group[rows])
    assert part.blocks == whole.blocks


def test_without_labels_and_donors_there_are_folds(prepared: Callable[..., Any]) -> None:
    folders, _ = prepared(cells={"strata": None, "donor": None}, edges={"replicate_blocks": 4})
    study = read_cells(folders[CELLS])
    assert study.labels is None
    assert (study.stratum == -1).all()
    assert (study.unit, len(study.blocks)) == ("fold of cells", 4)
    assert np.bincount(study.block).min() > 15


def test_evaluable_genes_are_tokens_of_enough_cells(
    prepared: Callable[..., Any], scgpt_folder: Path
) -> None:
    folders, _ = prepared(genes={"min_cells": 40, "max_genes": 100})
    table = read_genes(folders["genes/tiny"])
    study = read_cells(folders[CELLS])
    model = open_model(model_params(ModelConfig(path=str(scgpt_folder), name="tiny")))
    tokens = model.tokenize(study.cells, seed=42)
    seen = {
        str(n): int(((tokens.gene_ids == i) & tokens.is_gene).any(1).sum())
        for n, i in model.vocabulary.ids.items()
    }
    assert dict(zip(table["gene"], table["token_cells"], strict=True)) == {
        g: n for g, n in seen.items() if n >= 40
    }
    assert 0 < len(table) < 40
    summary = json.loads((folders["genes/tiny"] / SUMMARY).read_text())
    assert summary["evaluable_genes"] == len(table)
    assert summary["mapping"]["mapped"] == 40
    assert summary["mapping"]["lost"] == ["UNHEARD_OF"]
    lost = study.cells[:, "UNHEARD_OF"].X.sum() / study.cells.X.sum()
    assert summary["share_of_counts"] == pytest.approx(1 - lost)
    assert not summary["determinism"]["deterministic"]


def test_a_networks_name_that_was_not_fetched_is_no_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CELLGLASS_CACHE", str(tmp_path))
    assert network_or_none("trrust", {}) is None


def test_parameters_of_a_model_change_with_its_files(scgpt_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(scgpt_folder, tmp_path / "copy"))
    before = model_params(ModelConfig(path=str(folder)))
    assert before["sha256"] == model_params(ModelConfig(path=str(folder)))["sha256"]
    (folder / "args.json").write_text((folder / "args.json").read_text() + "\n")
    assert before["sha256"] != model_params(ModelConfig(path=str(folder)))["sha256"]


@pytest.mark.parametrize("named", [True, False])
def test_dictionaries_outside_the_checkpoint_make_part_of_the_key(
    named: bool, tiny: Any, tmp_path: Path
) -> None:
    folder = tiny.write_geneformer(tmp_path / "model", dictionaries=False)
    elsewhere = tmp_path / ("mine" if named else "geneformer")
    tiny.write_dictionaries(elsewhere)
    options = {"dictionaries": str(elsewhere)} if named else {}
    config = ModelConfig(path=str(folder), options=options)
    before = model_params(config)
    assert before == model_params(config)
    tiny.write_dictionaries(elsewhere, medians=dict.fromkeys(tiny.ENSEMBL, 2.5))
    assert before != model_params(config)


def test_symbols_that_stand_for_two_genes_give_way_to_ids(tiny: Any, tmp_path: Path) -> None:
    from cellglass.models import load_model

    first, second, third = tiny.ENSEMBL[:3]
    folder = tiny.write_geneformer(
        tmp_path / "m", symbols={"LYZ": first, "TWIN": second}, dictionaries=True
    )
    model = load_model(folder)
    model.vocabulary.symbols[third] = "TWIN"  # type: ignore[index]
    ids = np.array([model.vocabulary.ids[g] for g in (first, second, third)])
    assert unique_labels(model, ids).tolist() == ["LYZ", second, third]
