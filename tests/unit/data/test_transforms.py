from __future__ import annotations

import numpy as np
import pytest

from cellglass.data.precision import Precision
from cellglass.data.transforms import LINEAR, LOG1P, RECOVERED, REFUSED, linear_values


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("transform", [LOG1P, LINEAR], ids=lambda t: t.name)
def test_the_interval_holds_the_true_value(dtype: type, transform: object) -> None:
    """Totals from 50 to a million, counts from 1 to thousands, all arithmetic in `dtype`."""
    rng = np.random.default_rng(0)
    total = np.rint(10 ** rng.uniform(1.7, 6, 20000))
    count = np.rint(np.minimum(10 ** rng.uniform(0, 4, 20000), total))
    scaled = count.astype(dtype) * (dtype(1e4) / total.astype(dtype))
    stored = np.log1p(scaled) if transform is LOG1P else scaled
    value, delta = linear_values(stored, transform, Precision(None, np.dtype(dtype).name))
    true = count * (1e4 / total)
    assert np.all(np.abs(value - true) <= delta)
    assert np.median(delta / true) < 50 * np.finfo(dtype).eps  # and it is not idly wide


@pytest.mark.parametrize("decimals", [2, 3])
def test_the_interval_holds_decimals(decimals: int) -> None:
    true = np.random.default_rng(1).uniform(0.5, 500, 5000)
    stored = np.round(np.log1p(true), decimals)
    value, delta = linear_values(stored, LOG1P, Precision(decimals, "float64"))
    assert np.all(np.abs(value - true) <= delta)
    assert np.all(delta <= 1.02 * (1 + value) * 0.5 * 10.0**-decimals)


def test_transforms_undo_what_they_name() -> None:
    x = np.array([0.5, 3.0, 80.0])
    forward = {
        "log1p": np.log1p(x),
        "linear": x,
        "log2(1 + x)": np.log2(1 + x),
        "log10(1 + x)": np.log10(1 + x),
        "square root": np.sqrt(x),
    }
    for transform in (*RECOVERED, *REFUSED):
        np.testing.assert_allclose(transform.undo(forward[transform.name]), x)
        assert transform.undo(np.zeros(1))[0] == 0
    assert all(t.advice for t in REFUSED)
