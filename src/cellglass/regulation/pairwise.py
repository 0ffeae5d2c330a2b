"""The pairwise part of a score: what its own row and column means do not say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_SWEEPS = 200
TOLERANCE = 1e-10


def pairwise_part(scores: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Take row and column effects out of a score, over the evaluable pairs.

    A score that is high for prominent genes recovers any network of prominent genes without
    knowing a single pair. Its row and column means hold that; what is left can only be about
    pairs.

    Parameters
    ----------
    scores
        Regulators x genes.
    mask
        Evaluable pairs.

    Returns
    -------
    numpy.ndarray
        float64 residual of the least-squares fit of row plus column effects; 0 outside `mask`.

    Notes
    -----
    Alternating projections (backfitting), which converge to the least-squares fit of the
    unbalanced two-way layout.

    Examples
    --------
    >>> additive = np.add.outer([1.0, 2.0], [0.0, 5.0, 7.0])
    >>> float(np.abs(pairwise_part(additive, np.ones((2, 3), bool))).max()) < 1e-9
    True
    """
    residual = np.where(mask, scores, 0.0).astype(np.float64)
    per_row = np.maximum(mask.sum(1), 1)
    per_column = np.maximum(mask.sum(0), 1)
    scale = float(np.abs(residual).max()) or 1.0
    for _ in range(MAX_SWEEPS):
        row = residual.sum(1) / per_row
        residual -= np.where(mask, row[:, None], 0.0)
        column = residual.sum(0) / per_column
        residual -= np.where(mask, column[None, :], 0.0)
        if max(np.abs(row).max(), np.abs(column).max()) < TOLERANCE * scale:
            break
    return residual
