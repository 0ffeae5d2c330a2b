"""Helpers of the reference tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="session")
def assert_parity() -> Any:
    """Agreement as DESIGN.md asks for it: 1e-5 absolute plus 1e-5 relative."""

    def check(found: Any, expected: Any) -> None:
        np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)

    return check
