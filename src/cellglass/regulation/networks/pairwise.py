"""The pairwise part of a score: what its own regulator and gene effects do not say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.stats.design import van_der_waerden

DEGREE = 2
MAX_SWEEPS = 200
TOLERANCE = 1e-10

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def pairwise_part(scores: NDArray[np.floating], mask: Bools) -> Floats:
    """Take out of a score what two single genes say, over the evaluable pairs.

    A score that is high for prominent genes recovers any network of prominent genes without
    knowing a single pair. Its row and column effects hold that, and so do their products; what
    is left can only be about pairs.

    Parameters
    ----------
    scores
        Regulators x genes.
    mask
        Evaluable pairs.

    Returns
    -------
    numpy.ndarray
        float64, the residual on the scale of normal scores; 0 outside `mask`. It is the same
        for every monotone transform of the score, as an AUROC is.

    Notes
    -----
    Scores become normal scores of their ranks. The least-squares fit of row effects a and
    column effects b is taken out, then that of the products a b, a b^2, a^2 b, a^2 b^2 beside
    row and column effects (the first is Tukey's one degree of freedom for non-additivity,
    Biometrics 1949). Without the ranks, a score with noise in proportion to its level would
    keep its column effects in the skew of what is left; without the products, regulator level
    times gene level would count as knowledge of pairs. Fits go by alternating projections,
    which converge to the joint fit of the unbalanced layout.

    Examples
    --------
    >>> prominence = np.outer([1.0, 2.0, 5.0], [0.5, 5.0, 7.0, 9.0])
    >>> left = pairwise_part(prominence, np.ones((3, 4), bool))
    >>> float((left**2).mean()) < 0.02
    True
    """
    scale = np.zeros(mask.shape)
    if mask.any():
        scale[mask] = van_der_waerden(np.asarray(scores, dtype=np.float64)[mask])
    residual, row, column = _two_way(scale, mask)
    return _without_products(residual, _powers(row), _powers(column), mask)


def _two_way(values: Floats, mask: Bools) -> tuple[Floats, Floats, Floats]:
    """Residual of the fit of row and column effects, and the effects."""
    residual = np.where(mask, values, 0.0)
    per_row = np.maximum(mask.sum(1), 1)
    per_column = np.maximum(mask.sum(0), 1)
    rows, columns = np.zeros(mask.shape[0]), np.zeros(mask.shape[1])
    scale = float(np.abs(residual).max(initial=0.0)) or 1.0
    for _ in range(MAX_SWEEPS):
        row = residual.sum(1) / per_row
        residual -= np.where(mask, row[:, None], 0.0)
        column = residual.sum(0) / per_column
        residual -= np.where(mask, column[None, :], 0.0)
        rows += row
        columns += column
        if max(np.abs(row).max(), np.abs(column).max()) < TOLERANCE * scale:
            break
    return residual, rows, columns


def _powers(effects: Floats) -> Floats:
    """Standardised effects and their powers, centred, genes x DEGREE; 0 where all are equal."""
    centred = effects - effects.mean()
    sd = float(centred.std())
    if sd <= 1e-9:
        return np.zeros((len(effects), DEGREE))
    powers = np.stack([(centred / sd) ** k for k in range(1, DEGREE + 1)], axis=1)
    return np.asarray(powers - powers.mean(0))


def _without_products(residual: Floats, rows: Floats, columns: Floats, mask: Bools) -> Floats:
    """Take products of row and column terms out, keeping row and column means at 0."""
    n = DEGREE * DEGREE
    pairs_of_rows = np.einsum("ip,iq->ipq", rows, rows).reshape(len(rows), n)
    pairs_of_columns = np.einsum("jp,jq->jpq", columns, columns).reshape(len(columns), n)
    crossed = (pairs_of_rows.T @ mask @ pairs_of_columns).reshape((DEGREE,) * 4)
    gram = crossed.transpose(0, 2, 1, 3).reshape(n, n)
    for _ in range(MAX_SWEEPS):
        target = (rows.T @ residual @ columns).reshape(n)
        weights = np.linalg.lstsq(gram, target, rcond=1e-10)[0].reshape(DEGREE, DEGREE)
        residual, _, _ = _two_way(residual - rows @ weights @ columns.T, mask)
        if np.abs(weights).max() < 1e-8:
            break
    return residual
