"""One row a unit with all its statistics: the table that atlas and report read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cellglass.concepts.statistics.activity import unit_activity
from cellglass.concepts.statistics.association import label_association
from cellglass.concepts.statistics.best_f1 import best_f1
from cellglass.concepts.statistics.information import label_information
from cellglass.concepts.statistics.inputs import Activations, as_columns, as_names
from cellglass.concepts.statistics.redundancy import coactivation, collinearity
from cellglass.concepts.statistics.technical import flag_technical
from cellglass.concepts.statistics.unit_columns import LABEL_COLUMNS, SEPARATOR, UNIT_COLUMNS
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED

COACTIVE_PMI = 1.0


def describe_units(
    activations: Activations,
    directions: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    labels: Mapping[str, ArrayLike] | None = None,
    donors: ArrayLike | None = None,
    technical: Mapping[str, ArrayLike] | None = None,
    stability: pd.DataFrame | None = None,
    recurrence: pd.DataFrame | None = None,
    coactive_pmi: float = COACTIVE_PMI,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> pd.DataFrame:
    """Everything that is known of each unit by itself.

    Parameters
    ----------
    activations
        Cells x units, not negative.
    directions
        Units x width: decoder rows.
    names
        One a unit.
    labels
        Name to a biological label a cell, for example ``{"cell type": ..., "condition": ...}``.
    donors
        Donor of each cell.
    technical
        Name to a technical label or number a cell, for example donor, batch, library size.
        Flags need at least one biological label beside.
    stability
        Rows of one seed of `SeedStability.units`; units without a row get nan.
    recurrence
        `Recurrence.units`; units without a row do not recur.
    coactive_pmi
        Bits from which on a pair counts in ``n_coactive``.
    level
        Of the intervals.
    seed
        Root seed of the split of `best_f1`.

    Returns
    -------
    pandas.DataFrame
        One row a unit, in order; columns as in `UNIT_COLUMNS`, and for each label those of
        `LABEL_COLUMNS` after its name and a colon. What was not given has no columns.

    Raises
    ------
    InputError
        If arrays do not fit together, or a table is not one of these units.

    Examples
    --------
    >>> z = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> table = describe_units(z, np.eye(2), labels={"type": list("BBTT")})
    >>> table["type: top_label"].tolist(), table["type: entropy"].tolist()
    (['B', 'T'], [0.0, 0.0])
    """
    columns = as_columns(activations)
    words = as_names(names, columns.shape[1])
    table = unit_activity(columns, words, donors=donors, level=level).rename(
        columns={"inference_unit": "frequency_unit", "n": "frequency_n", "note": "frequency_note"}
    )
    alike = collinearity(directions, _as_many(directions, words))
    parts = [table, alike.drop(columns="unit"), _coactive(columns, words, coactive_pmi, level)]
    if labels and technical:
        flags = flag_technical(columns, labels, technical, words)
        parts.append(flags.drop(columns=["unit", "n_cells", "note"]))
    for name, values in (labels or {}).items():
        found = _labelled(columns, values, words, donors, level, seed)
        parts.append(found.add_prefix(f"{name}{SEPARATOR}"))
    parts += [
        _joined(part, words, told)
        for part, told in ((stability, "stability"), (recurrence, "recurrence"))
        if part is not None
    ]
    return pd.concat(parts, axis=1)


def _as_many(directions: ArrayLike, words: Sequence[str]) -> Sequence[str]:
    shape = np.shape(directions)
    if len(shape) != 2 or shape[0] != len(words):
        raise InputError(f"directions of shape {shape} for {len(words)} units",
                         where="directions", expected="one row a unit")  # fmt: skip
    return words


def _coactive(columns: Any, words: list[str], least: float, level: float) -> pd.DataFrame:
    """The strongest edge of each unit, and how many edges it has."""
    edges = coactivation(columns, words, level=level)
    a, b = edges.unit_a.cat.codes.to_numpy(), edges.unit_b.cat.codes.to_numpy()
    both = np.concatenate([a, b]).astype(np.int64)
    other = np.concatenate([b, a]).astype(np.int64)
    edge = np.tile(np.arange(len(edges)), 2)
    order = np.lexsort((other, edge))  # edges come strongest first
    found, first = np.unique(both[order], return_index=True)
    best = order[first]
    out = pd.DataFrame(
        {"coactive_with": "", "coactive_pmi": np.nan, "coactive_low": np.nan,
         "coactive_high": np.nan, "n_coactive": 0},
        index=range(len(words)),
    )  # fmt: skip
    out.loc[found, "coactive_with"] = np.asarray(words, dtype=object)[other[best]]
    for name, source in (("coactive_pmi", "pmi"), ("coactive_low", "low"),
                         ("coactive_high", "high")):  # fmt: skip
        out.loc[found, name] = edges[source].to_numpy()[edge[best]]
    strong = edges.pmi.to_numpy()[edge] >= least
    out["n_coactive"] = np.bincount(both[strong], minlength=len(words))
    return out


def _labelled(
    columns: Any,
    values: ArrayLike,
    words: list[str],
    donors: ArrayLike | None,
    level: float,
    seed: int,
) -> pd.DataFrame:
    """`LABEL_COLUMNS` of one label."""
    n_units = len(words)
    dead = np.diff(columns.indptr) == 0
    association = label_association(columns, values, words, donors=donors, level=level)
    area = association.auroc.to_numpy().reshape(n_units, -1)
    top = _rows(association, np.nan_to_num(area, nan=-1.0).argmax(1))
    f1 = best_f1(columns, values, words, donors=donors, level=level, seed=seed)
    best = _rows(f1, f1.f1_validation.to_numpy().reshape(n_units, -1).argmax(1))
    about = label_information(columns, values, words, level=level)
    # a unit that never fires has no label, whatever comes first among equals
    return pd.DataFrame(
        {
            "top_label": top.label.where(~dead, ""),
            "auroc": top.auroc,
            "auroc_low": top.low,
            "auroc_high": top.high,
            "auroc_q": top.q,
            "auroc_unit": top.inference_unit,
            "auroc_n": top.n,
            "auroc_note": top.note,
            "f1_label": best.label.where(best.threshold.notna(), ""),
            "f1": best.f1,
            "f1_low": best.f1_low,
            "f1_high": best.f1_high,
            "f1_threshold": best.threshold,
            "f1_n": best.n_test_label,
            **{
                name: about["q" if name == "mi_q" else name]
                for name in list(LABEL_COLUMNS)[list(LABEL_COLUMNS).index("mutual_information") :]
            },
        }
    )


def _rows(table: pd.DataFrame, chosen: Any) -> pd.DataFrame:
    """The chosen label of each unit from a table of units x labels."""
    n_labels = len(table) // len(chosen)
    return table.iloc[np.arange(len(chosen)) * n_labels + chosen].reset_index(drop=True)


def _joined(part: pd.DataFrame, words: list[str], told: str) -> pd.DataFrame:
    """Columns of a table of these units, or some of them, in the order of the units."""
    strange = sorted(set(part.unit) - set(words))
    if part.unit.duplicated().any() or strange:
        raise InputError(
            f"{part.unit.nunique()} units in {len(part)} rows"
            + (f", '{strange[0]}' is none of the {len(words)} units" if strange else ""),
            where=told,
            expected="at most one row for each of these units, by name",
            fix="take the rows of one seed, and the same names",
        )
    kept = part.set_index("unit")
    kept = kept[[name for name in kept if name in UNIT_COLUMNS and name != "n_cells"]]
    flags = [name for name in kept if kept[name].dtype == bool]
    ordered = kept.reindex(words).reset_index(drop=True)
    return ordered.assign(**{str(name): ordered[name].eq(True) for name in flags})
