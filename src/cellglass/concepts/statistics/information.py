"""How much "active or not" says about a label: mutual information and entropy, in bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from cellglass.concepts.statistics.activity import CONDITIONAL
from cellglass.concepts.statistics.inputs import (
    Activations,
    LabelColumn,
    Table,
    as_columns,
    as_label_column,
    as_names,
)
from cellglass.stats.multiplicity import bh


def label_information(
    activations: Activations,
    labels: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    balanced: bool = False,
    level: float = 0.95,
) -> pd.DataFrame:
    """Mutual information of each unit with a label, and entropy of the labels of active cells.

    Parameters
    ----------
    activations
        Cells x units, not negative; binarised at "active or not".
    labels
        Label of each cell; cells without one are left out.
    names
        One a unit.
    balanced
        Weigh cells so that all labels weigh alike: purity is then not that of the most
        frequent label. Intervals and p stay those of the unweighted test.
    level
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a unit: ``unit``, ``n_cells``, ``n_active``, ``mutual_information`` (bits, plug-in)
        with ``mi_low`` and ``mi_high``, ``mi_share`` (of the entropy of the label),
        ``mi_corrected`` (less its bias under independence, (labels - 1) / (2 n ln 2); may be
        negative), ``p`` (likelihood ratio test, chi-squared), ``q``
        (Benjamini-Hochberg over units), ``entropy`` (bits, of the labels of active cells; nan
        if none) with ``entropy_low`` and ``entropy_high``, ``entropy_share`` (of the greatest
        possible), ``purity`` (share of active cells with the most frequent label among them),
        ``purest_label``, ``inference_unit``, ``note``.

    Raises
    ------
    InputError
        If activations or labels cannot be used.

    Notes
    -----
    Intervals by the delta method over cells: the variance of a mean of log ratios.

    Examples
    --------
    >>> z = np.array([[1.0], [1.0], [0.0], [0.0]])
    >>> label_information(z, list("aabb"))[["mutual_information", "entropy"]].values.tolist()
    [[1.0, 0.0]]
    """
    columns = as_columns(activations)
    column = as_label_column(labels, columns.shape[0])
    counts, silent = label_counts(columns, column)
    sizes = column.sizes().astype(np.float64)
    weight = sizes.sum() / (len(sizes) * sizes) if balanced else np.ones(len(sizes))
    n = float(sizes.sum())
    joint = np.stack([counts * weight, silent * weight]) / n
    information, spread = _information(joint)
    half = float(special.ndtri((1 + level) / 2))
    mi_error = half * np.sqrt(spread / n)
    active = counts.sum(1)
    shares, entropy, of_entropy = _entropy(counts * weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        entropy_error = half * np.sqrt(of_entropy / active)
    plain, _ = (information, spread) if not balanced else _information(
        np.stack([counts, silent]) / n
    )  # fmt: skip
    free = (len(sizes) - 1) * ((active > 0) & (active < n))
    p = np.where(free > 0, special.chdtrc(np.maximum(free, 1), 2 * np.log(2) * n * plain), 1.0)
    greatest = float(np.log2(len(sizes)))
    of_label = _entropy((sizes * weight)[None])[1][0]
    best = np.asarray(column.labels, dtype=object)[np.argmax(shares, axis=1)]
    return pd.DataFrame(
        {
            "unit": as_names(names, columns.shape[1]),
            "n_cells": int(n),
            "n_active": active.astype(np.int64),
            "mutual_information": information,
            "mi_low": np.maximum(information - mi_error, 0),
            "mi_high": np.minimum(information + mi_error, 1),
            "mi_share": information / of_label,
            "mi_corrected": information - free / (2 * n * np.log(2)),
            "p": p,
            "q": bh(p),
            "entropy": entropy,
            "entropy_low": np.maximum(entropy - entropy_error, 0),
            "entropy_high": np.minimum(entropy + entropy_error, greatest),
            "entropy_share": entropy / greatest,
            "purity": np.where(active > 0, shares.max(1), np.nan),
            "purest_label": np.where(active > 0, best, ""),
            "inference_unit": "cell",
            "note": CONDITIONAL,
        }
    )


def label_counts(columns: Activations, column: LabelColumn) -> tuple[Table, Table]:
    """Active and silent cells of each label.

    Parameters
    ----------
    columns
        Cells x units.
    column
        Label of each cell.

    Returns
    -------
    active, silent : numpy.ndarray
        float64, units x labels.

    Examples
    --------
    >>> label_counts(np.array([[1.0], [0.0]]), as_label_column(["a", "b"], 2))[0].tolist()
    [[1.0, 0.0]]
    """
    binary = as_columns(columns)
    binary.data = np.ones_like(binary.data)
    active = np.asarray((binary.T @ column.one_hot()).todense(), dtype=np.float64)
    return active, column.sizes() - active


def _information(joint: Table) -> tuple[Table, Table]:
    """Mutual information in bits of (2, units, labels) shares, and the variance of its terms."""
    outer = joint.sum(2, keepdims=True) * joint.sum(0, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(joint > 0, np.log2(joint / outer), 0.0)
    mean = (joint * ratio).sum((0, 2))
    return np.maximum(mean, 0), np.maximum((joint * ratio**2).sum((0, 2)) - mean**2, 0)


def _entropy(counts: Table) -> tuple[Table, Table, Table]:
    """Shares, entropy in bits and the variance of its terms, by row; nan where a row is empty."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = counts / counts.sum(1, keepdims=True)
        surprise = np.where(shares > 0, -np.log2(shares), 0.0)
    mean = (shares * surprise).sum(1)
    return np.nan_to_num(shares), mean, np.maximum((shares * surprise**2).sum(1) - mean**2, 0)
