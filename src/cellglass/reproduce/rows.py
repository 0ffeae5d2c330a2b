"""Published numbers as a table, for reading them elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .published import GRADES, Paper, PublishedNumber, PublishedTable

if TYPE_CHECKING:
    import pandas as pd


def rows_table(chosen: Iterable[tuple[Paper, Sequence[PublishedTable]]]) -> pd.DataFrame:
    """Published numbers of some tables, one row each.

    Parameters
    ----------
    chosen
        Papers with tables of theirs.

    Returns
    -------
    pandas.DataFrame
        The number as printed, what and whose it is, where it comes from, what gives ours.

    Examples
    --------
    >>> from cellglass.reproduce import find_paper, find_tables
    >>> paper = find_paper("edges")
    >>> rows_table([(paper, find_tables(paper, ["response-grid"]))])["value"].tolist()[:2]
    ['0.619', '0.756']
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "paper": paper.id, "table": table.id, "row": row.id, "what": row.what,
                "metric": row.metric, "value": row.value, "low": row.low, "high": row.high,
                "spread": row.spread, "sd": row.sd, "relation": row.relation, "p": row.p,
                "n": row.n, "unit_of_inference": row.n_unit,
                **inputs_of(paper, row),
                "unit": row.unit, "analysis": row.analysis, "defect": row.defect,
                "source": row.source, "specification": row.specification,
                "grade": GRADES[row.grade],
            }
            for paper, tables in chosen
            for table in tables
            for row in table.rows
        ]
    )  # fmt: skip


def inputs_of(paper: Paper, row: PublishedNumber) -> dict[str, str]:
    """Names of the inputs of a row, and where to get each.

    Parameters
    ----------
    paper, row
        The number.

    Returns
    -------
    dict of str to str
        ``model``, ``data``, ``references``, ``where``.
    """
    keys = [k for k in (row.model, row.data, *row.references) if k]
    return {
        "model": paper.input(row.model).name if row.model else "",
        "data": paper.input(row.data).name if row.data else "",
        "references": ", ".join(paper.input(r).name for r in row.references),
        "where": "; ".join(f"{paper.input(k).name}: {paper.input(k).where}" for k in keys),
    }
