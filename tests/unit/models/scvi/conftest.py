"""Small scVI models and their cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.data import counts_of, pbmc68k_reduced
from cellglass.models.scvi import ScviModel
from cellglass.models.scvi.loading import load


@pytest.fixture(scope="session")
def model(scvi_folder: Path) -> ScviModel:
    return load(scvi_folder)


@pytest.fixture(scope="session")
def batch_model(scvi_batch_folder: Path) -> ScviModel:
    return load(scvi_batch_folder)


@pytest.fixture
def cells() -> Any:
    return pbmc68k_reduced()[:40].copy()


@pytest.fixture
def theirs() -> Any:
    """The same cells as scvi-tools takes them: counts in X."""
    from anndata import AnnData

    cells = pbmc68k_reduced()[:40].copy()
    counts = counts_of(cells)
    return AnnData(counts.matrix.astype(np.float32), obs=cells.obs, var=counts.var)
