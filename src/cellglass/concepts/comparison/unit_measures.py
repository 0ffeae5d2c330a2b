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
        that of the label with the highest AUROC on the choosing cells, judged on the others;
        ``purity`` is `label_purity` on the others, nan where the unit is silent in them.
        ``label`` is the chosen one, empty for purity, which regards all labels.

    Raises
    ------
    InputError
        If fewer than two labels are on both sides, or names are not one a unit.

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
    choose, judge = (side[np.isin(label[side], shared)] for side in sides)
    chosen = _areas(z[choose], label[choose], names).idxmax(axis=1)
    judged = _areas(z[judge], label[judge], names)
    value = judged.to_numpy()[np.arange(len(chosen)), judged.columns.get_indexer(pd.Index(chosen))]
    about = label_information(z[judge], label[judge], names)
    purity = label_purity(about["entropy"], label[judge])
    auroc = {"name": list(names), "measure": LABEL_AUROC, "value": value, "label": chosen.array}
    pure = {"name": list(names), "measure": PURITY, "value": purity, "label": ""}
    return pd.concat([pd.DataFrame(auroc), pd.DataFrame(pure)], ignore_index=True)


def label_purity(entropy: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
    """How much less mixed the labels of active cells are than those of all cells.

    Parameters
    ----------
    entropy
        Of the labels of the cells in which each unit is active, in bits.
    labels
        Label of each cell; cells with an empty one are left out.

    Returns
    -------
    numpy.ndarray
        1 less the share of the entropy of all labels that is left, between 0 and 1; nan where
        `entropy` is. 1 for a unit whose cells have one label, 0 for one whose cells are as mixed
        as all, whatever the number of labels.

    Examples
    --------
    >>> label_purity([0.0, 1.0], ["B", "T"]).tolist()
    [1.0, 0.0]
    """
    label = np.asarray(labels, dtype=str)
    _, counts = np.unique(label[label != ""], return_counts=True)
    share = counts / counts.sum()
    greatest = float(-(share * np.log2(share)).sum())
    return np.clip(1 - np.asarray(entropy, dtype=np.float64) / greatest, 0, 1)


def _areas(z: sparse.csr_matrix, label: NDArray[np.str_], names: Sequence[str]) -> pd.DataFrame:
    """AUROC, units x labels; 0.5 for a unit that is silent in all cells."""
    found = label_association(z, label, names)
    table = found.pivot(index="unit", columns="label", values="auroc_pooled")
    return table.loc[list(names)]
