"""Fixtures every test may use."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Path of a file of the shared test data; skips, naming it, where it is not at hand."""
    folder = Path(os.environ.get("CELLGLASS_SHARED_DATA", ROOT.parent / "shared" / "data"))

    def find(relative: str) -> Path:
        path = folder / relative
        if not path.exists():
            pytest.skip(f"needs {relative} in {folder} (set CELLGLASS_SHARED_DATA)")
        return path

    return find


@pytest.fixture(scope="session")
def tiny() -> Any:
    """Writers of tiny checkpoints and cells, see tests/unit/models/tiny.py."""
    return _module("cellglass_tests_tiny", ROOT / "tests" / "unit" / "models" / "tiny.py")


@pytest.fixture(scope="session")
def screen_files() -> Any:
    """Makers of screens in published layouts, see tests/screen_files.py."""
    return _module("cellglass_tests_screen_files", ROOT / "tests" / "screen_files.py")


@pytest.fixture(scope="session")
def toy_atlas() -> Any:
    """Maker of a small atlas with all its tables, see tests/toy_atlas.py."""
    return _module("cellglass_tests_toy_atlas", ROOT / "tests" / "toy_atlas.py")


@pytest.fixture(scope="session")
def real_study() -> Any:
    """Maker of a small study of concepts of a real model, see tests/concept_study.py."""
    return _module("cellglass_tests_concept_study", ROOT / "tests" / "concept_study.py")


@pytest.fixture(scope="session")
def gene_scores() -> Any:
    """Maker of planted gene scores of units, see tests/gene_scores.py."""
    return _module("cellglass_tests_gene_scores", ROOT / "tests" / "gene_scores.py")


@pytest.fixture(scope="session")
def scvi_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small scVI model of the embedded cells, as scvi-tools saves it; no covariates."""
    return _trained(tmp_path_factory.mktemp("scvi") / "small", max_epochs=60)


@pytest.fixture(scope="session")
def scvi_batch_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A barely trained scVI model whose encoder reads the batch (``obs["phase"]``)."""
    return _trained(
        tmp_path_factory.mktemp("scvi") / "batches",
        max_epochs=5, batch="phase", encode_covariates=True, n_layers=2, n_genes=200,
    )  # fmt: skip


def _trained(folder: Path, **options: Any) -> Path:
    from cellglass.data import pbmc68k_reduced
    from cellglass.models.scvi import train_scvi

    if importlib.util.find_spec("scvi") is None:
        pytest.skip("needs scvi-tools: pip install 'cellglass[scvi]'")
    train_scvi(pbmc68k_reduced(), folder, **options)
    return folder


def _module(name: str, path: Path) -> Any:
    """A file of the tests as a module; test folders are no packages."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]
