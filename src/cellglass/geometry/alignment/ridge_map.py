"""Ridge regression of one model on the other, its penalty chosen within training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

from .method import Alignment

Matrix = NDArray[np.float64]

PENALTIES = tuple(10.0**power for power in range(-4, 4))
"""Penalties tried, as shares of the mean eigenvalue of X'X."""


@dataclass(frozen=True)
class RidgeMap(Alignment):
    """Predict the second side from the first; each direction of retrieval is fitted.

    Parameters
    ----------
    components
        Principal components of either side.
    penalty
        As a share of the mean eigenvalue of X'X; None chooses among `PENALTIES` by generalised
        cross-validation on the training genes.

    Raises
    ------
    InputError
        If the penalty is negative.

    Notes
    -----
    W = (X'X + a I)^-1 X'Y; GCV(a) = n RSS / (n - df)^2 with df = 1 + sum of s^2 / (s^2 + a) over
    the singular values s of X (Golub, Heath and Wahba, Technometrics 1979).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows, map_ = rng.normal(size=(60, 3)), rng.normal(size=(3, 2))
    >>> fitted = RidgeMap(penalty=0.0).fit(rows[:50], rows[:50] @ map_)
    >>> one, other = fitted.transform(rows[50:], rows[50:] @ map_)
    >>> bool(np.allclose(one, other))
    True
    """

    components: int = 64
    penalty: float | None = None
    name: ClassVar[str] = "ridge"

    def __post_init__(self) -> None:
        if self.penalty is not None and self.penalty < 0:
            raise InputError(f"penalty {self.penalty:g}", where="ridge map", expected="0 or more")

    @property
    def symmetric(self) -> bool:
        """Never: a regression has a direction."""
        return False

    def couple(self, first: Matrix, second: Matrix) -> tuple[Matrix, Matrix]:
        """Regress the second side on the first."""
        u, size, vt = np.linalg.svd(first, full_matrices=False)
        there = u.T @ second
        unit = float((size**2).mean())
        share = (
            self._chosen(size**2 / unit, there, second) if self.penalty is None else self.penalty
        )
        return (vt.T * (size / (size**2 + share * unit))) @ there, np.eye(second.shape[1])

    @staticmethod
    def _chosen(eigenvalues: Matrix, there: Matrix, second: Matrix) -> float:
        n = len(second)
        total, explained = float((second**2).sum()), (there**2).sum(1)
        scores = []
        for penalty in PENALTIES:
            shrink = eigenvalues / (eigenvalues + penalty)
            left = total - float(((1 - (1 - shrink) ** 2) * explained).sum())
            # A map with as many degrees of freedom as genes predicts nothing beyond them.
            freedom = max(n - 1 - float(shrink.sum()), 1e-9 * n)
            scores.append(n * left / freedom**2)
        return PENALTIES[int(np.argmin(scores))]
