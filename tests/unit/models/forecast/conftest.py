"""A study of an edge table and two screens, one of them a table of fold changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.runs.study import Study


@pytest.fixture
def screened(screen_files: Any, tmp_path: Path) -> Callable[..., Study]:
    """``screened(cells, **sections)``: scores of every gene but PDCD1 with every other."""
    screen = screen_files.write(screen_files.shifrut(), tmp_path / "shifrut.h5ad")
    folds = tmp_path / "folds.csv"
    folds.write_text("symbol,KLF1,SPI1+AHR\nLYZ,1,2\nKLF1,-2,0\nAHR,0,-1\n")
    rng = np.random.default_rng(2)
    genes = screen_files.GENES
    pairs = [(s, t) for s in genes for t in genes if s not in (t, "PDCD1")]
    table = tmp_path / "scores.tsv"
    table.write_text(
        "source\ttarget\tscore\n" + "".join(f"{s}\t{t}\t{rng.random():.3f}\n" for s, t in pairs)
    )

    def make(path: str = "screen:T", /, **sections: Any) -> Study:
        held: dict[str, Any] = {
            "study": "s",
            "cells": {"path": path},
            "tables": [{"path": str(table), "name": "rho"}],
            "screens": [
                {"path": str(screen), "name": "T", "replicate": "replicate"},
                {"path": str(folds), "name": "F", "modality": "CRISPRi"},
            ],
            "controls": [],
        }
        return Study(**(held | sections))

    return make
