"""Every column is described, and only those."""

from __future__ import annotations

import pytest

from cellglass.concepts.statistics.unit_columns import (
    LABEL_COLUMNS,
    UNIT_COLUMNS,
    describe_column,
)
from cellglass.errors import InputError


def test_descriptions_are_sentences_without_a_stop():
    for text in [*UNIT_COLUMNS.values(), *LABEL_COLUMNS.values()]:
        assert text
        assert text == text.strip()
        assert not text.endswith(".")


def test_names_of_labels_may_hold_a_colon():
    assert describe_column("study: cell type: f1") == "study: cell type: F1 of that label on " + (
        "test cells"
    )


def test_unknown_columns_are_told():
    with pytest.raises(InputError, match="did you mean 'gini'"):
        describe_column("ginni")
