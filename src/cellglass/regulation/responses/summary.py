"""Means over perturbations with their intervals: the unit of inference is the perturbation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats import BootstrapResult, Interval, auprc, bootstrap_mean
from cellglass.stats.differential import Matrix

from .pairs import ResponsePairs

UNIT = "perturbation"
RECALL_AT = (10, 50, 100)


def mean_interval(
    values: NDArray[np.floating],
    *,
    draws: int,
    seed: int,
    task: str,
    level: float = 0.95,
    unit: str = UNIT,
) -> tuple[float, Interval]:
    """Mean over perturbations and its bootstrap interval.

    Parameters
    ----------
    values
        One value a perturbation, shape (n,).
    draws, seed, task
        Of the bootstrap.
    level
        Level of the interval.
    unit
        What the values belong to. Only perturbations may be resampled.

    Returns
    -------
    float, Interval

    Raises
    ------
    InputError
        If anything else, such as pairs, genes or cells, were to be resampled: those of one
        perturbation share its cells and its response, so that an interval over them is far too
        narrow; or with fewer than two perturbations.

    Examples
    --------
    >>> mean_interval(np.array([0.6, 0.7, 0.8]), draws=99, seed=1, task="x")[1].n
    3
    """
    if unit != UNIT:
        raise InputError(
            f"a bootstrap over {unit}s",
            where="responses to perturbations",
            expected=f"the unit of inference, {UNIT}",
            fix=f"give one value a {UNIT}",
        )
    result = bootstrap_mean(
        np.asarray(values, dtype=np.float64), unit=unit, draws=draws, seed=seed, task=task
    )
    return float(result.estimates[0]), result.interval(level=level)


def many_means(
    values: Mapping[str, NDArray[np.floating]], *, draws: int, seed: int, task: str
) -> BootstrapResult:
    """Means of several scores over the same perturbations, resampled together.

    Parameters
    ----------
    values
        One value a perturbation for each score, by name.
    draws, seed, task
        Of the bootstrap.

    Returns
    -------
    BootstrapResult
        Statistics in the order of `values`; differences between them are paired.

    Examples
    --------
    >>> many_means({"a": np.array([0.5, 0.7]), "b": np.array([0.4, 0.5])}, draws=99, seed=1,
    ...     task="x").names
    ('a', 'b')
    """
    return bootstrap_mean(
        np.stack([np.asarray(v, dtype=np.float64) for v in values.values()]),
        unit=UNIT, draws=draws, seed=seed, task=task, names=list(values),
    )  # fmt: skip


def ranking_metrics(scores: Matrix, pairs: ResponsePairs) -> pd.DataFrame:
    """AUPRC, base rate and recall of the top ranks, one row a perturbation.

    Parameters
    ----------
    scores
        Perturbations x genes.
    pairs
        What is judged.

    Returns
    -------
    pandas.DataFrame
        All nan for a perturbation that the scores do not rank, as their `row_auroc` is. Columns
        auprc, base_rate, recall_10, recall_50, recall_100 (share of the responding genes
        among so many top ranks, ties by expectation; nan where there are fewer genes).
    """
    rows: list[dict[str, Any]] = []
    for p in range(pairs.n):
        judged = pairs.mask[p]
        ranked = np.isfinite(scores[p, judged]).all()
        rows.append(recalls(scores[p, judged], pairs.labels[p, judged]) if ranked else {})
    columns = ["auprc", "base_rate", *(f"recall_{k}" for k in RECALL_AT)]
    return pd.DataFrame(rows, index=list(pairs.perturbations), columns=columns, dtype=np.float64)


def recalls(scores: NDArray[np.floating], labels: NDArray[np.bool_]) -> dict[str, float]:
    """AUPRC, base rate and recalls of one perturbation, to which some gene responds."""
    from cellglass.stats import top_k_true_positives

    positives = int(labels.sum())
    found = {"auprc": auprc(scores, labels), "base_rate": positives / labels.size}
    for k in RECALL_AT:
        usable = k < labels.size
        hits = top_k_true_positives(scores, labels, k) if usable else np.nan
        found[f"recall_{k}"] = hits / positives
    return found
