"""Rows of a table that a selector means: equal values, a layer at some depth, the nearest value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import listed

FORM = "layer {}"


def matching_rows(table: pd.DataFrame, conditions: Mapping[str, Any]) -> tuple[pd.DataFrame, str]:
    """Rows that fulfil all conditions.

    Parameters
    ----------
    table
        The table.
    conditions
        By column: a value; a list of values that will do; ``{layer = 13, of = 18}``, see
        `layer_at`; ``{near = 500}``, the rows with the nearest value; ``{least = 0}``, those
        with so much or more; or ``{starts = "string"}``, those whose text begins so.

    Returns
    -------
    pandas.DataFrame, str
        The rows, none where a column is missing; and what stands in for a layer that is not
        there.

    Examples
    --------
    >>> table = pd.DataFrame({"n_cells": [199, 503], "auroc": [0.5, 0.6]})
    >>> matching_rows(table, {"n_cells": {"near": 500}})[0]["auroc"].tolist()
    [0.6]
    """
    rows = table[_equal(table, {k: v for k, v in conditions.items() if not _is_rule(v)})]
    told = ""
    for column, rule in conditions.items():
        if not _is_rule(rule) or rows.empty:
            continue
        if column not in rows:
            return rows.iloc[:0], ""
        if "near" in rule:
            away = (rows[column].astype(float) - float(rule["near"])).abs()
            rows = rows[away == away.min()]
        elif "least" in rule:
            rows = rows[rows[column].astype(float) >= float(rule["least"])]
        elif "starts" in rule:
            rows = rows[rows[column].str.lower().str.startswith(rule["starts"])]
        else:
            wanted, told = layer_at(
                rows[column].unique().tolist(), rule["layer"], rule["of"], rule.get("form", FORM)
            )
            rows = rows[rows[column] == wanted] if wanted is not None else rows.iloc[:0]
    return rows, told


def layer_at(
    held: Sequence[Any], layer: int, of: int, form: str = FORM
) -> tuple[str | float | None, str]:
    """Name the score of a layer, or what stands in for it.

    Parameters
    ----------
    held
        Names of scores, or numbers of layers; negative ones are inputs, and no layers.
    layer, of
        The layer, from 0, and the number of layers of the published model.
    form
        How scores of layers are called.

    Returns
    -------
    str or float or None, str
        Name or number of the layer; the layer at the same depth where the model has another number
        of layers, the only score where there are no layers, None where nothing can stand in. And
        what to tell of it.

    Examples
    --------
    >>> layer_at(["layer 0", "layer 1", "layer 2", "layer 3"], 13, 18)
    ('layer 2', 'the model has 4 layers: layer 2, at the depth of layer 13 of 18, stands in')
    >>> layer_at(["layer 0: cosine", "layer 0: dot"], 0, 1, "layer {}: cosine")
    ('layer 0: cosine', '')
    """
    names = _numbered(held, form)
    if not names:
        if len(held) != 1:
            return None, ""
        return held[0], f"there are no layers: '{held[0]}' stands in for layer {layer} of {of}"
    numbers = sorted(names)
    if len(numbers) == of and layer in names:
        return names[layer], ""
    at = numbers[round(layer / max(1, of - 1) * (len(numbers) - 1))]
    depth = f"layer {at}, at the depth of layer {layer} of {of}, stands in"
    return names[at], f"the model has {len(numbers)} layers: {depth}"


def said(conditions: Mapping[str, Any]) -> str:
    """Conditions in words.

    Examples
    --------
    >>> said({"n_cells": {"near": 500}, "score": {"layer": 13, "of": 18}})
    'n_cells near 500 and score layer 13 of 18'
    """
    return listed([f"{column} {_words(wanted)}" for column, wanted in conditions.items()])


def _words(wanted: Any) -> str:
    if isinstance(wanted, list):
        return listed([str(w) for w in wanted], "or")
    if not _is_rule(wanted):
        return str(wanted)
    if "layer" in wanted:
        return wanted.get("form", FORM).format(wanted["layer"]) + f" of {wanted['of']}"
    return " ".join(f"{how} {value}" for how, value in wanted.items())


def _numbered(held: Sequence[Any], form: str) -> dict[int, Any]:
    """Layers by their number, of names or of numbers."""
    pattern = re.compile(re.escape(form).replace(r"\{\}", r"(\d+)"))
    found: dict[int, Any] = {}
    for value in held:
        if isinstance(value, str):
            hit = pattern.fullmatch(value)
            if hit:
                found[int(hit[1])] = value
        elif np.isfinite(value) and value >= 0:
            found[int(value)] = value
    return found


def _is_rule(value: Any) -> bool:
    return isinstance(value, Mapping)


def _equal(table: pd.DataFrame, conditions: Mapping[str, Any]) -> NDArray[np.bool_]:
    holds = np.ones(len(table), dtype=bool)
    for column, wanted in conditions.items():
        if column not in table:
            return np.zeros(len(table), dtype=bool)
        holds &= table[column].isin(wanted if isinstance(wanted, list) else [wanted]).to_numpy()
    return holds
