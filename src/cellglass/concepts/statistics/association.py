"""Which label does each unit go with? AUROC of every unit for every label, with inference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse, special

from cellglass.concepts.statistics.activity import CONDITIONAL, DONORS_FOR_INFERENCE
from cellglass.concepts.statistics.inputs import (
    Activations,
    LabelColumn,
    Table,
    as_columns,
    as_label_column,
    as_names,
)
from cellglass.concepts.statistics.rank_auroc import RankAuroc, rank_auroc
from cellglass.stats.arguments import as_fraction
from cellglass.stats.multiplicity import bh

CELLS_PER_SIDE = 5


def label_association(
    activations: Activations,
    labels: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    donors: ArrayLike | None = None,
    level: float = 0.95,
    cells_per_side: int = CELLS_PER_SIDE,
    donors_for_inference: int = DONORS_FOR_INFERENCE,
) -> pd.DataFrame:
    """AUROC of every unit for every label against all other labels, with p and q.

    Parameters
    ----------
    activations
        Cells x units, not negative.
    labels
        Label of each cell; cells without one are left out.
    names
        One a unit.
    donors
        Donor of each cell. See the notes for when the donor is the unit of inference.
    level
        Of the interval.
    cells_per_side
        Cells with the label, and without it, that a donor needs to count.
    donors_for_inference
        Donors from which on the donor is the unit of inference.

    Returns
    -------
    pandas.DataFrame
        One row a unit and label, unit by unit: ``unit``, ``label``, ``n_label`` (cells with the
        label), ``n_cells``, ``auroc`` with ``low`` and ``high``, ``auroc_pooled`` (over all
        cells, whatever the donor), ``p`` (two-sided, against 0.5), ``q`` (Benjamini-Hochberg
        over all units x labels of the table), ``inference_unit``, ``n``, ``method``, ``note``.

    Raises
    ------
    InputError
        If activations or labels cannot be used.

    Notes
    -----
    Three ways, chosen label by label from the design alone and told in ``method``:

    - *within donors*, where enough donors hold cells of both sides: the mean over donors of the
      AUROC within each, Student's t over donors; its standard error is never below that of
      random labels within the donors, so that donors that agree by chance prove nothing.
    - *between donors*, where each donor has one label only and donors are enough: AUROC of the
      donors' mean activations, Mann-Whitney.
    - *cells* otherwise: AUROC over cells, DeLong's interval, Mann-Whitney with corrections for
      ties and continuity; conditional on the donors, since cells of one are no replicates.

    Silent cells are one tie: a unit that is active in a tenth of a label's cells, and nowhere
    else, has an AUROC of 0.55. Read it beside precision and purity.

    Examples
    --------
    >>> z = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    >>> label_association(z, ["B", "B", "T", "T"]).auroc.tolist()
    [1.0, 0.0, 0.25, 0.75]
    """
    columns = as_columns(activations)
    n_all, n_units = columns.shape
    column = as_label_column(labels, n_all)
    donor = None if donors is None else as_label_column(donors, n_all, "donors", least=1)
    kept = column.given if donor is None else np.flatnonzero((column.codes >= 0)
                                                              & (donor.codes >= 0))  # fmt: skip
    columns = as_columns(columns.tocsr()[kept])
    column = LabelColumn(column.codes[kept], column.labels)
    pooled = rank_auroc(columns, column.codes, len(column.labels))
    parts = _Parts.of_cells(pooled, len(kept), as_fraction(level, "level"))
    if donor is not None:
        of_donor = LabelColumn(donor.codes[kept], donor.labels)
        within = _WithinDonors.of(columns, column, of_donor, cells_per_side)
        parts.take(within.n_donors >= donors_for_inference, within.parts(level))
        between = _between_donors(columns, column, of_donor, level)
        if between is not None and len(of_donor.labels) >= donors_for_inference:
            parts.take(within.n_donors < donors_for_inference, between)
    return _table(parts, pooled, column, as_names(names, n_units))


@dataclass(eq=False)
class _Parts:
    """Estimates and tests, units x labels, and what they rest on, one a label."""

    auroc: Table
    low: Table
    high: Table
    p: Table
    n: np.ndarray
    unit: np.ndarray
    method: np.ndarray
    note: np.ndarray

    @classmethod
    def of(cls, auroc: Table, half: Table, p: Table, n: ArrayLike, *told: str) -> _Parts:
        n_labels = auroc.shape[1]
        words = [np.full(n_labels, word, dtype=object) for word in told]
        low, high = np.clip(auroc - half, 0, 1), np.clip(auroc + half, 0, 1)
        return cls(auroc, low, high, p, np.broadcast_to(n, n_labels).copy(), *words)

    @classmethod
    def of_cells(cls, found: RankAuroc, n: int, level: float) -> _Parts:
        half = float(special.ndtri((1 + level) / 2)) * np.sqrt(found.variance)
        return cls.of(found.auroc, half, _mann_whitney(found), n, "cell", "cells", CONDITIONAL)

    def take(self, which: np.ndarray, other: _Parts) -> None:
        """Replace some labels by those of other parts."""
        for name in ("auroc", "low", "high", "p"):
            getattr(self, name)[:, which] = getattr(other, name)[:, which]
        for name in ("n", "unit", "method", "note"):
            getattr(self, name)[which] = getattr(other, name)[which]


@dataclass(frozen=True, eq=False)
class _WithinDonors:
    """Sums over donors of what each says within itself."""

    n_donors: np.ndarray
    total: Table
    square: Table
    null: Table

    @classmethod
    def of(
        cls, columns: sparse.csc_matrix, column: LabelColumn, donor: LabelColumn, least: int
    ) -> _WithinDonors:
        n_labels, rows = len(column.labels), columns.tocsr()
        shape = (columns.shape[1], n_labels)
        total, square, null = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        n_donors = np.zeros(n_labels, dtype=np.int64)
        for d in range(len(donor.labels)):
            cells = np.flatnonzero(donor.codes == d)
            sizes = np.bincount(column.codes[cells], minlength=n_labels)
            counts = (sizes >= least) & (cells.size - sizes >= least)
            if not counts.any():
                continue
            found = rank_auroc(as_columns(rows[cells]), column.codes[cells], n_labels)
            n_donors += counts
            total[:, counts] += found.auroc[:, counts]
            square[:, counts] += (found.auroc[:, counts] - 0.5) ** 2
            null[:, counts] += found.null_variance[:, counts]
        return cls(n_donors, total, square, null)

    def parts(self, level: float) -> _Parts:
        with np.errstate(invalid="ignore", divide="ignore"):
            n = self.n_donors.astype(np.float64)
            mean = self.total / n
            spread = np.maximum(self.square - n * (mean - 0.5) ** 2, 0) / (n - 1)
            error = np.sqrt(np.maximum(spread / n, self.null / n**2))
            t = np.where(error > 0, (mean - 0.5) / error, 0.0)
            p = 2 * special.stdtr(n - 1, -np.abs(t))
            half = special.stdtrit(n - 1, (1 + level) / 2) * error
        return _Parts.of(mean, half, p, self.n_donors, "donor", "within donors", "")


def _between_donors(
    columns: sparse.csc_matrix, column: LabelColumn, donor: LabelColumn, level: float
) -> _Parts | None:
    """AUROC of donors' means, where every donor has one label only; else None."""
    counts = np.asarray((donor.one_hot().T @ column.one_hot()).todense())
    if ((counts > 0).sum(1) > 1).any():
        return None
    present = counts.sum(1) > 0
    means = np.asarray((donor.one_hot().T @ columns).todense())[present]
    means = means / counts.sum(1)[present][:, None]
    codes = counts[present].argmax(1).astype(np.int64)
    found = rank_auroc(as_columns(means), codes, len(column.labels))
    half = float(special.ndtri((1 + level) / 2)) * np.sqrt(found.variance)
    p = _mann_whitney(found)
    return _Parts.of(found.auroc, half, p, len(means), "donor", "between donors", "")


def _mann_whitney(found: RankAuroc) -> Table:
    """Two-sided p by the normal approximation, corrected for ties and continuity."""
    with np.errstate(invalid="ignore", divide="ignore"):
        away = np.maximum(np.abs(found.auroc - 0.5) - found.half_pair, 0)
        z = np.where(found.null_variance > 0, away / np.sqrt(found.null_variance), 0.0)
    return np.where(np.isnan(found.auroc), np.nan, np.minimum(2 * special.ndtr(-z), 1.0))


def _table(
    parts: _Parts, pooled: RankAuroc, column: LabelColumn, names: Sequence[str]
) -> pd.DataFrame:
    n_units, n_labels = parts.auroc.shape
    each = np.tile(np.arange(n_labels), n_units)
    p = parts.p.ravel()
    return pd.DataFrame(
        {
            "unit": np.repeat(np.asarray(names, dtype=object), n_labels),
            "label": np.asarray(column.labels, dtype=object)[each],
            "n_label": column.sizes()[each],
            "n_cells": column.codes.size,
            "auroc": parts.auroc.ravel(),
            "low": parts.low.ravel(),
            "high": parts.high.ravel(),
            "auroc_pooled": pooled.auroc.ravel(),
            "p": p,
            "q": bh(p),
            "inference_unit": parts.unit[each],
            "n": parts.n[each],
            "method": parts.method[each],
            "note": parts.note[each],
        }
    )
