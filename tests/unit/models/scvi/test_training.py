from __future__ import annotations

import random
import signal
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from anndata import AnnData

from cellglass.errors import InputError
from cellglass.models.scvi import train_scvi
from cellglass.models.scvi.loading import load
from cellglass.models.scvi.training import _batch_size, training_cells, variable_genes

SMALL: dict[str, Any] = {"max_epochs": 2, "n_latent": 3, "n_hidden": 8, "n_genes": 60}


@pytest.fixture(autouse=True)
def needs_scvi_tools() -> None:
    pytest.importorskip("scvi")


def test_the_same_cells_and_seed_give_the_same_bytes(cells: Any, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train_scvi(cells, tmp_path / name, seed=seed, batch="phase", **SMALL)
    one, same, other = ((tmp_path / n / "model.pt").read_bytes() for n in "abc")
    assert one == same
    assert one != other


def test_nothing_but_the_folder_is_left_behind(
    cells: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(3)
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]  # noqa: NPY002
    told: list[tuple[int, int]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train_scvi(cells, "deep/model", progress=lambda *n: told.append(n), **SMALL)
    assert [str(p.relative_to(tmp_path)) for p in sorted(tmp_path.rglob("*"))] == [
        "deep", "deep/model", "deep/model/model.pt"
    ]  # fmt: skip
    assert told == [(1, 2), (2, 2)]
    assert capfd.readouterr() == ("", "")
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]  # type: ignore[index]  # noqa: NPY002
    assert random.getstate() == states[2]


def test_an_interruption_leaves_nothing(cells: Any, tmp_path: Path) -> None:
    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train_scvi(cells, tmp_path / "model", progress=fail, **SMALL)
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGINT) == handler


def test_a_folder_with_files_is_left_alone(cells: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        train_scvi(cells, tmp_path, **SMALL)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("option", ["n_latent", "n_hidden", "n_layers", "n_genes", "max_epochs"])
def test_numbers_below_one_are_refused(cells: Any, tmp_path: Path, option: str) -> None:
    with pytest.raises(InputError, match=f"{option} is 0"):
        train_scvi(cells, tmp_path / "m", **{**SMALL, option: 0})


def test_options_reach_the_model(cells: Any, tmp_path: Path) -> None:
    made = train_scvi(
        cells, tmp_path / "m", batch="phase", encode_covariates=True, n_layers=2,
        gene_likelihood="nb", **SMALL,
    )  # fmt: skip
    assert (made.width, len(made.vocabulary), made.module.n_layers) == (3, 60, 2)
    assert (made.module.gene_likelihood, made.encoder.reads_covariates) == ("nb", True)
    assert made.setup.batch is not None
    assert made.name == "m"


def test_a_column_that_is_missing_or_has_gaps_is_refused(cells: Any) -> None:
    with pytest.raises(InputError, match="lane"):
        training_cells(cells, batch="lane", layer=None, n_genes=None)
    cells.obs["lane"] = pd.Series(["a", None, "b", None] * 10, index=cells.obs_names, dtype=object)
    with pytest.raises(InputError, match="20 cells have no value"):
        training_cells(cells, batch="lane", layer=None, n_genes=None)


def test_genes_that_share_a_name_are_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        twin = AnnData(np.ones((3, 2), np.float32), var=pd.DataFrame(index=["A", "A"]))
    with pytest.raises(InputError, match="gene 'A' occurs more than once"):
        training_cells(twin, batch=None, layer=None, n_genes=None)


def test_the_most_variable_genes_are_chosen(cells: Any) -> None:
    from cellglass.data import counts_of, gene_features

    counts = counts_of(cells)
    chosen = variable_genes(counts, 50)
    variance = gene_features(counts.matrix, counts.n_counts)["variance"].to_numpy()
    assert len(chosen) == 50
    assert (np.diff(chosen) > 0).all()
    assert variance[chosen].min() >= np.delete(variance, chosen).max()
    expressed = np.flatnonzero(counts.matrix.getnnz(axis=0))
    np.testing.assert_array_equal(variable_genes(counts, None), expressed)


def test_symbols_of_ensembl_ids_are_kept_beside(tmp_path: Path) -> None:
    values = np.random.default_rng(0).poisson(2, (30, 5)).astype(np.float32)
    ids = [f"ENSG0000000000{i}" for i in range(5)]
    var = pd.DataFrame({"feature_name": list("ABCDE")}, index=ids)
    train_scvi(AnnData(values, var=var), tmp_path / "m", max_epochs=1, n_hidden=4, n_latent=2)
    assert load(tmp_path / "m").vocabulary.labels.tolist() == list("ABCDE")


@pytest.mark.parametrize("n_cells", [3, 4, 143, 144, 286, 1000])
def test_no_step_is_left_with_one_cell(n_cells: int) -> None:
    assert int(np.ceil(0.9 * n_cells)) % _batch_size(n_cells) not in (1, 2) or n_cells < 5
