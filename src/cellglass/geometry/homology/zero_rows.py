"""What to do with rows of zeros: refuse them, leave them out, or keep them."""

from __future__ import annotations

from typing import Literal, get_args

from cellglass.errors import InputError, nearest
from cellglass.geometry.cloud import PointCloud

Zeros = Literal["raise", "drop", "keep"]


def without_zero_rows(cloud: PointCloud, zeros: Zeros, where: str) -> tuple[PointCloud, int]:
    """Apply a policy on rows of zeros, which are genes without an embedding.

    Parameters
    ----------
    cloud
        The points.
    zeros
        ``"raise"``, ``"drop"`` or ``"keep"``.
    where
        What asks, for the message.

    Returns
    -------
    cloud, n : PointCloud, int
        What is left, and the rows of zeros that were left out.

    Raises
    ------
    InputError
        If there are rows of zeros and the policy is to refuse them, if nothing else is there, or
        the policy is unknown.

    Examples
    --------
    >>> kept, n = without_zero_rows(PointCloud.of([[0.0], [1.0]], ["A", "B"]), "drop", "example")
    >>> kept.names, n
    (('B',), 1)
    """
    if zeros not in get_args(Zeros):
        raise InputError(
            f"zeros is {zeros!r}", where="zeros", expected=nearest(zeros, get_args(Zeros))
        )
    if zeros == "keep" or not cloud.n_zero:
        return cloud, 0
    if zeros == "raise":
        raise InputError(
            f"{cloud.n_zero} of {len(cloud)} points are rows of zeros",
            where=where,
            expected="points with an embedding: rows of zeros lie together and make loops that "
            "the other points do not have",
            fix="drop them (zeros='drop'), or keep them if zero is a place like any other "
            "(zeros='keep')",
        )
    if cloud.n_zero == len(cloud):
        raise InputError(f"all {len(cloud)} points are rows of zeros", where=where)
    return cloud.without_zeros(), cloud.n_zero
