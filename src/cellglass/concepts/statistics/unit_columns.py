"""The columns of the table of units: their names and what they mean, in one place."""

from __future__ import annotations

from cellglass.errors import InputError, nearest

SEPARATOR = ": "

UNIT_COLUMNS: dict[str, str] = {
    "unit": "name of the unit",
    "n_cells": "cells read",
    "n_active": "cells in which the unit is active",
    "dead": "whether it is active in no cell",
    "frequency": "share of cells in which it is active",
    "frequency_low": "lower end of the interval of the frequency",
    "frequency_high": "upper end of the interval of the frequency",
    "frequency_unit": "unit of inference of that interval: donor or cell",
    "frequency_n": "how many of those",
    "frequency_note": "'conditional on the donors' where cells are taken as replicates",
    "mean_active": "mean activation where active",
    "mean": "mean activation over all cells",
    "max": "greatest activation",
    "gini": "Gini coefficient of the activation over cells; 0: the same in all, to 1: in one",
    "hoyer": "Hoyer sparsity of the activation over cells; 0: the same in all, 1: in one",
    "strongest_share": "share of cells in which no unit is more active",
    "collinearity": "greatest absolute cosine with another unit's direction",
    "collinear_with": "that other unit",
    "collinear_cosine": "that cosine with its sign",
    "coactive_with": "unit with which it fires together most above chance",
    "coactive_pmi": "log2 of observed over expected cells together, of that pair",
    "coactive_low": "lower end of the interval of coactive_pmi",
    "coactive_high": "upper end of the interval of coactive_pmi",
    "n_coactive": "units with which it fires together at least twice as often as by chance",
    "technical": "whether activity says more about a technical column than about biology",
    "technical_column": "the technical column it says most about",
    "technical_share": "share of the entropy of 'active or not' that this column explains",
    "biology_share": "share of it that the biological labels explain",
    "technical_q": "Benjamini-Hochberg q of the technical column, over cells",
    "stability": "share of other seeds whose dictionary contains a match",
    "stability_low": "lower end of Wilson's interval of the stability, over seeds",
    "stability_high": "upper end of it",
    "n_other_seeds": "other seeds",
    "mean_match": "mean matched absolute cosine over other seeds",
    "best_match": "greatest matched absolute cosine over other seeds",
    "cosine_match": "unit of the other dataset's dictionary with the nearest direction",
    "cosine": "its absolute cosine",
    "cosine_q": "Benjamini-Hochberg q of that cosine against random directions",
    "correlation_match": "unit of the other dataset's dictionary with the most alike activation",
    "correlation": "its correlation over common cells",
    "correlation_q": "Benjamini-Hochberg q of that correlation against permuted cells",
    "same_match": "whether both are the same unit",
    "recurs": "whether both q are at most the level",
}
LABEL_COLUMNS: dict[str, str] = {
    "top_label": "label with the highest AUROC, the best of all labels",
    "auroc": "its AUROC: cells with the label against all others",
    "auroc_low": "lower end of the interval of that AUROC, not widened for the choice of the best",
    "auroc_high": "upper end of it",
    "auroc_q": "Benjamini-Hochberg q of that AUROC over all units x labels",
    "auroc_unit": "unit of inference: donor or cell",
    "auroc_n": "how many of those",
    "auroc_note": "'conditional on the donors' where cells are taken as replicates",
    "f1_label": "label with the best F1 on validation cells",
    "f1": "F1 of that label on test cells",
    "f1_low": "lower end of its interval",
    "f1_high": "upper end of its interval",
    "f1_threshold": "activation from which on a cell is called",
    "f1_n": "test cells with the label",
    "mutual_information": "of 'active or not' with the label, in bits",
    "mi_low": "lower end of its interval",
    "mi_high": "upper end of its interval",
    "mi_share": "the same as a share of the entropy of the label",
    "mi_q": "Benjamini-Hochberg q over units",
    "entropy": "of the labels of active cells, in bits; 0 for a pure unit",
    "entropy_low": "lower end of its interval",
    "entropy_high": "upper end of its interval",
    "purity": "share of active cells with their most frequent label",
    "purest_label": "that label",
}


def describe_column(name: str) -> str:
    """What a column of the table of units means.

    Parameters
    ----------
    name
        Name of the column, for example ``"gini"`` or ``"cell type: auroc"``.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the table has no such column.

    Examples
    --------
    >>> describe_column("cell type: purity")
    'cell type: share of active cells with their most frequent label'
    """
    if name in UNIT_COLUMNS:
        return UNIT_COLUMNS[name]
    of, separator, last = name.rpartition(SEPARATOR)
    if separator and last in LABEL_COLUMNS:
        return f"{of}{SEPARATOR}{LABEL_COLUMNS[last]}"
    raise InputError(
        f"no column '{name}'", where="table of units",
        fix=nearest(name, [*UNIT_COLUMNS, *LABEL_COLUMNS]),
    )  # fmt: skip
