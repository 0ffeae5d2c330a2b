"""What the statistics of units take, and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.concepts.statistics.inputs import (
    as_columns,
    as_label_column,
    as_names,
    sort_columns,
)
from cellglass.errors import InputError


def test_stored_zeros_go_and_the_input_stays():
    given = sparse.csr_matrix(np.array([[0.0, 2.0], [1.0, 3.0]]))
    given.data[0] = 0.0
    assert as_columns(given).nnz == 2
    assert given.nnz == 3


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_unusable_values_are_refused(value: float):
    with pytest.raises(InputError, match="1 activations are negative or not finite"):
        as_columns(np.array([[0.0, value]]))


def test_empty_activations_are_refused():
    with pytest.raises(InputError, match=r"shape \(0, 3\)"):
        as_columns(np.zeros((0, 3)))


def test_names_must_be_unique_and_complete():
    assert as_names(["a", "b"], 2) == ["a", "b"]
    with pytest.raises(InputError, match="2 names, 1 of them different"):
        as_names(["a", "a"], 2)


@pytest.mark.parametrize("missing", [None, np.nan, ""])
def test_missing_labels_are_no_label(missing: object):
    column = as_label_column(pd.Series(["b", missing, "a"], dtype="category"), 3)
    assert column.labels == ["a", "b"]
    assert column.codes.tolist() == [1, -1, 0]
    assert column.sizes().tolist() == [1, 1]
    np.testing.assert_array_equal(column.one_hot().toarray(), [[0, 1], [0, 0], [1, 0]])


def test_labels_that_tell_nothing_apart_are_refused():
    with pytest.raises(InputError, match=r"1 label\n.*where: donor"):
        as_label_column(["x", "x"], 2, "donor")
    with pytest.raises(InputError, match="1 labels of 2 cells"):
        as_label_column(["x"], 2)


def test_columns_are_sorted_each_for_itself():
    dense = np.array([[3.0, 0.0], [1.0, 5.0], [2.0, 4.0]])
    columns = as_columns(dense)
    rows, values = sort_columns(columns.indptr, columns.indices, columns.data)
    assert values.tolist() == [1, 2, 3, 4, 5]
    assert rows.tolist() == [1, 2, 0, 2, 1]
