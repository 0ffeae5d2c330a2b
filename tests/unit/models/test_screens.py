from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.models.capture import read_genes
from cellglass.models.datasets import CELLS, genes_name, read_cells
from cellglass.models.inputs import prepare_study
from cellglass.models.screens import (
    controls_of,
    dataset_of,
    fold_change_rows,
    opened,
    perturbed_genes,
    screen_params,
)
from cellglass.runs.pipeline import INPUTS, SUMMARY
from cellglass.runs.study import Study

EDGES = "source\ttarget\tscore\n"


@pytest.fixture
def screen(screen_files: Any, tmp_path: Path) -> Path:
    """Shifrut's layout: two donors, two conditions, cells without a guide."""
    return Path(screen_files.write(screen_files.shifrut(), tmp_path / "shifrut.h5ad"))


@pytest.fixture
def folds(tmp_path: Path) -> Path:
    path = tmp_path / "folds.csv"
    path.write_text("symbol,KLF1,SPI1+AHR\nLYZ,1,2\nKLF1,-2,0\nAHR,0,-1\n")
    return path


@pytest.fixture
def table(screen_files: Any, tmp_path: Path) -> Path:
    """Scores of every gene but PDCD1 with every other."""
    rng = np.random.default_rng(2)
    genes = screen_files.GENES
    lines = [
        f"{s}\t{t}\t{rng.random():.3f}\n" for s in genes for t in genes if s not in (t, "PDCD1")
    ]
    path = tmp_path / "scores.tsv"
    path.write_text(EDGES + "".join(lines))
    return path


@pytest.fixture
def study_of_screens(table: Path) -> Callable[..., Study]:
    def make(cells: str, screens: list[Any], **sections: Any) -> Study:
        held: dict[str, Any] = {
            "study": "s", "cells": {"path": cells}, "tables": [str(table)], "screens": screens,
            "genes": {"min_cells": 5}, "edges": {"replicate_blocks": 3, "group_cells": 8},
        }  # fmt: skip
        for name, section in sections.items():
            held[name] = held.get(name, {}) | section if isinstance(section, dict) else section
        return Study(**held)

    return make


def test_controls_of_a_screen_are_the_studys_cells(
    study_of_screens: Callable[..., Study], screen: Path, walk: Any, tmp_path: Path
):
    """Exactly the cells that responses are held against: same draw, no further thinning."""
    entry = {"path": str(screen), "replicate": "replicate", "name": "T"}
    study = study_of_screens(
        "screen:T",
        [entry],
        responses={"n_controls": 50},
    )
    assert dataset_of(study, study.screens[0]) == CELLS
    tasks = prepare_study(study)
    assert [t.name for t in tasks] == [CELLS, "genes/scores"]
    folders = walk(tasks, tmp_path / "w")
    held = read_cells(folders[CELLS])
    found = opened(screen_params(study, study.screens[0]))
    adata = anndata.read_h5ad(screen)
    drawn = found.controls(50, 42)
    assert sorted(held.cells.obs_names) == sorted(adata.obs_names[drawn])
    assert set(adata.obs.loc[held.cells.obs_names, "perturbation"]) == {"control"}
    assert set(adata.obs.loc[held.cells.obs_names, "guide_id"]) == {"ES.sg21.NonTarget"}
    assert held.unit == "donor"  # the screen's replicates
    assert sorted(held.blocks) == ["D1", "D2"]
    assert held.forced == ("CBLB", "PDCD1", "RASA2")
    assert json.loads((folders[CELLS] / INPUTS).read_text()).keys() == {str(screen)}


def test_all_controls_are_drawn_where_there_are_fewer_than_max_cells(
    study_of_screens: Callable[..., Study], screen: Path, walk: Any, tmp_path: Path
):
    study = study_of_screens("screen:shifrut", [str(screen)])
    study.cells.max_cells = 50  # of the study's cells, and no limit for a screen's controls
    folders = walk(prepare_study(study), tmp_path / "w")
    assert read_cells(folders[CELLS]).cells.n_obs == 80


def test_each_screen_has_a_data_set_beside_the_studys_cells(
    study_of_screens: Callable[..., Study], screen_files: Any, screen: Path, folds: Path,
    walk: Any, tmp_path: Path,
):  # fmt: skip
    norman = screen_files.write(screen_files.norman(), tmp_path / "norman.h5ad")
    study = study_of_screens(str(norman), [str(screen), str(norman), str(folds)])
    assert [dataset_of(study, s) for s in study.screens] == [
        "screen/shifrut",
        "screen/norman",
        CELLS,
    ]
    tasks = prepare_study(study)
    assert [t.name for t in tasks] == [
        CELLS, "screen/shifrut", "screen/norman",
        "genes/scores", "genes/scores@shifrut", "genes/scores@norman",
    ]  # fmt: skip
    folders = walk(tasks, tmp_path / "w")
    assert read_cells(folders[CELLS]).cells.n_obs == 242  # all cells, perturbed ones as well
    assert read_cells(folders[CELLS]).forced == ("KLF1", "SPI1", "AHR")  # of the fold changes
    controls = read_cells(folders["screen/norman"])
    assert controls.cells.n_obs == 50
    assert controls.forced == ("AHR", "FEV", "KLF1", "FOXL2", "MAP2K6")

    # rows of a screen's controls are perturbed genes, those of the study's cells all others too
    genes = read_genes(folders["genes/scores@norman"])
    assert set(genes.loc[genes["row"], "gene"]) == {"AHR", "FEV", "KLF1", "MAP2K6"}
    genes = read_genes(folders["genes/scores@shifrut"])
    assert set(genes.loc[genes["row"], "gene"]) == {"CBLB", "RASA2"}  # PDCD1 has no score
    noted = json.loads((folders["genes/scores@shifrut"] / SUMMARY).read_text())
    assert noted["regulators"] == 2
    assert noted["note"].startswith("rows are 2 of the 3 perturbed genes")
    genes = read_genes(folders["genes/scores"])
    assert set(genes.loc[genes["row"], "gene"]) == set(screen_files.GENES) - {"PDCD1"}


def test_the_draw_follows_the_seed_of_the_run(
    study_of_screens: Callable[..., Study], screen: Path, walk: Any, tmp_path: Path
):
    study = study_of_screens("screen:shifrut", [str(screen)], responses={"n_controls": 40})
    names = [
        sorted(
            read_cells(
                walk(prepare_study(study), tmp_path / f"w{i}", seed=seed)[CELLS]
            ).cells.obs_names
        )
        for i, seed in enumerate((1, 2, 1))
    ]
    assert names[0] == names[2] != names[1]


def test_only_cells_that_are_asked_for_are_controls(
    study_of_screens: Callable[..., Study], screen: Path, walk: Any, tmp_path: Path
):
    entry = {"path": str(screen), "name": "stim", "where": {"perturbation_2": "Stim"}}
    folders = walk(prepare_study(study_of_screens("screen:stim", [entry])), tmp_path / "w")
    names = read_cells(folders[CELLS]).cells.obs_names
    assert set(anndata.read_h5ad(screen).obs.loc[names, "perturbation_2"]) == {"Stim"}
    assert len(names) == 40


def test_what_a_task_needs_changes_with_file_and_settings(
    study_of_screens: Callable[..., Study], screen: Path, screen_files: Any
):
    study = study_of_screens("screen:shifrut", [str(screen)])
    before = screen_params(study, study.screens[0])
    assert before == screen_params(study, study.screens[0])
    assert before["n_controls"] == 2000
    screen_files.write(screen_files.shifrut(seed=9), screen)
    assert screen_params(study, study.screens[0])["sha256"] != before["sha256"]
    other = study_of_screens("screen:shifrut", [str(screen)], responses={"n_controls": None})
    assert screen_params(other, other.screens[0])["n_controls"] is None
    _, found, controls = controls_of(screen_params(other, other.screens[0]), 1)
    assert len(controls) == 80
    assert perturbed_genes(found) == ["CBLB", "PDCD1", "RASA2"]


def test_rows_of_fold_changes(study_of_screens: Callable[..., Study], screen: Path, folds: Path):
    study = study_of_screens("screen:shifrut", [str(screen), str(folds)])
    assert fold_change_rows(study) == ["KLF1", "SPI1", "AHR"]
    assert fold_change_rows(study_of_screens("screen:shifrut", [str(screen)])) == []
    assert dataset_of(study, study.screens[1]) == CELLS


def test_fold_changes_have_no_controls(
    study_of_screens: Callable[..., Study], folds: Path, walk: Any, tmp_path: Path
):
    study = study_of_screens("screen:folds", [str(folds)])
    with pytest.raises(InputError, match=r"a table of fold changes has no cells[\s\S]*cells:"):
        walk(prepare_study(study), tmp_path / "w")


def test_one_donor_only(
    study_of_screens: Callable[..., Study], screen_files: Any, walk: Any, tmp_path: Path
):
    """A column of replicates with one level promises what it cannot keep."""
    adata = screen_files.shifrut()
    adata.obs.loc[adata.obs["guide_id"] == "ES.sg21.NonTarget", "replicate"] = "D1"
    path = screen_files.write(adata, tmp_path / "one.h5ad")
    entry = {"path": str(path), "replicate": "replicate"}
    with pytest.raises(InputError) as refused:
        walk(prepare_study(study_of_screens("screen:one", [entry])), tmp_path / "w")
    assert "the only label is 'D1'" in refused.value.found
    assert refused.value.where == f"{path}, donor"
    assert "run without donor" in refused.value.fix


def test_what_no_gene_can_be_judged_in_is_noted_and_the_rest_goes_on(
    study_of_screens: Callable[..., Study],
    screen_files: Any,
    screen: Path,
    walk: Any,
    tmp_path: Path,
):
    foreign = pd.DataFrame(index=[f"MOUSE{i}" for i in range(30)])
    adata = screen_files.screen(["control"] * 40 + ["Klf1"] * 30, var=foreign)
    mouse = screen_files.write(adata, tmp_path / "mouse.h5ad")
    study = study_of_screens("screen:shifrut", [str(screen), str(mouse)])
    folders = walk(prepare_study(study), tmp_path / "w")
    noted = json.loads((folders[genes_name("scores", "screen/mouse")] / SUMMARY).read_text())
    assert noted["unmet"].startswith("the edges name ACTB, AHR, CBLB and ")
    assert len(read_genes(folders["genes/scores@mouse"])) == 0
    assert len(read_genes(folders["genes/scores"])) == 30


def test_a_model_in_the_controls_of_a_screen(
    tiny: Any, screen_files: Any, screen: Path, walk: Any, tmp_path: Path
):
    folder = tiny.write_scgpt(tmp_path / "scgpt", screen_files.GENES[:20])
    study = Study(
        study="s", cells={"path": str(screen), "max_cells": 60}, models=[str(folder)],
        screens=[str(screen)], genes={"min_cells": 5},
    )  # fmt: skip
    folders = walk(prepare_study(study), tmp_path / "w")
    genes = read_genes(folders["genes/scgpt@shifrut"])
    assert set(genes.loc[genes["row"], "gene"]) == {"CBLB", "PDCD1", "RASA2"}
    assert set(genes["gene"]) == set(screen_files.GENES[:20])
    assert read_genes(folders["genes/scgpt"])["row"].sum() == 20


def test_a_perturbed_gene_that_the_model_calls_otherwise_is_a_row_of_its_own(
    tiny: Any, screen_files: Any, walk: Any, tmp_path: Path
):
    """Shifrut's C10orf54 is VSIR in newer vocabularies: by its Ensembl id it is the same gene."""
    genes = screen_files.GENES
    symbols = {
        "VSIR" if g == "CBLB" else g: e for g, e in zip(genes, screen_files.ENSEMBL, strict=True)
    }
    assert screen_files.ENSEMBL[0] == "ENSG00000000001"
    for by_ids in (False, True):
        ids, index = list(screen_files.ENSEMBL), list(genes)
        var = (
            pd.DataFrame({"gene_name": index}, index=ids)
            if by_ids
            else pd.DataFrame({"ensembl_id": ids}, index=index)
        )
        path = screen_files.write(screen_files.shifrut(var=var), tmp_path / f"s{by_ids}.h5ad")
        folder = tiny.write_geneformer(tmp_path / f"g{by_ids}", genes=ids, symbols=symbols)
        study = Study(
            study="s", cells={"path": "screen:S"}, models=[{"path": str(folder), "name": "m"}],
            screens=[{"path": str(path), "name": "S"}],
            genes={"min_cells": 5, "regulators": ["AHR"]},
        )  # fmt: skip
        folders = walk(prepare_study(study), tmp_path / f"w{by_ids}")
        table = read_genes(folders["genes/m"])
        assert set(table.loc[table["row"], "gene"]) == {"AHR", "VSIR", "PDCD1", "RASA2"}
        noted = json.loads((folders["genes/m"] / SUMMARY).read_text())
        assert "3 of the 3 perturbed genes" in noted["note"]


# --- real screens


def test_controls_of_papalexi(
    study_of_screens: Callable[..., Study], shared_data: Any, walk: Any, tmp_path: Path
):
    path = shared_data("perturbation/papalexi2021_thp1_crisprko.h5ad")
    entry = {"path": str(path), "name": "papalexi", "replicate": "bio_rep"}
    study = study_of_screens("screen:papalexi", [entry], tables=[], models=["mini-scgpt"])
    (task, *_) = prepare_study(study)
    held = read_cells(walk([task], tmp_path / "w")[CELLS])
    obs = anndata.read_h5ad(path, backed="r").obs.loc[held.cells.obs_names]
    assert (held.cells.n_obs, set(obs["grna_target"])) == (2000, {"non-targeting"})
    assert np.array(held.blocks)[held.block].tolist() == obs["bio_rep"].tolist()
    assert len(held.forced) == 25
    assert len(set(held.forced) & set(held.cells.var_names)) == 9
    assert held.unit == "donor"


def test_controls_of_one_mcfaline_line(
    study_of_screens: Callable[..., Study], shared_data: Any, walk: Any, tmp_path: Path
):
    path = shared_data("perturbation/mcfaline2023_gbm_crispri.h5ad")
    obs = anndata.read_h5ad(path, backed="r").obs
    entry = {"path": str(path), "name": "T98G", "cell_line": "T98G", "modality": "CRISPRi"}
    study = study_of_screens("screen:T98G", [entry], tables=[], models=["mini-scgpt"])
    held = read_cells(walk(prepare_study(study)[:1], tmp_path / "w")[CELLS])
    mine = obs.loc[held.cells.obs_names]
    assert set(mine["cell_type"]) == {"T98G"}
    assert set(mine["perturbation"]) == {"control"}
    controls = (obs["cell_type"] == "T98G") & (obs["perturbation"] == "control")
    assert held.cells.n_obs == controls.sum()
    assert len(held.forced) == 9
