from __future__ import annotations

import numpy as np
import pytest

from cellglass.regulation.scaling.mutual_information import mutual_information


def test_it_is_that_of_a_gaussian_pair() -> None:
    """-log(1 - rho^2) / 2 nats, the textbook value."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 2))
    rho = 0.8
    y = rho * x[:, 0] + np.sqrt(1 - rho**2) * rng.normal(size=3000)
    found = mutual_information(x, y, 1)
    assert found[0] == pytest.approx(-0.5 * np.log(1 - rho**2), abs=0.05)
    assert found[1] < 0.05


def test_it_sees_what_a_correlation_does_not() -> None:
    x = np.random.default_rng(1).normal(size=(500, 2))
    found = mutual_information(x, x[:, 1] ** 2, 1)
    assert abs(np.corrcoef(x[:, 1], x[:, 1] ** 2)[0, 1]) < 0.2
    assert found[1] > 10 * found[0]


def test_the_same_seed_gives_the_same_values() -> None:
    rng = np.random.default_rng(2)
    x, y = np.round(rng.normal(size=(200, 3)), 1), np.round(rng.normal(size=200), 1)
    np.testing.assert_array_equal(mutual_information(x, y, 5), mutual_information(x, y, 5))
