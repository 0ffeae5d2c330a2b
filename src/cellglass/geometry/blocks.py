"""Rows in blocks, so that what is made of a block fits in memory."""

from __future__ import annotations

from collections.abc import Iterator

ENTRIES = 1 << 22
"""Numbers held at once: 32 MiB of float64."""


def blocks(n: int, width: int, *, times: int = 1) -> Iterator[slice]:
    """Cut rows into blocks of a bounded number of entries; results must not depend on them.

    Parameters
    ----------
    n
        Rows.
    width
        Numbers that are held for each.
    times
        Multiple of `ENTRIES` that a block may hold.

    Yields
    ------
    slice
        Rows of each block, in order; none is empty.

    Examples
    --------
    >>> [rows.stop - rows.start for rows in blocks(10_000, 1_000)]
    [4194, 4194, 1612]
    """
    step = max(1, times * ENTRIES // max(1, width))
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))
