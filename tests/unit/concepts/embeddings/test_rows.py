"""Rows in shards are those of the matrix they were cut from."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from cellglass.concepts.embeddings.rows import ShardedRows
from cellglass.errors import InputError


@pytest.fixture
def whole() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(17, 3)).astype(np.float32)


@pytest.fixture
def rows(tmp_path: Path, whole: np.ndarray) -> ShardedRows:
    starts = [0, 5, 6, 17]
    files = [tmp_path / f"{i}.npy" for i in range(3)]
    for file, a, b in zip(files, starts, starts[1:], strict=False):
        np.save(file, whole[a:b])
    return ShardedRows(files, starts, 3)


@pytest.mark.parametrize("index", [[3], [16, 0, 5, 5, 4], list(range(17)), []])
def test_rows_are_those_of_the_matrix(rows: ShardedRows, whole: np.ndarray, index: list[int]):
    assert (rows.rows(index) == whole[np.array(index, dtype=int)]).all()
    assert rows.rows(index).dtype == np.float32


def test_masks_slices_and_the_whole(rows: ShardedRows, whole: np.ndarray):
    mask = whole[:, 0] > 0
    assert (rows.rows(mask) == whole[mask]).all()
    assert (rows[2:15:4] == whole[2:15:4]).all()
    assert (rows[[6, 1]] == whole[[6, 1]]).all()
    assert (np.asarray(rows) == whole).all()
    assert np.asarray(rows, dtype=np.float64).dtype == np.float64
    assert rows.shape == whole.shape
    assert len(rows) == 17


@pytest.mark.parametrize("size", [1, 4, 17, 100])
def test_blocks_are_in_order_and_complete(rows: ShardedRows, whole: np.ndarray, size: int):
    blocks = list(rows.blocks(size))
    assert max(map(len, blocks)) <= size
    assert (np.concatenate(blocks) == whole).all()


def test_taken_twice_is_taken_of_what_was_taken(rows: ShardedRows, whole: np.ndarray):
    some = rows.taken([10, 2, 7, 7])
    assert (np.asarray(some) == whole[[10, 2, 7, 7]]).all()
    assert (np.asarray(some.taken([False, True, False, True])) == whole[[2, 7]]).all()


def test_what_was_read_does_not_change_the_file(rows: ShardedRows, whole: np.ndarray):
    rows.rows([0])[:] = 9
    assert (rows.rows([0]) == whole[:1]).all()


def test_another_process_maps_the_files_for_itself(rows: ShardedRows, whole: np.ndarray):
    rows.rows([0, 16])
    again = pickle.loads(pickle.dumps(rows))
    assert again._open == {}
    assert (np.asarray(again) == whole).all()


@pytest.mark.parametrize("index", [[17], [-1], [0.5], [[0]], [True, False]])
def test_rows_that_are_not_there_are_refused(rows: ShardedRows, index: list[object]):
    with pytest.raises(InputError, match="rows of an embedding"):
        rows.rows(index)


def test_blocks_of_nothing_are_refused(rows: ShardedRows):
    with pytest.raises(InputError, match="blocks of 0 rows"):
        list(rows.blocks(0))
