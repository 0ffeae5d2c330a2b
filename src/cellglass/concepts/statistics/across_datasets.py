"""Does a dictionary of other cells hold the same concepts? Read both on a common set of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.concepts.statistics.inputs import (
    Activations,
    Table,
    as_columns,
    as_label_column,
    as_names,
)
from cellglass.concepts.statistics.matching import (
    NullKind,
    best_cosine,
    random_directions,
    unit_rows,
)
from cellglass.concepts.statistics.pooled_null import PooledNull
from cellglass.concepts.statistics.stability import MATCHED
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.multiplicity import bh
from cellglass.stats.wilson import wilson

DRAWS = 100
CORRELATED = 0.5
RECURS_Q = 0.05


@dataclass(frozen=True, eq=False)
class Recurrence:
    """Concepts of one dictionary that another one, trained on other cells, holds too.

    Attributes
    ----------
    units
        One row a unit of the first dictionary: ``unit``, ``n_cells``, ``cosine_match`` (name of
        the unit of the second whose direction is nearest), ``cosine`` (absolute), ``cosine_p``,
        ``cosine_q``, ``correlation_match``, ``correlation`` (greatest over units of the second;
        nan if silent), ``correlation_p``, ``correlation_q``, ``same_match``, ``recurs`` (both q
        at most the level).
    shares
        One row a measure: ``measure``, ``share`` of units with ``low`` and ``high`` (Wilson, over
        units), ``n_units``, ``null_share`` (mean over draws), ``null``.
    """

    units: pd.DataFrame
    shares: pd.DataFrame


def across_datasets(
    decoder_a: ArrayLike,
    decoder_b: ArrayLike,
    activations_a: Activations,
    activations_b: Activations,
    *,
    names_a: Sequence[str] | None = None,
    names_b: Sequence[str] | None = None,
    strata: ArrayLike | None = None,
    matched: float = MATCHED,
    correlated: float = CORRELATED,
    level: float = RECURS_Q,
    null: NullKind = "covariance",
    draws: int = DRAWS,
    seed: int = DEFAULT_SEED,
) -> Recurrence:
    """Match the concepts of two dictionaries by direction and by activation.

    Parameters
    ----------
    decoder_a, decoder_b
        Units x width, of one embedding, in one space: bring both to that of one `Transform`.
    activations_a, activations_b
        The same cells x the units of either.
    names_a, names_b
        Names of the units.
    strata
        Label of each cell, for example its type: the null permutes cells within labels, so that
        what recurs is more than the label. Over all cells where None.
    matched, correlated
        Cosine and correlation from which on a concept counts in `Recurrence.shares`.
    level
        Of both q for ``recurs``.
    null
        Random directions with the second moments of the second dictionary, or isotropic ones,
        which any two dictionaries of one narrow space beat.
    draws
        Random dictionaries, and permutations, at least 3.
    seed
        Root seed of them.

    Returns
    -------
    Recurrence

    Raises
    ------
    InputError
        If shapes do not fit together.

    Notes
    -----
    p of each concept is against the greatest value over all units of the other dictionary, so
    that the choice of the best is paid for; draws are pooled over units (`PooledNull`), for
    activations over units that are active in about as many cells. Directions: random ones, as
    many as in the second dictionary (`null`). Activations: rows of the second permuted, the
    same permutation for all units, which keeps how its units go together.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.normal(size=(5, 30))
    >>> z = rng.gamma(1.0, size=(200, 5)) * (rng.random((200, 5)) < 0.3)
    >>> across_datasets(rows, rows[::-1], z, z[:, ::-1]).units.recurs.tolist()
    [True, True, True, True, True]
    """
    a, b = unit_rows(decoder_a, "decoder_a"), unit_rows(decoder_b, "decoder_b")
    za, zb = as_columns(activations_a), as_columns(activations_b)
    if za.shape != (zb.shape[0], len(a)) or zb.shape[1] != len(b):
        raise InputError(
            f"activations of shapes {za.shape} and {zb.shape} for {len(a)} and {len(b)} units",
            where="stability across datasets",
            expected="the same cells, and one column a row of the decoder",
        )
    words_a, words_b = as_names(names_a, len(a)), np.asarray(as_names(names_b, len(b)), object)
    cosine, nearest = best_cosine(a, b)
    cosine = np.abs(cosine)
    cosine_null = _cosine_null(a, b, null, draws, seed)
    best, partner, best_null = _correlations(za, zb, strata, draws, seed)
    active = np.diff(za.indptr)
    nulls = PooledNull.of(cosine_null, np.zeros(len(a))), PooledNull.of(best_null, active)
    cosine_p, best_p = nulls[0].p(cosine), nulls[1].p(best)
    cosine_q, best_q = bh(cosine_p), bh(best_p)
    units = pd.DataFrame(
        {
            "unit": words_a,
            "n_cells": za.shape[0],
            "cosine_match": words_b[nearest],
            "cosine": cosine,
            "cosine_p": cosine_p,
            "cosine_q": cosine_q,
            "correlation_match": np.where(np.isnan(best), "", words_b[partner]),
            "correlation": best,
            "correlation_p": best_p,
            "correlation_q": best_q,
            "same_match": ~np.isnan(best) & (nearest == partner),
            "recurs": (cosine_q <= level) & (best_q <= level),
        }
    )
    alive = ~np.isnan(best)
    shares = [
        _share("cosine", cosine, cosine_null, matched, f"random directions, {null}"),
        _share("correlation", best[alive], best_null[:, alive], correlated, "permuted cells"),
        _called("recurs", units.recurs.to_numpy(), nulls, draws, level),
    ]
    return Recurrence(units, pd.DataFrame(shares))


def _cosine_null(a: NDArray, b: NDArray, kind: NullKind, draws: int, seed: int) -> Table:
    """Greatest absolute cosine of each of the first with random directions, draws x units."""
    rng = generator(seed, "across datasets/directions")
    like = b if kind == "covariance" else None
    out = np.empty((draws, len(a)))
    for draw in range(draws):
        drawn = random_directions(len(b), b.shape[1], rng, like=like)
        out[draw] = np.abs(best_cosine(a, drawn)[0])
    return out


def _correlations(
    za: Activations, zb: Activations, strata: ArrayLike | None, draws: int, seed: int
) -> tuple[Table, NDArray[np.int64], Table]:
    """Greatest correlation of each unit, its partner, and the same under permutation."""
    columns, rows = as_columns(za), as_columns(zb).tocsr()
    n = columns.shape[0]
    of_a, of_b = _moments(columns), _moments(as_columns(zb))
    groups = (
        [np.arange(n)]
        if strata is None
        else [
            np.flatnonzero(codes == code)
            for codes in [as_label_column(strata, n, "strata", least=1).codes]
            for code in np.unique(codes)
        ]
    )
    rng = generator(seed, "across datasets/cells")

    def best(order: NDArray[np.int64]) -> tuple[Table, NDArray[np.int64]]:
        return _best_correlations(
            columns.indptr, columns.indices, columns.data,
            rows.indptr, rows.indices, rows.data, order, *of_a, *of_b,
        )  # fmt: skip

    found, partner = best(np.arange(n))
    null = np.empty((draws, columns.shape[1]))
    for draw in range(draws):
        order = np.arange(n)
        for group in groups:
            order[group] = rng.permutation(group)
        null[draw] = best(order)[0]
    return found, partner, null


def _moments(columns: sparse.csc_matrix) -> tuple[Table, Table]:
    """Mean and standard deviation of every column; 0 where it is constant."""
    mean = np.asarray(columns.mean(axis=0)).ravel()
    square = np.asarray(columns.multiply(columns).mean(axis=0)).ravel()
    variance = square - mean**2
    return mean, np.where(variance > 1e-12 * square, np.sqrt(np.maximum(variance, 0)), 0.0)


@njit(cache=True)
def _best_correlations(  # type: ignore[no-untyped-def]
    a_start, a_rows, a_values, b_start, b_columns, b_values, order, mean_a, sd_a, mean_b, sd_b
):
    """Greatest Pearson correlation of each column of a with columns of b, rows of b in `order`."""
    n, n_b = order.size, mean_b.size
    best = np.full(mean_a.size, np.nan)
    partner = np.zeros(mean_a.size, dtype=np.int64)
    cross = np.empty(n_b)
    for i in range(mean_a.size):
        if sd_a[i] == 0:
            continue
        cross[:] = 0.0
        for k in range(a_start[i], a_start[i + 1]):
            row = order[a_rows[k]]
            for m in range(b_start[row], b_start[row + 1]):
                cross[b_columns[m]] += a_values[k] * b_values[m]
        top = -2.0
        for j in range(n_b):
            if sd_b[j] > 0:
                r = (cross[j] / n - mean_a[i] * mean_b[j]) / (sd_a[i] * sd_b[j])
                if r > top:
                    top, partner[i] = r, j
        if top > -2.0:
            best[i] = top
    return best, partner


def _share(measure: str, found: Table, null: Table, least: float, told: str) -> dict[str, object]:
    hits = int((found >= least).sum())
    low, high = wilson(hits, found.size)
    return {
        "measure": f"{measure} at least {least:g}",
        "share": hits / found.size if found.size else np.nan,
        "low": float(low),
        "high": float(high),
        "n_units": found.size,
        "null_share": float((null >= least).mean()) if null.size else np.nan,
        "null": told,
    }


def _called(
    measure: str,
    called: NDArray[np.bool_],
    nulls: tuple[PooledNull, PooledNull],
    draws: int,
    level: float,
) -> dict[str, object]:
    """Share called, and the share that the same rule calls in each draw of the nulls."""
    low, high = wilson(int(called.sum()), called.size)
    shares = [
        np.logical_and(*(bh(null.of_draw(draw)) <= level for null in nulls)).mean()
        for draw in range(draws)
    ]
    return {
        "measure": measure,
        "share": float(called.mean()),
        "low": float(low),
        "high": float(high),
        "n_units": called.size,
        "null_share": float(np.mean(shares)),
        "null": "one draw of both nulls against all",
    }
