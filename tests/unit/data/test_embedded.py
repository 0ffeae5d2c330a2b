from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cellglass.data.cells import notes
from cellglass.data.embedded import pbmc68k_reduced
from cellglass.data.scale import detect_scale
from cellglass.errors import ResourceError

needs_scanpy = pytest.mark.skipif(
    importlib.util.find_spec("scanpy") is None,
    reason="needs scanpy's data set (pip install cellglass[scanpy])",
)


@needs_scanpy
def test_counts_and_labels() -> None:
    adata = pbmc68k_reduced()
    assert adata.shape == (700, 765)
    assert detect_scale(adata.X).kind == "counts"
    sizes = adata.obs["bulk_labels"].value_counts()
    assert (len(sizes), sizes["Dendritic"], sizes["CD14+ Monocyte"]) == (10, 240, 129)
    assert adata.X.sum() > 2e5
    totals = adata.obs["n_counts"].to_numpy(dtype=float)
    assert np.all(np.asarray(adata.X.sum(axis=1)).ravel() <= totals)
    assert any("recovered" in note for note in notes(adata))


@needs_scanpy
def test_scanpy_is_not_imported() -> None:
    code = (
        "import sys; from cellglass.data import pbmc68k_reduced; pbmc68k_reduced(); "
        "assert 'scanpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_scanpy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ResourceError, match=r"not installed(?s:.*)pip install cellglass\[scanpy\]"):
        pbmc68k_reduced()

    class Spec:
        submodule_search_locations = [str(tmp_path)]  # noqa: RUF012

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: Spec)
    with pytest.raises(ResourceError, match="does not hold the built-in data set"):
        pbmc68k_reduced()
