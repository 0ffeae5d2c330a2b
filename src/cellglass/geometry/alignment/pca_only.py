"""No map at all: the principal axes of either side, one beside the other. A baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .method import Alignment

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class PcaOnly(Alignment):
    """Take axis j of one side for axis j of the other.

    Parameters
    ----------
    components
        Principal components.

    Notes
    -----
    Either side is scaled to unit Frobenius norm on the training genes. Nothing is learnt from
    pairs, so this tells what a map adds (specification 2.14: retrieval 0 to 0.006).

    Examples
    --------
    >>> rows = np.array([[0.0, 0.0], [4.0, 1.0], [8.0, 0.0]])
    >>> one, other = PcaOnly(2).fit(rows, 2 * rows).transform(rows, 2 * rows)
    >>> bool(np.allclose(one, other))
    True
    """

    components: int = 48
    name: ClassVar[str] = "pca"
    trained: ClassVar[bool] = False

    def couple(self, first: Matrix, second: Matrix) -> tuple[Matrix, Matrix]:
        """Scale the axes that both sides have."""
        shared = min(first.shape[1], second.shape[1])
        left, right = (
            np.eye(side.shape[1])[:, :shared] / np.linalg.norm(side[:, :shared])
            for side in (first, second)
        )
        return left, right
