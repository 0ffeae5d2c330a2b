"""Which regulators and genes are expressed alike: the candidates of specification 2.4."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Bools, Ints

NARROW = 0.20
WIDE = 0.40
MIN_DETECTION = 0.05
MIN_POOL = 5
"""A positive with fewer candidate pairs than this is matched within `WIDE`."""


@dataclass(frozen=True, eq=False)
class Expression:
    """Mean and detection of regulators and targets, in the order of a label matrix.

    Attributes
    ----------
    source_mean, target_mean
        Mean expression, shapes (R,) and (G,); any scale without negative values.
    source_detection, target_detection
        Share of cells in which the gene is detected, 0 to 1.
    """

    source_mean: NDArray[np.float64]
    source_detection: NDArray[np.float64]
    target_mean: NDArray[np.float64]
    target_detection: NDArray[np.float64]

    @classmethod
    def checked(
        cls,
        source_mean: ArrayLike,
        source_detection: ArrayLike,
        target_mean: ArrayLike,
        target_detection: ArrayLike,
        shape: tuple[int, int],
    ) -> Expression:
        """Check shapes and ranges.

        Raises
        ------
        InputError
            If a shape differs from the matrix, a mean is negative or not finite, or a
            detection is not within 0 and 1.
        """
        arrays = []
        for name, values, n, top in (
            ("source_mean", source_mean, shape[0], np.inf),
            ("source_detection", source_detection, shape[0], 1.0),
            ("target_mean", target_mean, shape[1], np.inf),
            ("target_detection", target_detection, shape[1], 1.0),
        ):
            array = np.asarray(values, dtype=np.float64)
            if array.shape != (n,):
                raise InputError(
                    f"an array of shape {array.shape}", where=name, expected=f"shape ({n},)"
                )
            good = np.isfinite(array) & (array >= 0) & (array <= top)
            if not good.all():
                raise InputError(
                    f"{int((~good).sum())} values out of range",
                    where=name,
                    expected=f"finite values from 0{'' if np.isinf(top) else ' to 1'}",
                )
            arrays.append(array)
        return cls(*arrays)


def alike(
    mean: NDArray[np.float64], detection: NDArray[np.float64], wanted: Ints, width: float
) -> tuple[Ints, NDArray[np.int32]]:
    """List the genes that match each wanted gene in mean and detection.

    Parameters
    ----------
    mean, detection
        Of all genes, shape (n,).
    wanted
        Indices of the genes to match; the lists of the others stay empty.
    width
        Relative width: a mean within ``width * mean``, a detection within
        ``width * max(detection, 0.05)``.

    Returns
    -------
    start, members
        The matches of gene i are ``members[start[i]:start[i + 1]]``, ascending, i among them.

    Examples
    --------
    >>> start, members = alike(
    ...     np.array([1.0, 1.1, 2.0]), np.array([0.5, 0.5, 0.5]), np.array([0]), 0.2
    ... )
    >>> members.tolist()
    [0, 1]
    """
    order = np.argsort(mean, kind="stable")
    arranged = mean[order]
    # Slack for rounding, so that a gene at exactly 20 % is in, whatever the machine.
    slack = 1e-12
    reach_mean = width * mean * (1 + slack)
    low = np.searchsorted(arranged, mean - reach_mean, side="left")
    high = np.searchsorted(arranged, mean + reach_mean, side="right")
    reach = width * np.maximum(detection, MIN_DETECTION) * (1 + slack)
    sizes = np.zeros(mean.size, dtype=np.int64)
    lists = []
    for i in np.unique(wanted):
        near = order[low[i] : high[i]]
        near = near[np.abs(detection[near] - detection[i]) <= reach[i]]
        lists.append(np.sort(near).astype(np.int32))
        sizes[i] = near.size
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return start, np.concatenate(lists) if lists else np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Candidates:
    """For each positive, the regulators and targets whose pairs may replace it.

    Attributes
    ----------
    source_start, source_members
        Matches of regulators within 20 %, then within 40 %, as two stacked lists: the matches
        of regulator r at width w are those of row ``w * R + r``.
    target_start, target_members
        The same for targets.
    wide
        Whether each positive is matched within 40 %, shape (P,).
    pool
        Candidate pairs of each positive that are allowed, shape (P,).
    """

    source_start: Ints
    source_members: NDArray[np.int32]
    target_start: Ints
    target_members: NDArray[np.int32]
    wide: Bools
    pool: Ints


def candidates(
    expression: Expression, rows: Ints, columns: Ints, allowed: Bools, fewest: int
) -> Candidates:
    """Find the candidates of each positive, widening where they are few.

    Parameters
    ----------
    expression
        Mean and detection of regulators and targets.
    rows, columns
        Regulator and target of each positive, shape (P,).
    allowed
        Pairs that may be a candidate, shape (R, G).
    fewest
        A positive with fewer allowed pairs within 20 % is matched within 40 %.

    Returns
    -------
    Candidates
        Lists of matches, which positives were widened, and the sizes of the pools.
    """
    widths = (NARROW, WIDE)
    sources = [alike(expression.source_mean, expression.source_detection, rows, w) for w in widths]
    targets = [
        alike(expression.target_mean, expression.target_detection, columns, w) for w in widths
    ]
    pools = [
        _pool_sizes(s, t, rows, columns, allowed) for s, t in zip(sources, targets, strict=True)
    ]
    wide = pools[0] < fewest

    def stack(lists: list[tuple[Ints, NDArray[np.int32]]]) -> tuple[Ints, NDArray[np.int32]]:
        (first, members), (second, more) = lists
        return np.concatenate([first, second[1:] + first[-1]]), np.concatenate([members, more])

    return Candidates(*stack(sources), *stack(targets), wide, np.where(wide, pools[1], pools[0]))


def _pool_sizes(
    sources: tuple[Ints, NDArray[np.int32]],
    targets: tuple[Ints, NDArray[np.int32]],
    rows: Ints,
    columns: Ints,
    allowed: Bools,
) -> Ints:
    """Count the allowed pairs in the product of each positive's two lists."""
    start, members = targets
    sizes = np.empty(rows.size, dtype=np.int64)
    order = np.argsort(rows, kind="stable")
    for block in np.split(order, np.flatnonzero(np.diff(rows[order])) + 1):
        row = rows[block[0]]
        sources_of = sources[1][sources[0][row] : sources[0][row + 1]]
        per_column = allowed[sources_of].sum(0, dtype=np.int64)
        for k in block:
            sizes[k] = per_column[members[start[columns[k]] : start[columns[k] + 1]]].sum()
    return sizes
