"""What is put into an atlas fits together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.concepts.atlas.content import AtlasContent
from cellglass.concepts.atlas.schema import TABLES
from cellglass.errors import InputError

Make = Callable[..., AtlasContent]


def test_tables_that_are_missing_become_empty_ones(content: Make):
    whole = content().checked()
    assert set(whole.tables) == set(TABLES)
    assert list(whole.tables["curves"].columns) == list(TABLES["curves"].columns)
    assert len(whole.tables["curves"]) == 0


@pytest.mark.parametrize("name", ["units", "cells", "genes"])
def test_tables_that_make_an_atlas_are_needed(content: Make, name: str):
    held = content()
    del held.tables[name]  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=f"no table of {name}"):
        held.checked()


def test_a_missing_column_is_named(content: Make):
    held = content()
    held.tables["units"].drop(columns="matched", inplace=True)
    with pytest.raises(InputError, match="units has no column 'matched'"):
        held.checked()


def test_an_unknown_table_is_named(content: Make):
    with pytest.raises(InputError, match="no table is called 'unit'"):
        content(tables={"unit": pd.DataFrame()}).checked()


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("activations", sparse.csr_matrix((3, 5))),
        ("directions", np.ones((3, 4), np.float32)),
        ("scores", np.ones((2, 3), np.float32)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(content: Make, what: str, value: object):
    with pytest.raises(InputError, match=f"{what} have shape"):
        content(**{what: value}).checked()


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_signed_activations_are_refused(content: Make, bad: float):
    held = content()
    held.activations.data[0] = bad
    with pytest.raises(InputError, match="negative or not finite"):
        held.checked()


@pytest.mark.parametrize(
    ("table", "column"), [("units", "name"), ("cells", "cell"), ("genes", "gene")]
)
def test_names_are_unique(content: Make, table: str, column: str):
    held = content()
    held.tables[table].loc[1, column] = held.tables[table].loc[0, column]
    with pytest.raises(InputError, match="stands twice"):
        held.checked()


@pytest.mark.parametrize(("column", "value"), [("unit", 7), ("gene", "XIST")])
def test_rows_about_nothing_are_refused(content: Make, column: str, value: object):
    held = content()
    held.tables["attribution"].loc[0, column] = value
    with pytest.raises(InputError, match="is in no other table"):
        held.checked()


def test_units_are_numbered_from_zero(content: Make):
    held = content()
    held.tables["units"]["unit"] = [1, 2, 3]
    with pytest.raises(InputError, match="not numbered"):
        held.checked()
