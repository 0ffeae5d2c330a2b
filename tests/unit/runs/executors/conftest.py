"""Task functions that workers find which were started before the test."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on the path while workers start."""
    folder = tmp_path_factory.mktemp("modules")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture
def functions(functions: str, modules: Path) -> str:
    """The module with task functions, in that folder."""
    found = importlib.util.find_spec(functions)
    assert found is not None
    shutil.copy(str(found.origin), modules)
    return functions
