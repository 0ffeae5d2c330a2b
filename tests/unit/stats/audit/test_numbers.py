import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.stats.audit.numbers import as_numbers, is_number

NAN, INF = float("nan"), float("inf")


def test_text_is_read_to_the_last_bit():
    values = np.random.default_rng(0).normal(size=500)
    found = as_numbers(pd.Series([repr(float(v)) for v in values]), "x")
    assert (found.values == values).all()
    assert not (found.missing | found.unreadable).any()


def test_what_is_no_number_is_told_apart_from_what_is_missing():
    cells = ["1", "", "NA", "nan", None, "<0.01", "1_000", "0,5", "inf", "-Infinity", "−2", " 3 "]
    found = as_numbers(pd.Series(cells, dtype=object), "x")
    assert np.array_equal(
        found.values, [1, NAN, NAN, NAN, NAN, NAN, NAN, NAN, INF, -INF, -2, 3], equal_nan=True
    )
    assert found.missing.tolist() == [False, True, True, True, True] + [False] * 7
    assert found.unreadable.tolist() == [False] * 5 + [True] * 3 + [False] * 4
    assert found.infinite.tolist() == [False] * 8 + [True, True, False, False]
    assert found.finite.sum() == 3


def test_underscores_are_no_digits_even_where_all_else_is_a_number():
    found = as_numbers(pd.Series(["1_000", "2"]), "x")
    assert np.isnan(found.values[0])
    assert found.unreadable.tolist() == [True, False]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.0, NAN]),
        pd.Series([1, None], dtype="Int64"),
        pd.Series(["1", None], dtype="string"),
        pd.Series(["1", ""], dtype="category"),
        pd.Series([True, None], dtype="boolean"),
    ],
)
def test_other_types(column):
    found = as_numbers(column, "x")
    assert np.array_equal(found.values, [1.0, NAN], equal_nan=True)
    assert found.missing.tolist() == [False, True]


def test_a_column_without_a_number():
    with pytest.raises(InputError, match=r"not one number.*'0,5'(.|\n)*x\.csv") as caught:
        as_numbers(pd.Series(["0,5", "0,7"]), "x.csv")
    assert "decimal point" in caught.value.fix
    with pytest.raises(InputError, match="not one number in the column\n"):
        as_numbers(pd.Series(["", "NA"]), "x.csv")
    assert np.isnan(as_numbers(pd.Series(["a"]), "x", need=False).values).all()
    assert as_numbers(pd.Series([], dtype=object), "x").values.size == 0


def test_numbers_of_a_key_column():
    assert is_number("7.0")
    assert is_number("nan")
    assert not is_number("seed42")
