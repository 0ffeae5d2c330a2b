"""A store appears whole or not at all, and is continued where it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.embeddings.store import EmbeddingStore
from cellglass.concepts.embeddings.writer import StoreWriter
from cellglass.errors import InputError

SETTINGS = {"level": "cell", "model": "m", "seed": 1, "covariates": ("a",)}


def frame(*names: str, donor: object = "D1") -> pd.DataFrame:
    return pd.DataFrame({"cell": list(names), "donor": [donor] * len(names)})


def begun(folder: Path, **changes: object) -> StoreWriter:
    return StoreWriter(folder, {**SETTINGS, **changes}, n_shards=2)


def complete(folder: Path) -> EmbeddingStore:
    writer = begun(folder)
    writer.write(0, np.ones((2, 3)), frame("a", "b"), "first")
    writer.write(1, np.zeros((1, 3)), frame("c", donor=None), "second")
    return writer.finish()


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_shards_and_rows_are_joined(tmp_path: Path):
    store = complete(tmp_path / "s")
    assert np.asarray(store.array).tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0]]
    assert store.obs["cell"].tolist() == ["a", "b", "c"]
    assert store.obs["donor"].tolist() == ["D1", "D1", None]
    assert store.meta["covariates"] == ["a"]
    assert store.meta["n_rows"] == 3


def test_equal_content_gives_equal_bytes(tmp_path: Path):
    complete(tmp_path / "one")
    complete(tmp_path / "two")
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert "meta.json" in content(tmp_path / "one")


def test_half_a_store_cannot_be_opened_and_is_continued(tmp_path: Path):
    writer = begun(tmp_path)
    writer.write(1, np.zeros((1, 3)), frame("c"), "second")
    with pytest.raises(InputError, match="1 of 2 shards are missing"):
        writer.finish()
    with pytest.raises(InputError, match="not complete") as caught:
        EmbeddingStore.open(tmp_path)
    assert "continues" in caught.value.fix
    again = begun(tmp_path)
    assert again.done(1, "second")
    assert not again.done(0, "first")
    again.write(0, np.ones((2, 3)), frame("a", "b"), "first")
    assert again.finish().array.shape == (3, 3)


def test_what_a_killed_process_left_half_is_no_shard(tmp_path: Path):
    begun(tmp_path)
    (tmp_path / ".embedding-00000.npy.1.partial").write_bytes(b"half")
    np.save(tmp_path / "embedding-00000.npy", np.ones((2, 3), np.float32))  # no record yet
    assert not begun(tmp_path).done(0, "first")


def test_other_cells_or_a_changed_shard_are_refused(tmp_path: Path):
    complete(tmp_path)
    with pytest.raises(InputError, match="made of other cells"):
        begun(tmp_path).done(0, "others")
    np.save(tmp_path / "embedding-00000.npy", np.full((2, 3), 2, np.float32))
    with pytest.raises(InputError, match="its hash differs"):
        begun(tmp_path).done(0, "first")


def test_other_settings_are_refused_unless_to_be_overwritten(tmp_path: Path):
    complete(tmp_path)
    with pytest.raises(InputError, match="seed 1 instead of 2"):
        begun(tmp_path, seed=2)
    assert EmbeddingStore.open(tmp_path).array.shape == (3, 3)
    writer = StoreWriter(tmp_path, {**SETTINGS, "seed": 2}, n_shards=1, overwrite=True)
    assert not writer.done(0, "first")
    assert not (tmp_path / "embedding-00001.npy").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        StoreWriter(tmp_path, SETTINGS, n_shards=1, overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_embeddings_that_are_not_finite_are_not_written(tmp_path: Path):
    writer = begun(tmp_path)
    with pytest.raises(InputError, match=r"1 of 2 embeddings .* cell b"):
        writer.write(0, np.array([[1.0], [np.nan]]), frame("a", "b"), "first")
    assert not list(tmp_path.glob("*.npy"))


def test_shards_of_different_widths_are_refused(tmp_path: Path):
    writer = begun(tmp_path)
    writer.write(0, np.ones((1, 2)), frame("a"), "first")
    writer.write(1, np.ones((1, 3)), frame("b"), "second")
    with pytest.raises(InputError, match=r"widths \[2, 3\]"):
        writer.finish()
