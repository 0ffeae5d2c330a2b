"""Bad input gets a clear error, and nothing is lost (issue 2): every item of the list."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Refused = Callable[..., str]


@pytest.fixture
def run_refused(
    refused: Refused, write_cells: Callable, write_study: Callable, out: Path
) -> Refused:
    """``run_refused(cells=..., **changes)`` of `cellglass run` on a study."""

    def check(path_of_cells: Path | None = None, /, **changes: Any) -> str:
        study = write_study(path_of_cells or write_cells(), **changes)
        return refused("run", study, "--out", out)

    return check


# --- cells


def scaled(counts: np.ndarray) -> np.ndarray:
    return (counts - counts.mean(0)) / counts.std(0)


def log_of_no_counts(counts: np.ndarray) -> np.ndarray:
    """Log of corrected values: no whole numbers whatever is undone."""
    factor = np.random.default_rng(5).uniform(0.5, 1.5, counts.shape)
    return np.log1p(1e4 * counts * factor / counts.sum(1, keepdims=True))


def with_value(value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(counts: np.ndarray) -> np.ndarray:
        changed = counts.copy()
        changed[3, 4] = value
        return changed

    return change


BAD_MATRICES = {
    "log values": (log_of_no_counts, "some logarithm"),
    "scaled values": (scaled, "z-scores or residuals"),
    "negative counts": (
        with_value(-1),
        "1 counts are negative; the first is cell '3', gene 'GENE4'",
    ),
    "NaN": (with_value(np.nan), "NaN or infinite; the first is cell '3', gene 'GENE4'"),
    "infinite": (with_value(np.inf), "NaN or infinite; the first is cell '3', gene 'GENE4'"),
    "fraction among counts": (with_value(0.37), "no whole numbers (the first is 0.37)"),
    "all-zero cells": (np.zeros_like, "none of the 60 cells has a count"),
}


@pytest.mark.parametrize("name", BAD_MATRICES)
def test_values_that_are_no_counts(
    name: str, counts: np.ndarray, write_cells: Callable, run_refused: Refused
):
    change, found = BAD_MATRICES[name]
    path = write_cells(change(counts))
    said = run_refused(path)
    assert found in said
    assert str(path) in said


@pytest.mark.parametrize("command", ["data check", "estimate", "regulation score", "init"])
def test_every_command_that_reads_cells_refuses_scaled_values(
    command: str,
    counts: np.ndarray,
    write_cells: Callable,
    refused: Refused,
    network: Path,
    checkpoint: Path,
    cellglass: Callable,
    tmp_path: Path,
):
    path = write_cells(scaled(counts))
    edges = tmp_path / "edges.tsv"
    edges.write_text("source\ttarget\tscore\n" + network.read_text().partition("\n")[2]
                     .replace("\n", "\t0.5\n"))  # fmt: skip
    arguments = {
        "data check": ("data", "check", path),
        "estimate": ("estimate", "--cells", path, "--model", checkpoint),
        "regulation score": (
            *("regulation", "score", edges, "--cells", path, "--network", network),
            *("--out", tmp_path / "out"),
        ),
        "init": ("init", "--cells", path, "--model", checkpoint, "--out", tmp_path / "s.yaml"),
    }[command]
    if command == "init":  # only columns are read, so that it stays quick on a large file
        assert cellglass(*arguments).code == 0
        return
    said = refused(*arguments)
    assert "z-scores or residuals" in said
    assert str(path) in said


def test_empty_cells_and_genes_are_left_out_and_reported(
    counts: np.ndarray, write_cells: Callable, cellglass: Callable
):
    changed = counts.copy()
    changed[:5], changed[:, :7] = 0, 0
    told = cellglass("data", "check", write_cells(changed))
    assert told.code == 0
    assert "55 cells of 60, 60 genes" in told.out
    assert "5 cells without any count are left out" in told.out
    assert "7 genes without counts" in told.out


def test_duplicated_gene_names(symbols: list[str], write_cells: Callable, run_refused: Refused):
    path = write_cells(genes=["GENE1", *symbols[1:]])
    said = run_refused(path)
    assert "1 gene names are duplicated: 'GENE1'" in said
    assert str(path) in said


def test_no_gene_in_the_vocabulary(write_cells: Callable, run_refused: Refused):
    said = run_refused(write_cells(genes=[f"OTHER{i}" for i in range(60)]))
    assert "no gene is in the vocabulary" in said
    assert "'OTHER0'" in said
    assert "'GENE0'" in said


def test_symbols_are_mapped_where_the_model_knows_ensembl_ids(
    tiny: Any, write_cells: Callable, write_study: Callable, cellglass: Callable, out: Path
):
    folder = out.parent / "geneformer"
    names = {f"GENE{i}": identifier for i, identifier in enumerate(tiny.ENSEMBL)}
    tiny.write_geneformer(folder, symbols=names)
    cells = write_cells()
    told = cellglass("data", "check", cells, "--model", folder)
    assert told.code == 0
    assert "in the vocabulary: 40 of 60 genes" in told.out
    assert "identifiers were translated: the vocabulary names genes by ensembl" in told.out
    told = cellglass("run", write_study(cells, models=[str(folder)]), "--out", out)
    assert told.code == 0, told.text
    noted = json.loads((out / "results" / "inputs" / "genes-geneformer.json").read_text())
    assert "40" in json.dumps(noted)


def test_symbols_that_the_model_cannot_map(tiny: Any, run_refused: Refused, tmp_path: Path):
    folder = tiny.write_geneformer(tmp_path / "geneformer")
    said = run_refused(models=[str(folder)])
    assert "no gene is in the vocabulary; var has index: symbol ('GENE0'" in said
    assert "ensembl identifiers such as 'ENSG" in said


def test_column_that_does_not_exist(run_refused: Refused):
    said = run_refused(cells={"strata": "celltype"})
    assert "there is no column 'celltype' in obs" in said
    assert "did you mean 'cell_type'?" in said
    assert "no column 'patient'" in run_refused(cells={"donor": "patient"})


def test_strata_of_one_level(write_cells: Callable, run_refused: Refused):
    said = run_refused(write_cells(obs={"cell_type": "T cell"}))
    assert "the only label is 'T cell'" in said
    assert "at least 2 levels" in said


def test_damaged_and_missing_cells(run_refused: Refused, write_cells: Callable, tmp_path: Path):
    path = tmp_path / "bad.h5ad"
    assert "there is no such file" in run_refused(cells={"path": str(path)})
    path.write_bytes(write_cells().read_bytes()[:3000])
    assert "truncated or damaged" in run_refused(path)
    path.write_text("hello")
    assert "the file is not HDF5" in run_refused(path)


# --- networks


def test_network_without_a_pair_in_the_universe(run_refused: Refused, tmp_path: Path):
    path = tmp_path / "foreign.tsv"
    path.write_text("source\ttarget\n" + "".join(f"TF\tT{i}\n" for i in range(9)))
    said = run_refused(networks=[str(path)], analyses=["regulation.recovery"])
    assert "foreign" in said
    assert "0 of 60 genes are in the network" in said


def test_network_that_is_none(run_refused: Refused, tmp_path: Path):
    path = tmp_path / "network.tsv"
    path.write_text("hello\nworld\n")
    said = run_refused(networks=[str(path)], analyses=["regulation.recovery"])
    assert "no column looks like a source among: hello" in said
    said = run_refused(networks=["trust"], analyses=["regulation.recovery"])
    assert "did you mean 'trrust'?" in said


# --- checkpoints


def truncated(folder: Path) -> None:
    path = folder / "best_model.pt"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_args(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "args.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return change


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def fewer_genes(folder: Path) -> None:
    (folder / "vocab.json").write_text(json.dumps({"GENE1": 5000, "<pad>": 0, "<cls>": 1}))


BAD_CHECKPOINTS = {
    "truncated": (truncated, "best_model.pt"),
    "empty file": (lambda f: (f / "best_model.pt").write_bytes(b""), "best_model.pt"),
    "web page": (lambda f: (f / "best_model.pt").write_text("<html>"), "best_model.pt"),
    "layers": (other_args(nlayers=3), "3 layers"),
    "width": (other_args(embsize=16), "width 8"),
    "heads": (other_args(nheads=3), "heads"),
    "broken args": (lambda f: (f / "args.json").write_text("{"), "args.json"),
    "no weights": (without("best_model.pt"), "best_model.pt"),
    "no vocabulary": (without("vocab.json"), "vocab.json"),
    "vocabulary of another": (fewer_genes, "vocab.json"),
}


@pytest.fixture
def own_checkpoint(tiny: Any, symbols: list[str], tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    shape = {"heads": 2, "width": 8, "n_layers": 2, "mlp": 8, "max_seq_len": 64}
    return Path(tiny.write_scgpt(folder, symbols, **shape))


@pytest.mark.parametrize("name", BAD_CHECKPOINTS)
def test_damaged_checkpoint(name: str, own_checkpoint: Path, run_refused: Refused):
    damage, found = BAD_CHECKPOINTS[name]
    damage(own_checkpoint)
    said = run_refused(models=[str(own_checkpoint)])
    assert found in said
    assert str(own_checkpoint) in said


def test_checkpoint_of_another_family(tiny: Any, run_refused: Refused, tmp_path: Path):
    folder = tiny.write_geneformer(tmp_path / "geneformer")
    said = run_refused(models=[{"path": str(folder), "family": "scgpt"}])
    assert str(folder) in said
    assert "args.json" in said
    (tmp_path / "holiday").mkdir()
    said = run_refused(models=[str(tmp_path / "holiday")])
    assert "no known family" in said
    assert "did you mean 'mini-scgpt'?" in run_refused(models=["mini-scgp"])


class Evil:
    """A pickle that makes a folder when loaded."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> Any:
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("form", ["zip", "legacy", "bare"])
def test_checkpoint_that_would_execute_code(
    form: str, own_checkpoint: Path, run_refused: Refused, tmp_path: Path
):
    import torch

    trace, weights = tmp_path / "executed", own_checkpoint / "best_model.pt"
    content = {"encoder.embedding.weight": Evil(trace)}
    if form == "bare":
        weights.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, weights, _use_new_zipfile_serialization=form == "zip")
    said = run_refused(models=[str(own_checkpoint)])
    assert "nothing was executed" in said
    assert str(weights) in said
    assert not trace.exists()


def test_dictionary_that_would_execute_code(tiny: Any, run_refused: Refused, tmp_path: Path):
    trace = tmp_path / "executed"
    folder = tiny.write_geneformer(tmp_path / "geneformer")
    dictionary = next(folder.glob("token_dictionary*.pkl"))
    dictionary.write_bytes(pickle.dumps(Evil(trace)))
    said = run_refused(models=[str(folder)])
    assert "nothing was executed" in said
    assert str(dictionary) in said
    assert not trace.exists()


# --- study.yaml and the output folder


def test_keys_and_values_of_the_study(run_refused: Refused, tmp_path: Path):
    said = run_refused(statistics={"drawz": 5})
    assert "unknown key 'statistics.drawz'" in said
    assert "did you mean 'draws'?" in said
    assert "did you mean 'models'?" in run_refused(modles=3)
    assert "'statistics.draws' is 3" in run_refused(statistics={"draws": 3})
    said = run_refused(analyses=["regulation.recovry"])
    assert "no analysis 'regulation.recovry'" in said
    assert "'regulation.recovery'" in said
    assert not (tmp_path / "out").exists()


def test_output_folder_of_another_study(
    refused: Refused, cellglass: Callable, write_cells: Callable, write_study: Callable, out: Path
):
    cells = write_cells()
    assert cellglass("run", write_study(cells), "--out", out).code == 0
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    study = write_study(cells, study="other")
    for _ in range(2):
        told = cellglass("run", study, "--out", out)
        assert told.code == 2
        assert "the output folder belongs to the study 'small'" in told.err
        assert "choose another folder with --out; nothing was changed" in told.err
        assert "Traceback" not in told.err
    assert "Traceback" in cellglass("--debug", "run", study, "--out", out).err
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
