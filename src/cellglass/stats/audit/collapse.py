"""Observed tables that repeat each test once for every null family."""

from __future__ import annotations

import pandas as pd

from .columns import AuditColumns
from .keys import as_label, labels_of


def one_row_a_test(observed: pd.DataFrame, columns: AuditColumns) -> tuple[pd.DataFrame, str]:
    """Bring rows together that are one test, written once for each null family.

    Parameters
    ----------
    observed
        The observed table.
    columns
        Which column holds what.

    Returns
    -------
    table, note
        The first row of each test. A column that differs between families, such as a printed p,
        becomes one column a family, named ``<column> <family>``. The table as it is, and an empty
        note, where rows do not repeat in this way or the observed value differs.

    Examples
    --------
    >>> seen = pd.DataFrame({"k": ["a", "a"], "kind": ["x", "y"], "d": [1, 1], "p": [0.1, 0.2]})
    >>> one_row_a_test(seen, AuditColumns(("k",), "d", "v", "kind", None))[0].columns.tolist()
    ['k', 'kind', 'd', 'p x', 'p y']
    """
    by, kind = list(columns.by), columns.null_kind
    if kind is None or kind not in observed.columns:
        return observed, ""
    labels = pd.DataFrame({c: labels_of(observed[c])[0] for c in (*by, kind, columns.value)})
    test = labels.groupby(by, sort=False).ngroup()
    again = test.duplicated()
    if (
        not again.any()
        or labels.duplicated([*by, kind]).any()
        or (labels.groupby(test)[columns.value].nunique() > 1).any()
    ):
        return observed, ""
    table = observed[~again.to_numpy()].reset_index(drop=True)
    families = observed[kind].map(as_label)
    for column in observed.columns:
        if column in (*by, kind, columns.value):
            continue
        codes = pd.Series(labels_of(observed[column])[0])
        if (codes.groupby(test).nunique() == 1).all():
            continue
        table = table.drop(columns=column)
        for family in sorted(set(families)):
            mine = (families == family).to_numpy()
            values = pd.Series(observed.loc[mine, column].to_numpy(), index=test[mine])
            table[f"{column} {family}"] = values.reindex(range(len(table))).to_numpy()
    return table, (
        f"The observed table repeats each test once for every value of '{kind}', with one observed "
        "value: its rows were brought together, and columns that differ were set side by side."
    )
