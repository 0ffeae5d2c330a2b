"""Pages of memory-mapped arrays: read, summed, and given back."""

from __future__ import annotations

import mmap

import numpy as np
from numpy.typing import NDArray


def release(array: NDArray[np.generic]) -> None:
    """Take the pages of a memory-mapped array out of this process; other arrays stay as they are.

    Parameters
    ----------
    array
        Possibly a memory-mapped array, or a view of one.

    Notes
    -----
    The system would take them back only when memory runs short, and until then they count as
    memory of the process, as if sums over cells were held whole. Values that are read again
    come from the file's cache.

    Examples
    --------
    >>> release(np.zeros(3))
    """
    base: object = array
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    mapping = getattr(base, "_mmap", None)
    if isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)
