"""Units that say the same: fired together, or pointing the same way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from cellglass.concepts.statistics.activity import CONDITIONAL
from cellglass.concepts.statistics.inputs import Activations, as_columns, as_names
from cellglass.concepts.statistics.matching import best_cosine

LEAST_TOGETHER = 10
LEAST_PMI = 0.0


def coactivation(
    activations: Activations,
    names: Sequence[str] | None = None,
    *,
    least_together: int = LEAST_TOGETHER,
    least_pmi: float = LEAST_PMI,
    level: float = 0.95,
) -> pd.DataFrame:
    """Pairs of units that are active in the same cells more often than by chance.

    Parameters
    ----------
    activations
        Cells x units, not negative.
    names
        One a unit.
    least_together
        Cells in which a pair must be active together to be an edge.
    least_pmi
        Pointwise mutual information that an edge must exceed, in bits; ``-inf`` keeps all pairs
        that fire together often enough.
    level
        Of the interval.

    Returns
    -------
    pandas.DataFrame
        One row an edge, strongest first: ``unit_a``, ``unit_b`` (categorical), ``n_both``,
        ``n_a``, ``n_b``, ``n_cells``, ``expected`` (cells together under independence), ``pmi``
        (log2 of P(ij) over P(i) P(j)) with ``low`` and ``high``, ``npmi`` (over -log2 P(ij): 1
        if they never fire apart), ``note``.

    Raises
    ------
    InputError
        If activations cannot be used.

    Notes
    -----
    Interval: the log of the binomial share P(ij), rates of both units taken as known; over
    cells. PMI overstates rare pairs, which `least_together` keeps out.

    Examples
    --------
    >>> z = np.repeat([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 20, axis=0)
    >>> coactivation(z)[["unit_a", "unit_b", "pmi"]].values.tolist()
    [['unit 0', 'unit 1', 1.0]]
    """
    columns = as_columns(activations)
    n, n_units = columns.shape
    binary = columns.tocsr()
    binary.data = np.ones(binary.nnz, dtype=np.int32)
    together = (binary.T @ binary).tocoo()
    counted = (together.row < together.col) & (together.data >= max(least_together, 1))
    a, b = together.row[counted], together.col[counted]
    both = together.data[counted].astype(np.int64)
    active = np.diff(columns.indptr).astype(np.int64)
    expected = active[a] * active[b].astype(np.float64) / n
    pmi = np.log2(both / expected)
    kept = np.flatnonzero(pmi > least_pmi)
    kept = kept[np.lexsort((b[kept], a[kept], -pmi[kept]))]
    a, b, both, expected, pmi = a[kept], b[kept], both[kept], expected[kept], pmi[kept]
    share = both / n
    half = float(special.ndtri((1 + level) / 2)) * np.sqrt((1 - share) / both) / np.log(2)
    with np.errstate(divide="ignore", invalid="ignore"):
        npmi = np.where(share < 1, pmi / -np.log2(share), 0.0)
    words = pd.Index(as_names(names, n_units))
    return pd.DataFrame(
        {
            "unit_a": pd.Categorical.from_codes(a, categories=words),
            "unit_b": pd.Categorical.from_codes(b, categories=words),
            "n_both": both,
            "n_a": active[a],
            "n_b": active[b],
            "n_cells": n,
            "expected": expected,
            "pmi": pmi,
            "low": pmi - half,
            "high": pmi + half,
            "npmi": npmi,
            "note": CONDITIONAL,
        }
    )


def collinearity(
    decoder: ArrayLike | NDArray[np.floating], names: Sequence[str] | None = None
) -> pd.DataFrame:
    """The other row of the dictionary that points most nearly the same way, or opposite.

    Parameters
    ----------
    decoder
        Units x width; normalised here.
    names
        One a unit.

    Returns
    -------
    pandas.DataFrame
        One row a unit: ``unit``, ``collinearity`` (greatest absolute cosine with another unit),
        ``collinear_with`` (its name), ``collinear_cosine`` (the same with its sign). nan and
        ``""`` where there is one unit only.

    Raises
    ------
    InputError
        If a row is zero or not finite.

    Examples
    --------
    >>> collinearity(np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])).collinear_cosine.tolist()
    [-1.0, 0.0, -1.0]
    """
    cosine, partner = best_cosine(decoder, decoder, itself=True)
    words = as_names(names, len(cosine))
    if len(words) == 1:
        return pd.DataFrame({"unit": words, "collinearity": np.nan, "collinear_with": "",
                             "collinear_cosine": np.nan})  # fmt: skip
    return pd.DataFrame(
        {
            "unit": words,
            "collinearity": np.abs(cosine),
            "collinear_with": np.asarray(words, dtype=object)[partner],
            "collinear_cosine": cosine,
        }
    )
