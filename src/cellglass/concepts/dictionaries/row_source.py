"""Cells to train on, in memory or on disk: rows by number, blocks, and batches in random order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.transform import Transform
from cellglass.errors import InputError
from cellglass.models.mapped import release
from cellglass.seeds import generator

BLOCK = 256  # neighbouring rows that are read together
BUFFER = 65_536  # rows in memory at once, within which the order is random: 134 MB at width 512


class RowSource(Protocol):
    """What a dictionary can be trained on: `concepts.EmbeddingStore.array` is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells and width."""

    def rows(self, index: Any) -> NDArray[np.float32]:
        """Read some rows into memory, by number, in any order."""


class CellRows:
    """Some cells of an embedding, in order; what lies on disk stays there.

    Parameters
    ----------
    embedding
        Array, memory map or `RowSource`, cells x width.
    index
        Numbers of the cells meant; all where None.

    Examples
    --------
    >>> cells = CellRows(np.arange(6.0).reshape(3, 2), np.array([2, 0]))
    >>> cells.shape, cells.rows([0]).tolist(), cells[0:2].tolist()
    ((2, 2), [[4.0, 5.0]], [[4.0, 5.0], [0.0, 1.0]])
    """

    ndim = 2

    def __init__(
        self, embedding: ArrayLike | RowSource, index: NDArray[np.int64] | None = None
    ) -> None:
        given: Any = embedding
        self._source: Any = given if hasattr(given, "rows") else np.asanyarray(given)
        if len(self._source.shape) != 2:
            raise InputError(f"an array of shape {self._source.shape}", where="embedding",
                             expected="cells x width")  # fmt: skip
        self.index = np.arange(self._source.shape[0]) if index is None else index

    def __len__(self) -> int:
        return len(self.index)

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and width."""
        return len(self.index), int(self._source.shape[1])

    def rows(self, index: ArrayLike) -> NDArray[np.float32]:
        """Read some of these cells into memory."""
        wanted = self.index[np.asarray(index, dtype=np.int64)]
        if hasattr(self._source, "rows"):
            return np.asarray(self._source.rows(wanted), dtype=np.float32)
        found = np.asarray(self._source[wanted], dtype=np.float32)
        release(self._source)
        return found

    def __getitem__(self, index: slice) -> NDArray[np.float32]:
        return self.rows(np.arange(*index.indices(len(self))))

    def blocks(self, size: int = 8192) -> Iterator[NDArray[np.float32]]:
        """Read all cells in order, some at a time."""
        for start in range(0, len(self), size):
            yield self[start : start + size]


def split(
    embedding: ArrayLike | RowSource, validation: ArrayLike | None
) -> tuple[CellRows, CellRows | None]:
    """Divide cells into those to train on and those held out.

    Parameters
    ----------
    embedding
        Cells x width.
    validation
        Mask or numbers of the cells held out; split by donor, not by cell. None: no cells.

    Returns
    -------
    tuple
        Training cells and held-out cells (None where there are none).

    Raises
    ------
    InputError
        If one of the two would be empty, or the mask does not fit.
    """
    whole = CellRows(embedding)
    if validation is None:
        return whole, None
    given = np.asarray(validation)
    mask = np.zeros(len(whole), dtype=bool)
    if given.dtype == bool:
        if given.shape != mask.shape:
            raise InputError(f"a mask of shape {given.shape}", where="validation",
                             expected=f"one value a cell: ({len(whole)},)")  # fmt: skip
        mask = given
    elif given.size:
        numbers = given.astype(np.int64)
        if numbers.ndim != 1 or numbers.min() < 0 or numbers.max() >= len(whole):
            raise InputError(f"cells {numbers.min()} to {numbers.max()}", where="validation",
                             expected=f"numbers from 0 to {len(whole) - 1}")  # fmt: skip
        mask[numbers] = True
    if not mask.any() or mask.all():
        said = "no cell is" if not mask.any() else "all cells are"
        raise InputError(
            f"{said} held out", where="validation",
            expected="some cells to train on and some of other donors to test on",
            fix="give None to train without held-out cells",
        )  # fmt: skip
    held, kept = np.flatnonzero(mask), np.flatnonzero(~mask)
    return CellRows(embedding, kept), CellRows(embedding, held)


def batch_bounds(n_cells: int, batch: int) -> NDArray[np.int64]:
    """Bounds of the batches of an epoch: sizes differ by one at most, none is small."""
    count = max(1, round(n_cells / batch))
    return np.arange(count + 1) * n_cells // count


def batches(
    cells: CellRows, transform: Transform, batch: int, seed: int, epoch: int
) -> Iterator[NDArray[np.float32]]:
    """Read an epoch in random order, transformed.

    Blocks of neighbouring rows are drawn in random order and shuffled within a buffer, so that
    reading from disk stays fast and memory constant. The order depends on the number of cells,
    `seed`, `epoch` and `batch` only: the same from memory and from disk.

    Parameters
    ----------
    cells
        Training cells.
    transform
        Applied to them.
    batch
        Cells a batch, about.
    seed, epoch
        Of the order.

    Yields
    ------
    numpy.ndarray
        Cells x width.
    """
    rng = generator(seed, f"order of cells in epoch {epoch}")
    n = len(cells)
    drawn = rng.permutation(-(-n // BLOCK))
    order = np.concatenate([np.arange(b * BLOCK, min((b + 1) * BLOCK, n)) for b in drawn])
    bounds = batch_bounds(n, batch)
    # buffers of about equal size: a small last one would hold neighbours only
    n_batches = len(bounds) - 1
    n_buffers = min(n_batches, -(-n // BUFFER))
    for part in range(n_buffers):
        first, last = (n_batches * p // n_buffers for p in (part, part + 1))
        limits = bounds[first : last + 1]
        chosen = rng.permutation(order[limits[0] : limits[-1]])
        by_row = np.argsort(chosen, kind="stable")
        buffer = np.empty((len(chosen), cells.shape[1]), dtype=np.float32)
        for start in range(0, len(chosen), 8192):
            some = by_row[start : start + 8192]
            buffer[some] = transform(cells.rows(chosen[some]))
        for start, stop in zip(limits - limits[0], limits[1:] - limits[0], strict=False):
            yield buffer[start:stop]
