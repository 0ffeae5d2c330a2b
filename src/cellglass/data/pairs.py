"""Cleaning the rows of a network: one row a pair, no self-edges, evidence joined."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def clean_pairs(
    frame: pd.DataFrame, *, directed: bool, genes: Collection[str] | None = None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Join the rows of each pair and drop what is no edge.

    Parameters
    ----------
    frame
        Columns ``source`` and ``target``, perhaps ``weight``, and evidence columns.
    directed
        If not, pairs are ordered so that ``source < target``.
    genes
        Keep edges whose two ends are among these.

    Returns
    -------
    edges
        One row a pair, sorted by source and target. Values of evidence columns are joined by ``;``
        in alphabetical order. Weights that differ in sign give nan, else the largest in size is
        kept; an unknown weight gives way to a known one.
    counts
        ``n_unnamed``, ``n_self``, ``n_outside``, ``n_duplicates``.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"source": ["A", "A"], "target": ["B", "B"], "mode": ["y", "x"]})
    >>> clean_pairs(rows, directed=True)[0]["mode"].tolist()
    ['x;y']
    """
    data = frame.copy()
    for side in ("source", "target"):
        data[side] = data[side].astype(str).str.strip()
    if "weight" not in data.columns:
        data["weight"] = 1.0
    data["weight"] = data["weight"].astype(np.float64)
    unnamed = (data["source"] == "") | (data["target"] == "")
    data = data[~unnamed]
    same = data["source"] == data["target"]
    data = data[~same]
    n_outside = 0
    if genes is not None:
        known = set(map(str, genes))
        inside = data["source"].isin(known) & data["target"].isin(known)
        n_outside = int((~inside).sum())
        data = data[inside]
    if not directed:
        swap = (data["source"] > data["target"]).to_numpy()
        first = np.where(swap, data["target"], data["source"])
        second = np.where(swap, data["source"], data["target"])
        data = data.assign(source=first, target=second)
    edges = _join_rows(data)
    counts = {
        "n_unnamed": int(unnamed.sum()),
        "n_self": int(same.sum()),
        "n_outside": n_outside,
        "n_duplicates": len(data) - len(edges),
    }
    return edges, counts


def _join_rows(data: pd.DataFrame) -> pd.DataFrame:
    """Join rows so that each pair stands once."""
    import pandas as pd

    evidence = [c for c in data.columns if c not in ("source", "target", "weight")]
    data = data[["source", "target", "weight", *evidence]]
    data = data.drop_duplicates()  # equal rows need no joining: STRING lists each pair twice
    repeated = data.duplicated(["source", "target"], keep=False)
    joined = [data[~repeated]]
    if repeated.any():
        groups = data[repeated].groupby(["source", "target"], sort=True)
        how: dict[str, Any] = {"weight": _join_weights, **dict.fromkeys(evidence, _join_texts)}
        joined.append(groups.agg(how).reset_index())
    return pd.concat(joined).sort_values(["source", "target"], ignore_index=True)


def _join_texts(values: pd.Series) -> str:
    parts = {p for v in values.astype(str) for p in v.split(";") if p}
    return ";".join(sorted(parts))


def _join_weights(values: pd.Series) -> float:
    known = values.dropna().to_numpy()
    if not known.size or len(set(np.sign(known))) > 1:
        return float("nan")
    return float(known[np.argmax(np.abs(known))])
