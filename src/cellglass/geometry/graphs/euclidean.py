"""Euclidean distances from some points to some points."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.spatial.distance import cdist

from cellglass.geometry.cloud import PointCloud

from .distances import Distances


def euclidean(
    cloud: PointCloud,
    sources: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
) -> Distances:
    """Euclidean distances, from differences of coordinates.

    Parameters
    ----------
    cloud
        The points.
    sources, targets
        Names of the points to start from and to reach; all where None.

    Returns
    -------
    Distances
        Shape (sources, targets).

    Raises
    ------
    InputError
        If a name is unknown.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud
    >>> cloud = PointCloud.of([[0.0, 0.0], [3.0, 4.0]], ["A", "B"])
    >>> euclidean(cloud, ["A"]).values.tolist()
    [[0.0, 5.0]]
    """
    rows = cloud.names if sources is None else tuple(sources)
    columns = cloud.names if targets is None else tuple(targets)
    values = cdist(
        cloud.points[cloud.places(rows, "sources")], cloud.points[cloud.places(columns, "targets")]
    )
    return Distances(values, rows, columns, "euclidean")
