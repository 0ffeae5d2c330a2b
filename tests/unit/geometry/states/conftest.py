"""Both mini models and a few real cells, loaded once."""

from __future__ import annotations

from typing import Any

import pytest

import cellglass as cg


@pytest.fixture(scope="session")
def minis() -> dict[str, Any]:
    return {name: cg.load_model(f"mini-{name}") for name in ("scgpt", "geneformer")}


@pytest.fixture(scope="session")
def some_cells() -> Any:
    return cg.data.pbmc68k_reduced()[:24].copy()
