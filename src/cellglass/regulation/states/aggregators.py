"""How scores of strata are put together into one score a pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError, nearest

Aggregator = Literal[
    "max", "mean", "unweighted mean", "median", "std", "range", "deviation", "size-weighted sum"
]
AGGREGATORS: tuple[Aggregator, ...] = get_args(Aggregator)


def aggregate(
    by_stratum: NDArray[np.floating],
    sizes: NDArray[np.integer],
    how: Aggregator,
    *,
    pooled: NDArray[np.floating] | None = None,
) -> NDArray[np.float64]:
    """Put the scores of strata together.

    Parameters
    ----------
    by_stratum
        Scores, strata x regulators x genes; nan where a pair is not seen in a stratum.
    sizes
        Cells of each stratum.
    how
        ``"max"``; ``"mean"`` (weighted by the share of cells); ``"unweighted mean"``;
        ``"median"``; ``"std"``; ``"range"`` (max - min); ``"deviation"`` (largest
        ``|score - pooled|``); ``"size-weighted sum"`` (as in SCENIC-style aggregation).
    pooled
        Score over all cells; needed for the deviation.

    Returns
    -------
    numpy.ndarray
        Regulators x genes; nan where no stratum sees the pair.

    Raises
    ------
    InputError
        If there is no such aggregator, or the deviation lacks the pooled score.

    Notes
    -----
    Specification 2.16. Strata that do not see a pair are left out, weights renormalised.

    Examples
    --------
    >>> float(aggregate(np.array([[[0.1]], [[0.5]]]), np.array([30, 10]), "mean")[0, 0])
    0.2
    """
    known_aggregators([how])
    scores = np.asarray(by_stratum, dtype=np.float64)
    seen = np.isfinite(scores)
    anywhere = np.asarray(seen.any(0))
    weights = np.asarray(sizes, dtype=np.float64)[:, None, None] * seen
    filled = np.where(seen, scores, 0.0)
    if how in ("mean", "size-weighted sum"):
        total = (filled * weights).sum(0)
        out = total / np.maximum(weights.sum(0), 1e-300) if how == "mean" else total
    elif how == "unweighted mean":
        out = filled.sum(0) / np.maximum(seen.sum(0), 1)
    elif how == "max":
        out = np.where(seen, scores, -np.inf).max(0)
    elif how == "range":
        out = np.where(seen, scores, -np.inf).max(0) - np.where(seen, scores, np.inf).min(0)
    elif how == "median":
        out = _nanmedian(scores, anywhere)
    elif how == "std":
        mean = filled.sum(0) / np.maximum(seen.sum(0), 1)
        square = (np.where(seen, scores - mean, 0.0) ** 2).sum(0)
        out = np.sqrt(square / np.maximum(seen.sum(0), 1))
    else:
        if pooled is None:
            raise InputError("the deviation needs the pooled score", where="CSSI", fix="pooled=")
        out = np.where(seen, np.abs(scores - pooled), -np.inf).max(0)
    return np.where(anywhere, out, np.nan)


def known_aggregators(names: Sequence[str]) -> None:
    """Refuse an aggregator that does not exist.

    Raises
    ------
    InputError
        Naming the nearest ones.
    """
    for how in names:
        if how not in AGGREGATORS:
            raise InputError(f"no aggregator '{how}'", where="CSSI", fix=nearest(how, AGGREGATORS))


def _nanmedian(scores: NDArray[np.float64], anywhere: NDArray[np.bool_]) -> NDArray[np.float64]:
    out = np.zeros(scores.shape[1:])
    out[anywhere] = np.nanmedian(scores[:, anywhere], axis=0)
    return out
