"""Helpers of the reference tests: the writers of tiny checkpoints are those of the unit tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TINY = Path(__file__).parents[1] / "unit" / "models" / "tiny.py"


@pytest.fixture(scope="session")
def tiny() -> Any:
    """Writers of tiny checkpoints and cells, see tests/unit/models/tiny.py."""
    name = "cellglass_tests_tiny"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, TINY)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def assert_parity() -> Any:
    """Agreement as DESIGN.md asks for it: 1e-5 absolute plus 1e-5 relative."""

    def check(found: Any, expected: Any) -> None:
        np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)

    return check
