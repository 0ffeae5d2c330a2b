"""The command line in this process, with small cells and tiny checkpoints."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).parents[2]


def _load(name: str, path: Path) -> ModuleType:
    """Import a conftest of another folder; test folders are no packages."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


_SMALL = _load("cellglass_tests_small", TESTS / "e2e" / "conftest.py")
_DATA = _load("cellglass_tests_data", TESTS / "unit" / "data" / "conftest.py")

cellglass, symbols, checkpoint = _SMALL.cellglass, _SMALL.symbols, _SMALL.checkpoint
counts, write_cells, network, write_study = (
    _SMALL.counts, _SMALL.write_cells, _SMALL.network, _SMALL.write_study,
)  # fmt: skip
server = _DATA.server


@pytest.fixture
def cells(write_cells) -> Path:
    """A sound .h5ad of 60 cells."""
    return Path(write_cells())
