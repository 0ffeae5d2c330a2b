"""What every null over point clouds has in common: a cloud to stand on, and draws."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from cellglass.geometry.cloud import PointCloud


class CloudNull(ABC):
    """A way to draw clouds that lack the structure in question.

    Parameters
    ----------
    cloud
        The observed cloud.

    Attributes
    ----------
    name
        Of the null, a class attribute.
    preserves
        What every draw has in common with the observed cloud, a class attribute.

    Notes
    -----
    A new null gives `name`, `preserves` and `draw`. Draws have as many points, in as many
    dimensions and under the same names, as the cloud. Whoever tests with a null computes the
    same functional on the cloud and on each draw.

    Examples
    --------
    >>> class Reversed(CloudNull):
    ...     name, preserves = "reversed", "the points, but not their names"
    ...     def draw(self, rng):
    ...         return PointCloud(self.cloud.points[::-1], self.cloud.names)
    >>> Reversed(PointCloud.of([[1.0], [2.0]])).draw(np.random.default_rng(0)).points.tolist()
    [[2.0], [1.0]]
    """

    name: ClassVar[str]
    preserves: ClassVar[str]

    def __init__(self, cloud: PointCloud) -> None:
        self.cloud = cloud

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> PointCloud:
        """Draw one cloud.

        Parameters
        ----------
        rng
            The only source of randomness.

        Returns
        -------
        PointCloud
            Of the shape and with the names of the observed cloud.
        """
