from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellglass.concepts.dictionaries import row_source
from cellglass.concepts.dictionaries.row_source import CellRows, batch_bounds, batches, split
from cellglass.concepts.transform import Transform
from cellglass.errors import InputError

H = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)


class Store:
    """As `EmbeddingStore.array`: rows are read by number."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.asked = array, array.shape, 0

    def rows(self, index: np.ndarray) -> np.ndarray:
        self.asked = max(self.asked, len(index))
        return self.array[index]


def on_disk(folder: Path) -> np.ndarray:
    np.save(folder / "h.npy", H)
    return np.load(folder / "h.npy", mmap_mode="r")


def test_array_map_and_store_are_read_alike(tmp_path: Path):
    index = np.array([400, 3, 77, 3])
    for source in (H, on_disk(tmp_path), Store(H)):
        cells = CellRows(source, index)
        assert cells.shape == (4, 3)
        np.testing.assert_array_equal(cells.rows([1, 0]), H[[3, 400]])
        np.testing.assert_array_equal(cells[1:3], H[[3, 77]])
        np.testing.assert_array_equal(np.concatenate(list(cells.blocks(3))), H[index])


def test_one_dimension_is_refused():
    with pytest.raises(InputError, match="cells x width"):
        CellRows(np.zeros(4))


@pytest.mark.parametrize("as_mask", [True, False])
def test_split(as_mask: bool):
    held = np.array([5, 2, 499])
    mask = np.isin(np.arange(500), held)
    kept, out = split(H, mask if as_mask else held)
    np.testing.assert_array_equal(out[:], H[[2, 5, 499]])
    np.testing.assert_array_equal(kept[:], H[~mask])


@pytest.mark.parametrize(
    ("validation", "said"),
    [
        (np.zeros(500, bool), "no cell is held out"),
        ([], "no cell is held out"),
        (np.ones(500, bool), "all cells are held out"),
        (np.ones(3, bool), "one value a cell"),
        ([500], "numbers from 0 to 499"),
        ([-1], "numbers from 0 to 499"),
    ],
)
def test_splits_without_cells_are_refused(validation, said: str):
    with pytest.raises(InputError, match=said):
        split(H, validation)


@pytest.mark.parametrize(("n", "batch"), [(10, 3), (1000, 64), (5, 100), (1025, 1024)])
def test_batches_are_about_equal(n: int, batch: int):
    sizes = np.diff(batch_bounds(n, batch))
    assert sizes.sum() == n
    assert sizes.max() - sizes.min() <= 1
    assert sizes.max() <= 1.5 * batch


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_source, "BLOCK", 16)
    monkeypatch.setattr(row_source, "BUFFER", 100)


def order_of(source, epoch: int = 0, seed: int = 0) -> list[np.ndarray]:
    identity = Transform(np.zeros(3, np.float32), 1.0)
    return list(batches(CellRows(source), identity, 32, seed, epoch))


@pytest.mark.usefixtures("small_blocks")
def test_an_epoch_holds_every_cell_once_from_memory_and_from_disk(tmp_path: Path):
    store = Store(H)
    a, b, c = order_of(H), order_of(on_disk(tmp_path)), order_of(store)
    np.testing.assert_array_equal(np.sort(np.concatenate(a), axis=0), np.sort(H, axis=0))
    for other in (b, c):
        assert len(other) == len(a)
        assert all(np.array_equal(x, y) for x, y in zip(a, other, strict=True))
    assert store.asked <= 132  # never more rows than the buffer and a batch


@pytest.mark.usefixtures("small_blocks")
def test_order_differs_between_epochs_and_seeds_and_is_the_same_twice():
    first = np.concatenate(order_of(H))
    np.testing.assert_array_equal(first, np.concatenate(order_of(H)))
    assert not np.array_equal(first, np.concatenate(order_of(H, epoch=1)))
    assert not np.array_equal(first, np.concatenate(order_of(H, seed=1)))


@pytest.mark.usefixtures("small_blocks")
def test_neighbours_are_parted():
    """Cells sorted by donor: each batch holds cells from all over the file."""
    position = np.arange(500, dtype=np.float32)[:, None].repeat(3, axis=1)
    for batch in order_of(position):
        assert np.ptp(batch[:, 0]) > 60
        assert (np.abs(np.diff(batch[:, 0])) == 1).mean() < 0.2


def test_batches_are_transformed():
    t = Transform(np.ones(3, np.float32), 2.0)
    (only,) = batches(CellRows(H[:10]), t, 32, 0, 0)
    np.testing.assert_array_equal(np.sort(only, axis=0), np.sort(t(H[:10]), axis=0))


def test_a_transform_is_fitted_to_rows_as_to_an_array():
    """`Transform.fit` slices what gives rows, and loads nothing whole."""
    store, index = Store(H), np.arange(0, 500, 2)
    found, wanted = Transform.fit(CellRows(store, index)), Transform.fit(H[index])
    np.testing.assert_array_equal(found.mean, wanted.mean)
    assert (found.scale, found.gamma) == (wanted.scale, wanted.gamma)
    assert store.asked == len(index)
