"""What every null over point clouds has in common: a cloud to stand on."""

from __future__ import annotations

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nulls.draw_null import DrawNull


class CloudNull(DrawNull[PointCloud]):
    """A way to draw clouds that lack the structure in question.

    Parameters
    ----------
    cloud
        The observed cloud.

    Notes
    -----
    A new null gives `name`, `preserves` and `draw`. Draws have as many points, in as many
    dimensions and under the same names, as the cloud. Whoever tests with a null computes the
    same functional on the cloud and on each draw.

    Examples
    --------
    >>> import numpy as np
    >>> class Reversed(CloudNull):
    ...     name, preserves = "reversed", "the points, but not their names"
    ...     def draw(self, rng):
    ...         return PointCloud(self.cloud.points[::-1], self.cloud.names)
    >>> null = Reversed(PointCloud.of([[1.0], [2.0], [3.0]]))
    >>> null.draw(np.random.default_rng(0)).points.tolist(), round(null.check().mean_changed, 3)
    ([[3.0], [2.0], [1.0]], 0.667)
    """

    def __init__(self, cloud: PointCloud) -> None:
        super().__init__(cloud)

    @property
    def cloud(self) -> PointCloud:
        """The observed cloud."""
        return self.observed

    def changed(self, drawn: PointCloud) -> float:
        """Share of points that are not where they were.

        Parameters
        ----------
        drawn
            A draw.
        """
        return float((drawn.points != self.cloud.points).any(1).mean())
