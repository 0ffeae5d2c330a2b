"""Embeddings in a store are the model's, whatever the shards; work that is done is not redone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.concepts.embeddings.embed_cells import embed_cells
from cellglass.concepts.embeddings.sources import hash_of_model
from cellglass.concepts.embeddings.store import EmbeddingStore
from cellglass.data import pbmc68k_reduced
from cellglass.errors import InputError
from cellglass.models.scvi.covariates import Category, Setup
from cellglass.models.scvi.loading import load as load_scvi


def test_rows_are_the_models_embeddings(plain: Any, cells_for: Callable[..., Any], tmp_path: Path):
    cells = cells_for("scgpt", 7)
    store = embed_cells(plain, cells, tmp_path / "s", seed=5, shard_cells=3)
    assert (np.asarray(store.array) == plain.embed(cells, seed=5)).all()
    assert store.obs.columns.tolist() == ["cell", "donor", "label"]
    assert store.obs["cell"].tolist() == list(cells.obs_names)
    assert store.obs["label"].tolist() == list(cells.obs["label"])
    expected = {
        "model": "plain", "model_hash": None, "level": "cell", "layer": None, "pooling": None,
        "normalised": False, "seed": 5, "draws": "model", "covariates": [], "n_cells": 7,
    }  # fmt: skip
    assert {k: store.meta[k] for k in expected} == expected


def test_a_model_that_knows_swaps_embeds_by_them(
    swapping: Any, cells_for: Callable[..., Any], tmp_path: Path
):
    cells = cells_for("scgpt", 4)
    store = embed_cells(swapping, cells, tmp_path / "a", seed=5)
    assert (np.asarray(store.array) == -swapping.embed(cells, seed=5)).all()
    assert store.meta["draws"] == "gene"
    embed_cells(swapping, cells, tmp_path / "b", layer=0, pooling="mean", normalise=True, seed=6)
    asked = [{"seed": 5}, {"seed": 6, "layer": 0, "pooling": "mean", "normalise": True}]
    assert swapping.asked == asked


def test_what_is_finished_is_not_made_again(
    plain: Any, cells_for: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    cells, folder = cells_for("scgpt", 6), tmp_path / "s"
    whole = type(plain).embed

    def dies_late(self: Any, part: Any, *, seed: int = 42) -> np.ndarray:
        if part.obs_names[0] == "cell4":
            raise KeyboardInterrupt
        return whole(self, part, seed=seed)

    monkeypatch.setattr(type(plain), "embed", dies_late)
    with pytest.raises(KeyboardInterrupt):
        embed_cells(plain, cells, folder, shard_cells=2)
    monkeypatch.setattr(type(plain), "embed", whole)
    with pytest.raises(InputError, match="not complete"):
        EmbeddingStore.open(folder)
    type(plain).calls = 0
    store = embed_cells(plain, cells, folder, shard_cells=2)
    assert type(plain).calls == 1
    assert embed_cells(plain, cells, folder, shard_cells=2).meta == store.meta
    assert type(plain).calls == 1
    once = embed_cells(plain, cells, tmp_path / "t", shard_cells=2)
    assert once.meta == store.meta


def test_other_cells_in_the_same_folder(plain: Any, cells_for: Callable[..., Any], tmp_path: Path):
    cells, folder = cells_for("scgpt", 4), tmp_path / "s"
    embed_cells(plain, cells, folder)
    cells.X.data[0] += 1
    with pytest.raises(InputError, match="other cells"):
        embed_cells(plain, cells, folder)
    store = embed_cells(plain, cells, folder, overwrite=True)
    assert (np.asarray(store.array) == plain.embed(cells)).all()


def test_normalised_where_the_model_does_not(
    plain: Any, cells_for: Callable[..., Any], tmp_path: Path
):
    cells = cells_for("scgpt", 4)
    store = embed_cells(plain, cells, tmp_path / "s", normalise=True)
    assert np.allclose(np.linalg.norm(np.asarray(store.array), axis=1), 1)
    assert store.meta["normalised"] is True
    with pytest.raises(InputError, match="layer given for plain"):
        embed_cells(plain, cells, tmp_path / "t", layer=1)


@pytest.mark.parametrize("family", ["scgpt", "geneformer"])
def test_transformers_whatever_the_shards(
    transformers: dict[str, Any], cells_for: Callable[..., Any], tmp_path: Path, family: str
):
    model, cells = transformers[family], cells_for(family, 7)
    one = embed_cells(model, cells, tmp_path / "one", layer=1, pooling="mean", normalise=True)
    many = embed_cells(
        model, cells, tmp_path / "many", layer=1, pooling="mean", normalise=True, shard_cells=2
    )
    assert np.allclose(np.asarray(one.array), np.asarray(many.array), atol=1e-5)
    assert np.allclose(np.linalg.norm(np.asarray(one.array), axis=1), 1, atol=1e-5)
    space = model.swap_space(cells, layer=1, pooling="mean", normalise=True)
    assert np.allclose(np.asarray(one.array), space.embed(), atol=1e-5)
    assert one.meta["model_hash"] != hash_of_model(model.untrained())
    published = embed_cells(model, cells, tmp_path / "published")
    assert published.meta["layer"] == model.embedding_layer
    assert published.meta["pooling"] == model.pooling
    assert np.abs(np.asarray(published.array) - np.asarray(one.array)).max() > 0.1


def test_no_shard_can_be_empty(plain: Any, cells_for: Callable[..., Any], tmp_path: Path):
    with pytest.raises(InputError, match="shards of 0 cells"):
        embed_cells(plain, cells_for("scgpt", 4), tmp_path / "s", shard_cells=0)


def test_covariates_are_told(plain: Any, cells_for: Callable[..., Any], tmp_path: Path):
    plain.setup = Setup(
        batch=Category("plate", ("a", "b")), categorical=(Category("sex", ("f", "m")),),
        continuous=("age",),
    )  # fmt: skip
    plain.batch = "b"
    store = embed_cells(plain, cells_for("scgpt", 3), tmp_path / "s")
    assert store.meta["covariates"] == ["plate", "sex", "age"]
    assert store.meta["held_batch"] == "b"


def test_scvi_with_the_batch_of_each_cell(scvi_batch_folder: Path, tmp_path: Path):
    model, cells = load_scvi(scvi_batch_folder), pbmc68k_reduced()[:12].copy()
    store = embed_cells(model, cells, tmp_path / "s", obs_columns=["bulk_labels"], shard_cells=5)
    assert np.allclose(np.asarray(store.array), model.embed(cells), atol=1e-5)
    assert store.meta["covariates"] == ["phase"]
    assert (store.meta["layer"], store.meta["pooling"]) == (None, None)
    assert store.meta["model_hash"] != hash_of_model(model.untrained())
    # the phase is not kept, but embeddings depend on it
    cells.obs["phase"] = cells.obs["phase"].to_numpy()[::-1]
    with pytest.raises(InputError, match="other cells"):
        embed_cells(model, cells, tmp_path / "s", obs_columns=["bulk_labels"], shard_cells=5)
    with pytest.raises(InputError, match="no option 'layer'"):
        embed_cells(model, cells, tmp_path / "t", layer=1)
