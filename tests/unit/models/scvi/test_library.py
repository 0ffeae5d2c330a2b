from __future__ import annotations

import subprocess
import sys

import pytest

from cellglass.errors import CheckpointError
from cellglass.models.scvi.library import scvi_tools


def test_scvi_tools_is_imported_without_a_warning() -> None:
    pytest.importorskip("scvi")
    assert hasattr(scvi_tools().module, "VAE")


def test_without_scvi_tools_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scvi", None)
    with pytest.raises(CheckpointError) as caught:
        scvi_tools()
    assert caught.value.fix == "pip install 'cellglass[scvi]'"


def test_families_are_known_without_importing_scvi_tools(tmp_path: object) -> None:
    program = (
        "import sys; from pathlib import Path; from cellglass.models import families\n"
        f"families()['scvi'].recognise(Path({str(tmp_path)!r}))\n"
        "assert not {'scvi', 'lightning'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
