"""Measures of single units that mean the same for every kind of unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.concepts.statistics.association import label_association
from cellglass.concepts.statistics.information import label_information
from cellglass.errors import InputError

LABEL_AUROC, PURITY = "label AUROC", "purity"


def label_measures(
    activations: sparse.spmatrix | NDArray[np.floating],
    labels: ArrayLike,
    choosing: ArrayLike,
    names: Sequence[str],
) -> pd.DataFrame:
    """How well each unit tells one label, the label chosen on other cells.

    Parameters
    ----------
    activations
        Cells x units, not negative.
    labels
        Label of each cell; empty where there is none.
    choosing
        True at cells on which the label of a unit is chosen; it is judged on the others.
    names
        Of the units.

    Returns
    -------
    pandas.DataFrame
        One row a unit and measure: ``name``, ``measure``, ``value``, ``label``. ``label AUROC`` is
        that of the label with the highest AUROC on the choosing cells; ``purity`` is 1 less the
        entropy of the labels of active cells over that of all cells.

    Raises
    ------
    InputError
        If either side holds fewer than two labels.

    Notes
    -----
    The best of many labels on the same cells would be too good, the more so the more labels.

    Examples
    --------
    >>> z = np.tile([[1.0, 0.0], [0.0, 1.0]], (10, 1))
    >>> table = label_measures(z, ["B", "T"] * 10, np.arange(20) < 10, ["a", "b"])
    >>> table.loc[table["measure"] == "label AUROC", "value"].tolist()
    [1.0, 1.0]
    """
    z = sparse.csr_matrix(activations)
    label, first = np.asarray(labels, dtype=str), np.asarray(choosing, dtype=bool)
    known = label != ""
    sides = [np.flatnonzero(first & known), np.flatnonzero(~first & known)]
    shared = np.intersect1d(label[sides[0]], label[sides[1]])
    if len(shared) < 2:
        raise InputError(
            f"{len(shared)} labels among the cells that choose and among those that judge",
            where="label measures",
            expected="two or more labels on either side",
        )
    sides = [side[np.isin(label[side], shared)] for side in sides]
    chosen = _areas(z[sides[0]], label[sides[0]], names).idxmax(axis=1)
    judged = _areas(z[sides[1]], label[sides[1]], names)
    column = {name: i for i, name in enumerate(judged.columns)}
    value = judged.to_numpy()[np.arange(len(chosen)), [column[best] for best in chosen]]
    about = label_information(z[sides[1]], label[sides[1]], names)
    purity = 1 - about["entropy"].to_numpy(float) / _entropy(label[sides[1]])
    auroc = pd.DataFrame(
        {"name": list(names), "measure": LABEL_AUROC, "value": value, "label": chosen.to_numpy()}
    )
    pure = pd.DataFrame(
        {"name": list(names), "measure": PURITY, "value": np.clip(purity, 0, 1),
         "label": chosen.to_numpy()}
    )  # fmt: skip
    return pd.concat([auroc, pure], ignore_index=True)


def _areas(z: sparse.csr_matrix, label: NDArray[np.str_], names: Sequence[str]) -> pd.DataFrame:
    """AUROC, units x labels; 0.5 for a unit that is silent in all cells."""
    found = label_association(z, label, names)
    table = found.pivot(index="unit", columns="label", values="auroc_pooled")
    return table.loc[list(names)].fillna(0.5)


def _entropy(label: NDArray[np.str_]) -> float:
    _, counts = np.unique(label, return_counts=True)
    share = counts / counts.sum()
    return float(-(share * np.log2(share)).sum())
