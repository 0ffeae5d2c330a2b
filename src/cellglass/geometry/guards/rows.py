"""Points that are no points of their own: rows of zeros, and copies."""

from __future__ import annotations

from cellglass._words import plural
from cellglass.geometry.cloud import PointCloud

from .guard import GuardResult


def degenerate_rows(cloud: PointCloud) -> GuardResult:
    """Refuse a cloud with rows of zeros or with copies of points.

    Parameters
    ----------
    cloud
        The points.

    Returns
    -------
    GuardResult
        G3: failed where there is either, with their numbers and the first names.

    Notes
    -----
    Specification 0.4 and 0.5: 11 to 19 % of the genes of the published tables were rows of zeros.
    Thirty per cent of them in a Gaussian cloud give a loop statistic of z = 3 to 4 against the
    feature-shuffle null, without any loop. Rows of zeros are copies of one another; they are
    counted as zeros only.

    Examples
    --------
    >>> cloud = PointCloud.of([[1.0, 2.0], [0.0, 0.0], [1.0, 2.0]], ["A", "B", "C"])
    >>> degenerate_rows(cloud).detail
    '1 of 3 points (33.3%) is a row of zeros (B), and 1 more is a copy of another (C)'
    """
    zeros = [n for n, z in zip(cloud.names, cloud.zero, strict=True) if z]
    copies = [
        name
        for i, (name, first) in enumerate(zip(cloud.names, cloud.first_of, strict=True))
        if first != i and not cloud.zero[i]
    ]
    n = len(cloud)
    if not zeros and not copies:
        detail = f"{n:,} points, none a row of zeros and none a copy of another"
        return GuardResult.of("G3", failed=False, detail=detail)
    parts = []
    if zeros:
        are = "is a row" if len(zeros) == 1 else "are rows"
        parts.append(
            f"{len(zeros):,} of {n:,} points ({len(zeros) / n:.1%}) {are} of zeros "
            f"({_first(zeros)})"
        )
    if copies:
        are = "is a copy" if len(copies) == 1 else "are copies"
        what = "more" if zeros else f"of {n:,} {plural('point', n)} ({len(copies) / n:.1%})"
        parts.append(f"{len(copies):,} {what} {are} of another ({_first(copies)})")
    return GuardResult.of("G3", failed=True, detail=", and ".join(parts))


def _first(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
