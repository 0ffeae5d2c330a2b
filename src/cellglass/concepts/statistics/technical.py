"""Units that tell donors, batches or library sizes apart rather than biology: flagged, kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from cellglass.concepts.statistics.information import _entropy, label_information
from cellglass.concepts.statistics.inputs import (
    Activations,
    LabelColumn,
    Table,
    as_columns,
    as_label_column,
    as_names,
)
from cellglass.concepts.statistics.rank_auroc import rank_auroc
from cellglass.errors import InputError
from cellglass.stats.arguments import as_scores
from cellglass.stats.multiplicity import bh
from cellglass.stats.ranks import midranks

QUANTILE_BINS = 10
LEAST_SHARE = 0.05
TECHNICAL_RATIO = 1.0
TECHNICAL_Q = 0.05


def technical_association(
    activations: Activations,
    columns: Mapping[str, ArrayLike],
    names: Sequence[str] | None = None,
    *,
    bins: int = QUANTILE_BINS,
) -> pd.DataFrame:
    """How strongly every unit goes with donor, batch, organ, library size, ...

    Parameters
    ----------
    activations
        Cells x units, not negative.
    columns
        Name to one value a cell: labels, or numbers (floating point) such as library sizes,
        which are also cut into `bins` quantiles.
    names
        One a unit.
    bins
        Quantiles of a column of numbers.

    Returns
    -------
    pandas.DataFrame
        One row a unit and column: ``unit``, ``column``, ``n_cells``, ``top_label`` (that of the
        highest AUROC), ``top_auroc``, ``spearman`` (with the numbers; nan for labels),
        and ``mutual_information``, ``mi_low``, ``mi_high``, ``mi_share``, ``mi_corrected``,
        ``p``, ``q``, ``entropy``, ``purity`` as in `label_information`.

    Raises
    ------
    InputError
        If arrays cannot be used.

    Examples
    --------
    >>> z = np.array([[1.0], [2.0], [0.0], [0.0]])
    >>> table = technical_association(z, {"donor": list("aabb"), "library": [9.0, 8.0, 1.0, 2.0]})
    >>> table.mutual_information.tolist()
    [1.0, 1.0]
    """
    cells = as_columns(activations)
    told = as_names(names, cells.shape[1])
    parts = []
    for name, values in columns.items():
        column = as_levels(values, cells.shape[0], name, bins=bins)
        given = column.given
        kept = as_columns(cells.tocsr()[given])
        labels = np.asarray(column.labels, dtype=object)[column.codes[given]]
        found = rank_auroc(kept, column.codes[given], len(column.labels)).auroc
        top = np.nanargmax(found, axis=1)
        table = label_information(kept, labels, told)
        numbers = np.asarray(values)
        rho = (
            _spearman(kept, numbers[given])
            if numbers.dtype.kind == "f"
            else np.full(len(told), np.nan)
        )
        table.insert(1, "column", name)
        table.insert(3, "top_label", np.asarray(column.labels, dtype=object)[top])
        table.insert(4, "top_auroc", found[np.arange(len(told)), top])
        table.insert(5, "spearman", rho)
        parts.append(table.drop(columns=["n_active", "entropy_low", "entropy_high",
                                         "entropy_share", "purest_label"]))  # fmt: skip
    if not parts:
        raise InputError("no column is named", where="columns", fix="name at least one")
    return pd.concat(parts, ignore_index=True)


def flag_technical(
    activations: Activations,
    biology: Mapping[str, ArrayLike],
    technical: Mapping[str, ArrayLike],
    names: Sequence[str] | None = None,
    *,
    conditional: bool = True,
    ratio: float = TECHNICAL_RATIO,
    least_share: float = LEAST_SHARE,
    level: float = TECHNICAL_Q,
    bins: int = QUANTILE_BINS,
) -> pd.DataFrame:
    """Flag units whose activity says more about a technical column than about biology.

    Parameters
    ----------
    activations
        Cells x units, not negative; binarised at "active or not".
    biology
        Name to labels, for example cell type and condition; taken together as one label.
    technical
        Name to labels or numbers, for example donor, batch, library size; each on its own.
    names
        One a unit.
    conditional
        Compare what a column adds to the other: I(active; technical | biology) with
        I(active; biology | technical). So a donor with many T cells does not make units of
        T cells technical. If False, the plain mutual informations are compared.
    ratio
        A unit is technical if the technical information exceeds `ratio` times the biological.
    least_share
        And if it is at least this share of the unit's own entropy: what is weaker is no flag.
    level
        And if its q is at most this.
    bins
        Quantiles of a column of numbers.

    Returns
    -------
    pandas.DataFrame
        One row a unit: ``unit``, ``n_cells`` (with all labels), ``technical`` (the flag; nothing
        is dropped), ``technical_column`` (the strongest), ``technical_share`` and
        ``biology_share`` (information as a share of the entropy of "active or not", corrected
        for its bias under independence; that of the biology beside the strongest technical
        column), ``technical_q`` (of that column, Benjamini-Hochberg over units x columns; over
        cells, conditional on the donors), ``note``.

    Raises
    ------
    InputError
        If arrays cannot be used.

    Notes
    -----
    The bias of conditional information under independence is the degrees of freedom of the
    likelihood ratio test over 2 n ln 2, counted over the strata in which the unit is neither
    silent nor active throughout; p is that of the test. With few active cells a stratum the
    true bias is smaller, so that rare units are flagged late rather than early. The paper's rule
    for technical concepts is not public to us; `ratio`, `least_share`, `level` and `conditional`
    are ours.

    Examples
    --------
    >>> z = np.tile([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]], (20, 1))
    >>> found = flag_technical(z, {"type": list("TTBB") * 20}, {"donor": list("xyxy") * 20})
    >>> found.technical.tolist()
    [True, False]
    """
    cells = as_columns(activations)
    n_all = cells.shape[0]
    if not biology or not technical:
        raise InputError(
            f"{len(biology)} biological and {len(technical)} technical columns",
            where="technical units", expected="at least one of each",
        )  # fmt: skip
    tech = {name: as_levels(v, n_all, name, bins=bins) for name, v in technical.items()}
    bio = _joined([as_levels(v, n_all, name, bins=bins) for name, v in biology.items()])
    kept = np.flatnonzero(np.logical_and.reduce([c.codes >= 0 for c in (bio, *tech.values())]))
    if not kept.size:
        raise InputError("no cell has all labels", where="technical units")
    cells = as_columns(cells.tocsr()[kept])
    cells.data[:] = 1.0
    rate = np.diff(cells.indptr) / kept.size
    own = _entropy(np.stack([rate, 1 - rate], axis=1))[1]
    shares = np.empty((2, len(tech), cells.shape[1]))
    p = np.empty((len(tech), cells.shape[1]))
    for i, column in enumerate(tech.values()):
        t, b = column.codes[kept], bio.codes[kept]
        one = np.zeros_like(t)
        pairs = ((t, b if conditional else one), (b, t if conditional else one))
        for side, (label, given) in enumerate(pairs):
            bits, free = _conditional_information(cells, label, given)
            twice = 2 * kept.size * np.log(2)
            with np.errstate(invalid="ignore", divide="ignore"):
                shares[side, i] = (bits - free / twice) / own
            if side == 0:
                p[i] = np.where(free > 0, special.chdtrc(np.maximum(free, 1), twice * bits), 1.0)
    shares = np.nan_to_num(shares)
    strongest = shares[0].argmax(0)
    units = np.arange(cells.shape[1])
    technical_share, biology_share = shares[:, strongest, units]
    technical_q = bh(p.ravel()).reshape(p.shape)[strongest, units]
    flag = (
        (technical_share >= least_share)
        & (technical_share > ratio * np.maximum(biology_share, 0))
        & (technical_q <= level)
    )
    return pd.DataFrame(
        {
            "unit": as_names(names, cells.shape[1]),
            "n_cells": kept.size,
            "technical": flag,
            "technical_column": np.asarray(list(tech), dtype=object)[strongest],
            "technical_share": technical_share,
            "biology_share": biology_share,
            "technical_q": technical_q,
            "note": "each given the other" if conditional else "each on its own",
        }
    )


def as_levels(values: ArrayLike, n: int, where: str, *, bins: int) -> LabelColumn:
    """Labels as they are; floating point numbers cut into quantiles.

    Parameters
    ----------
    values
        One a cell.
    n
        Number of cells.
    where
        Name of the column.
    bins
        Quantiles; equal numbers share one.

    Returns
    -------
    LabelColumn

    Examples
    --------
    >>> as_levels([1.0, 5.0, 2.0, 9.0], 4, "library", bins=2).codes.tolist()
    [0, 1, 0, 1]
    """
    array = np.asarray(values)
    if array.dtype.kind != "f":
        return as_label_column(values, n, where)
    numbers = as_scores(array, where)
    if numbers.size != n:
        raise InputError(f"{numbers.size} numbers of {n} cells", where=where)
    inner = np.unique(np.quantile(numbers, np.arange(1, bins) / bins))
    level = np.searchsorted(inner, numbers, side="right")
    width = len(str(bins))
    return as_label_column([f"quantile {i + 1:0{width}d} of {bins}" for i in level], n, where)


def _joined(columns: Sequence[LabelColumn]) -> LabelColumn:
    """One label for each combination of labels that occurs."""
    stacked = np.stack([c.codes for c in columns], axis=1)
    given = (stacked >= 0).all(1)
    found, codes = np.unique(stacked[given], axis=0, return_inverse=True)
    out = np.full(len(stacked), -1, dtype=np.int64)
    out[given] = codes.reshape(-1)
    words = [", ".join(c.labels[i] for c, i in zip(columns, row, strict=True)) for row in found]
    return LabelColumn(out, words)


def _conditional_information(
    cells: Any, labels: np.ndarray, strata: np.ndarray
) -> tuple[Table, Table]:
    """I(active; label | stratum) of each unit, in bits, and its degrees of freedom."""
    n = labels.size
    total, free = np.zeros(cells.shape[1]), np.zeros(cells.shape[1])
    rows = cells.tocsr()
    for stratum in np.unique(strata):
        inside = np.flatnonzero(strata == stratum)
        _, codes = np.unique(labels[inside], return_inverse=True)
        sizes = np.bincount(codes).astype(np.float64)
        if sizes.size < 2:
            continue
        hot = LabelColumn(codes.reshape(-1), [""] * sizes.size).one_hot()
        active = np.asarray((rows[inside].T @ hot).todense())
        all_active = active.sum(1)
        before = _entropy(np.stack([all_active, inside.size - all_active], axis=1))[1]
        after = np.zeros(cells.shape[1])
        for level, size in enumerate(sizes):
            split = np.stack([active[:, level], size - active[:, level]], axis=1)
            after += size / inside.size * _entropy(split)[1]
        total += inside.size / n * (before - after)
        free += (sizes.size - 1) * ((all_active > 0) & (all_active < inside.size))
    return np.maximum(total, 0), free


def _spearman(cells: Any, numbers: np.ndarray) -> Table:
    """Rank correlation of every column with some numbers; nan where either is constant."""
    n = numbers.size
    ranks = midranks(numbers) - (n + 1) / 2
    out = np.full(cells.shape[1], np.nan)
    if not ranks.any():
        return out
    for j in range(cells.shape[1]):
        rows = cells.indices[cells.indptr[j] : cells.indptr[j + 1]]
        if not rows.size:
            continue
        # silent cells share the lowest ranks: only the active ones differ from their mean
        silent = (n - rows.size + 1) / 2 - (n + 1) / 2
        own = midranks(cells.data[cells.indptr[j] : cells.indptr[j + 1]]) + n - rows.size
        own = own - (n + 1) / 2
        square = (own**2).sum() + (n - rows.size) * silent**2
        if square > 1e-9 * n:
            cross = ((own - silent) * ranks[rows]).sum()
            out[j] = cross / np.sqrt(square * (ranks**2).sum())
    return out
