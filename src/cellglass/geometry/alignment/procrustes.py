"""Orthogonal Procrustes: the rotation that brings one model onto the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .method import Alignment, widen

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Procrustes(Alignment):
    """Rotate, and optionally scale, the first side onto the second.

    Parameters
    ----------
    components
        Principal components of either side.
    scaling
        Whether to fit a scale too; otherwise both sides keep unit Frobenius norm.

    Notes
    -----
    With A and B the centred principal components, each divided by its Frobenius norm on the
    training genes, and A'B = U S V', the rotation UV' minimises ||A R - B||; with scaling, R is
    multiplied by the sum of S (Schönemann, Psychometrika 1966; Gower 1975). The narrower side is
    filled up with zeros. The published screen used 64 components and no scaling (H20).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows, turn = rng.normal(size=(20, 3)), np.linalg.qr(rng.normal(size=(3, 3)))[0]
    >>> fitted = Procrustes().fit(rows[:15], rows[:15] @ turn)
    >>> one, other = fitted.transform(rows[15:], rows[15:] @ turn)
    >>> bool(np.allclose(one, other))
    True
    """

    components: int = 64
    scaling: bool = False
    name: ClassVar[str] = "procrustes"

    @property
    def symmetric(self) -> bool:
        """Without scaling."""
        return not self.scaling

    def couple(self, first: Matrix, second: Matrix) -> tuple[Matrix, Matrix]:
        """Find the rotation."""
        norms = np.linalg.norm(first), np.linalg.norm(second)
        one, other = widen(first / norms[0], second / norms[1])
        u, size, vt = np.linalg.svd(one.T @ other)
        turn = u @ vt * (size.sum() if self.scaling else 1.0)
        return turn[: first.shape[1]] / norms[0], np.eye(len(turn))[: second.shape[1]] / norms[1]
