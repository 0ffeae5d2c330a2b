"""Rows of a matrix that lies in memory-mapped shards: read some, or all in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.models.mapped import release


class ShardedRows:
    """A matrix of float32 in shards; only what is asked for comes into memory.

    Parameters
    ----------
    files
        The ``.npy`` files, in the order of their rows.
    starts
        First row of each shard and, last, the number of rows: shape (shards + 1,).
    width
        Columns.
    index
        Rows of the shards that this matrix shows, in this order; all of them where None.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> np.save(folder / "a.npy", np.zeros((3, 2), np.float32))
    >>> np.save(folder / "b.npy", np.ones((2, 2), np.float32))
    >>> h = ShardedRows([folder / "a.npy", folder / "b.npy"], [0, 3, 5], 2)
    >>> h.shape, h.rows([4, 0]).tolist()
    ((5, 2), [[1.0, 1.0], [0.0, 0.0]])
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(
        self,
        files: Sequence[Path],
        starts: ArrayLike,
        width: int,
        index: NDArray[np.int64] | None = None,
    ) -> None:
        self._files = tuple(files)
        self._starts = np.asarray(starts, dtype=np.int64)
        self._width = width
        self._index = index
        self._open: dict[int, NDArray[np.float32]] = {}

    def __len__(self) -> int:
        return int(self._starts[-1]) if self._index is None else len(self._index)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), self._width

    def rows(self, index: ArrayLike) -> NDArray[np.float32]:
        """Read some rows.

        Parameters
        ----------
        index
            Row numbers in any order, repeats allowed, or booleans, one a row.

        Returns
        -------
        numpy.ndarray
            A copy in memory, len(index) x width.

        Raises
        ------
        InputError
            If a row does not exist.
        """
        wanted = self._numbers(index)
        out = np.empty((len(wanted), self._width), dtype=np.float32)
        of_shard = np.searchsorted(self._starts, wanted, side="right") - 1
        for shard in np.unique(of_shard):
            here = np.flatnonzero(of_shard == shard)
            # in the order of the file: neighbours share a page
            here = here[np.argsort(wanted[here], kind="stable")]
            mapped = self._shard(int(shard))
            out[here] = mapped[wanted[here] - self._starts[shard]]
            release(mapped)
        return out

    def blocks(self, size: int = 4096) -> Iterator[NDArray[np.float32]]:
        """Yield all rows in order, `size` at a time, each block a copy in memory.

        Examples
        --------
        >>> from cellglass.concepts.embeddings.rows import ShardedRows
        >>> list(ShardedRows([], [0], 2).blocks())
        []
        """
        if size < 1:
            raise InputError(f"blocks of {size} rows", where="blocks", expected="at least 1")
        for start in range(0, len(self), size):
            yield self.rows(np.arange(start, min(start + size, len(self))))

    def taken(self, index: ArrayLike) -> ShardedRows:
        """Return the matrix of some rows; nothing is read."""
        return ShardedRows(self._files, self._starts, self._width, self._numbers(index))

    def __getitem__(self, index: slice | ArrayLike) -> NDArray[np.float32]:
        """Rows of a slice, of row numbers or of booleans: see `rows`."""
        if isinstance(index, slice):
            return self.rows(np.arange(*index.indices(len(self))))
        return self.rows(index)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All rows in memory."""
        if copy is False:
            raise ValueError("rows on disk become an array only by copying")
        array = self.rows(np.arange(len(self)))
        return array if dtype is None else array.astype(dtype, copy=False)

    def __repr__(self) -> str:
        return f"ShardedRows({len(self):,} x {self._width} in {len(self._files)} files)"

    def _numbers(self, index: ArrayLike) -> NDArray[np.int64]:
        """Row numbers in the shards."""
        array = np.asarray(index)
        if array.dtype == np.bool_:
            if array.shape != (len(self),):
                raise InputError(
                    f"a mask of shape {array.shape}", where="rows of an embedding",
                    expected=f"one value a row: ({len(self)},)",
                )  # fmt: skip
            array = np.flatnonzero(array)
        if not array.size:
            array = array.astype(np.int64)
        if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
            raise InputError(
                f"an index of shape {array.shape} and type {array.dtype}",
                where="rows of an embedding",
                expected="row numbers or a mask, in one dimension",
            )
        wrong = array[(array < 0) | (array >= len(self))]
        if wrong.size:
            raise InputError(
                f"row {wrong[0]} asked for", where="rows of an embedding",
                expected=f"0 to {len(self) - 1}",
            )  # fmt: skip
        numbers = array.astype(np.int64)
        return numbers if self._index is None else self._index[numbers]

    def _shard(self, shard: int) -> NDArray[np.float32]:
        if shard not in self._open:
            self._open[shard] = np.load(self._files[shard], mmap_mode="r", allow_pickle=False)
        return self._open[shard]

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without what is mapped, so that a worker process maps the files for itself."""
        return {**self.__dict__, "_open": {}}
