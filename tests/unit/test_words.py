"""Grammar of numbers."""

import pytest

from cellglass._words import plural


@pytest.mark.parametrize(
    ("unit", "n", "text"),
    [("regulator", 2, "regulators"), ("cell", 1, "cell"), ("cell", 0, "cells"),
     ("fold of cells", 5, "folds of cells"), ("", 3, "")],
)  # fmt: skip
def test_plurals(unit, n, text):
    assert plural(unit, n) == text
