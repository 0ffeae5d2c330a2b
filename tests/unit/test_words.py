"""Grammar of numbers."""

import pytest

from cellglass._words import capitalised, listed, plural


@pytest.mark.parametrize(
    ("unit", "n", "text"),
    [("regulator", 2, "regulators"), ("cell", 1, "cell"), ("cell", 0, "cells"),
     ("fold of cells", 5, "folds of cells"), ("", 3, "")],
)  # fmt: skip
def test_plurals(unit, n, text):
    assert plural(unit, n) == text


@pytest.mark.parametrize(
    ("items", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists(items, text):
    assert listed(items) == text
    assert listed(items, "or") == text.replace("and", "or")


def test_sentences_begin_large_and_keep_the_rest():
    assert capitalised("mean AUROC") == "Mean AUROC"
    assert capitalised("") == ""
