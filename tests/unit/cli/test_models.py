from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.models import Tap, load_model


def test_list_names_models_and_families(cellglass: Callable):
    told = cellglass("models", "list")
    assert told.code == 0
    for name in ("mini-scgpt", "mini-geneformer", "family scgpt", "family geneformer"):
        assert name in told.out
    assert "a folder with args.json, vocab.json and best_model.pt" in told.out


def test_check_says_what_it_tested(cellglass: Callable, checkpoint: Path, cells: Path):
    told = cellglass("models", "check", checkpoint, "--cells", cells)
    assert told.code == 0
    assert "2 layers x 2 heads, width 8, 60 genes" in told.out
    assert "weights are not used, the first is cls_decoder" in told.out
    for what in ("tokens", "taps", "attention", "padding", "interventions", "masking"):
        assert f"  {what}: " in told.out


def test_check_of_cells_the_model_does_not_know(
    cellglass: Callable, checkpoint: Path, write_cells: Callable
):
    told = cellglass(
        "models", "check", checkpoint, "--cells", write_cells(genes=[f"X{i}" for i in range(60)])
    )
    assert told.code == 2
    assert "no gene is in the vocabulary" in told.err


def test_check_of_an_unknown_family(cellglass: Callable, checkpoint: Path):
    told = cellglass("models", "check", checkpoint, "--family", "scgtp")
    assert told.code == 2
    assert "did you mean 'scgpt'?" in told.err


def test_converted_checkpoint_is_the_same_model(
    cellglass: Callable, checkpoint: Path, tmp_path: Path, tiny: Any, symbols: list[str]
):
    out = tmp_path / "converted"
    told = cellglass("models", "convert", checkpoint, "--out", out)
    assert told.code == 0
    assert f"Wrote {out}" in told.out
    assert (out / "model.safetensors").is_file()
    cells = tiny.counts_data(4, symbols)
    one, other = (load_model(folder) for folder in (checkpoint, out))
    states = [
        m.forward(m.tokenize(cells), taps=[Tap.cell_embedding()]).cell_embedding
        for m in (one, other)
    ]
    np.testing.assert_array_equal(*states)


def test_conversion_overwrites_nothing(cellglass: Callable, checkpoint: Path, tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("precious")
    told = cellglass("models", "convert", checkpoint, "--out", tmp_path)
    assert told.code == 2
    assert "the folder is not empty" in told.err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
    told = cellglass("models", "convert", checkpoint, "--out", tmp_path / "x", "--dtype", "float23")
    assert told.code == 2
    assert "'float32'" in told.err
    assert not (tmp_path / "x").exists()


def test_scvi_is_trained_checked_and_refused_twice(cellglass: Callable, tmp_path: Path):
    pytest.importorskip("scvi")
    arguments = ["models", "train-scvi", "pbmc68k", "--out", tmp_path / "mine", "--epochs", 1,
                 "--genes", 50, "--n-latent", 3, "--batch", "phase"]  # fmt: skip
    told = cellglass(*arguments)
    assert told.code == 0, told.err
    assert "ScviModel('mine', 50 genes, 3 latent dimensions, covariates: phase)" in told.out
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["model.pt"]
    again = cellglass(*arguments)
    assert again.code == 2
    assert "the folder is not empty" in again.err
    checked = cellglass("models", "check", tmp_path / "mine")
    assert checked.code == 0, checked.err
    assert "all genes exchanged: within" in checked.out
