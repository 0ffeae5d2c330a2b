"""What a store gives back, and which folders it refuses."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.embeddings.store import EmbeddingStore
from cellglass.concepts.embeddings.writer import StoreWriter
from cellglass.errors import InputError


def made(folder: Path, *, shards: int = 3, rows: int = 4, width: int = 2) -> EmbeddingStore:
    writer = StoreWriter(folder, {"level": "cell", "model": "m"}, n_shards=shards)
    for i in range(shards):
        h = np.arange(i * rows * width, (i + 1) * rows * width, dtype=np.float32)
        names = [f"cell {i * rows + j}" for j in range(rows)]
        obs = pd.DataFrame({"cell": names, "donor": ["A", "B"] * (rows // 2), "n": range(rows)})
        writer.write(i, h.reshape(rows, width), obs, str(i))
    return writer.finish()


def test_subset_keeps_rows_and_their_description_together(tmp_path: Path):
    store = made(tmp_path / "s")
    some = store.subset(store.obs["donor"] == "B")
    assert len(some) == 6
    assert some.obs["cell"].tolist() == [f"cell {i}" for i in range(1, 12, 2)]
    assert some.array.rows([1]).tolist() == store.array.rows([3]).tolist()
    again = some.subset([5, 0])
    assert again.obs["cell"].tolist() == ["cell 11", "cell 1"]
    assert again.array.rows([0]).tolist() == [[22, 23]]
    assert again.obs.index.tolist() == [0, 1]
    assert store.obs["n"].dtype == np.int64


def test_nothing_there(tmp_path: Path):
    with pytest.raises(InputError, match="there are no embeddings") as caught:
        EmbeddingStore.open(tmp_path)
    assert "embed_cells" in caught.value.fix


@pytest.mark.parametrize(
    ("change", "message"),
    [({"schema_version": 99}, "version 99"), ({"schema": "other"}, "'other'")],
)
def test_another_schema_is_refused(tmp_path: Path, change: dict[str, object], message: str):
    made(tmp_path / "s")
    path = tmp_path / "s" / "meta.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=message):
        EmbeddingStore.open(tmp_path / "s")


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_description_that_is_none_is_refused(tmp_path: Path, text: str):
    (tmp_path / "meta.json").write_text(text)
    with pytest.raises(InputError, match="not a description"):
        EmbeddingStore.open(tmp_path)


def test_damage_is_found(tmp_path: Path):
    folder = tmp_path / "s"
    made(folder)
    shard = folder / "embedding-00001.npy"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-4])
    with pytest.raises(InputError, match=r"embedding-00001.npy .*cut off"):
        EmbeddingStore.open(folder)
    np.save(shard, np.zeros((3, 2), np.float32))
    with pytest.raises(InputError, match=r"shape \(3, 2\), not \(4, 2\)"):
        EmbeddingStore.open(folder)
    shard.write_bytes(whole[:-1] + b"\x00")
    EmbeddingStore.open(folder)
    with pytest.raises(InputError, match="hash differs"):
        EmbeddingStore.open(folder, verify=True)
    shard.unlink()
    with pytest.raises(InputError, match="is missing"):
        EmbeddingStore.open(folder)


def test_a_table_of_another_store_is_refused(tmp_path: Path):
    made(tmp_path / "s")
    made(tmp_path / "t", rows=2)
    (tmp_path / "t" / "obs.parquet").replace(tmp_path / "s" / "obs.parquet")
    with pytest.raises(InputError, match="6 rows, the shards 12"):
        _ = EmbeddingStore.open(tmp_path / "s").obs


def test_a_pass_over_all_rows_holds_one_block_in_memory(tmp_path: Path):
    store = made(tmp_path / "s", shards=6, rows=5_000, width=64)
    block = 500 * 64 * 4
    assert len(store) * 64 * 4 > 40 * block
    tracemalloc.start()
    total = sum(float(b.sum(dtype=np.float64)) for b in store.array.blocks(500))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    n = len(store) * 64
    # rounding of float32 numbers above 2^24 is all that differs from the exact sum
    assert total == pytest.approx(n * (n - 1) / 2, rel=1e-7)
    assert peak < 4 * block
