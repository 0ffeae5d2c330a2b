from __future__ import annotations

import numpy as np
import pytest

from cellglass.data.precision import Precision, detect_precision


@pytest.mark.parametrize("decimals", [1, 2, 3, 4, 5])
def test_decimals_are_found_in_both_float_types(decimals: int) -> None:
    values = np.round(np.random.default_rng(1).uniform(0.1, 6, 500), decimals)
    assert detect_precision(values).decimals == decimals
    if decimals < 5:  # 5 decimals of a value near 6 are at the limit of float32
        assert detect_precision(values.astype(np.float32)).decimals == decimals


def test_full_precision_has_no_decimals() -> None:
    values = np.random.default_rng(2).uniform(0.1, 6, 500)
    assert detect_precision(values) == Precision(None, "float64")
    assert detect_precision(values.astype(np.float32)) == Precision(None, "float32")


def test_float64_that_was_computed_as_float32_counts_as_float32() -> None:
    values = np.random.default_rng(3).uniform(0.1, 6, 500).astype(np.float32)
    assert detect_precision(values.astype(np.float64)).float_type == "float32"


def test_half_width_covers_every_rounding() -> None:
    true = np.random.default_rng(4).uniform(0.1, 6, 2000)
    for decimals in (1, 3):
        rounded = np.round(true, decimals)
        width = Precision(decimals, "float64").half_width(rounded)
        assert np.all(np.abs(true - rounded) <= width)
        assert width.max() < 0.51 * 10.0**-decimals
    single = true.astype(np.float32)
    assert np.all(np.abs(true - single) <= Precision(None, "float32").half_width(single))


def test_no_values() -> None:
    assert detect_precision(np.zeros(0)).decimals is None
