"""What `estimate` says and what a run then takes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from cellglass.models.forecast import estimate_study
from cellglass.runs import parse_study

# Stated factors: estimates are for planning. Time is that of the processors, shared by the
# workers: what else the machine does meanwhile is no part of a forecast.
FACTOR = {"seconds": 4.0, "memory": 2.0, "disk": 2.5}


class Watch(threading.Thread):
    """Largest memory of a process with its children, and largest size of a folder."""

    def __init__(self, process: subprocess.Popen, folder: Path) -> None:
        super().__init__(daemon=True)
        self.process, self.folder = process, folder
        self.memory = self.disk = 0

    def run(self) -> None:
        while self.process.poll() is None:
            self.memory = max(self.memory, self._memory())
            self.disk = max(self.disk, self._disk())
            time.sleep(0.1)

    def _memory(self) -> int:
        try:
            root = psutil.Process(self.process.pid)
            return sum(p.memory_info().rss for p in (root, *root.children(recursive=True)))
        except psutil.NoSuchProcess:
            return 0

    def _disk(self) -> int:
        total = 0
        for folder, _, names in os.walk(self.folder):  # passes over what vanishes meanwhile
            for name in names:
                with suppress(FileNotFoundError):
                    total += Path(folder, name).stat().st_size
        return total


def cpu_of_children() -> float:
    """CPU seconds of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


COMMON: dict[str, Any] = {
    "models": ["mini-scgpt"],
    "genes": {"min_cells": 10, "min_pair_cells": 5},
    "edges": {"untrained": True},
    "statistics": {"draws": 1000, "bootstrap": 1000},
    "analyses": ["regulation"],
}


def of_cells(workers: int) -> dict[str, Any]:
    cells = {"path": "pbmc68k", "strata": "bulk_labels", "donor": None, "max_cells": 400}
    return COMMON | {
        "cells": cells,
        "resources": {"executor": "local", "workers": workers, "shard_cells": 64},
    }


def of_screen(shared_data: Callable[[str], Path]) -> dict[str, Any]:
    """Papalexi's controls, responses and a network: every kind of step there is."""
    screen = {
        "path": str(shared_data("perturbation/papalexi2021_thp1_crisprko.h5ad")),
        "name": "papalexi", "modality": "CRISPRko", "cell_line": "THP-1",
    }  # fmt: skip
    return COMMON | {
        "cells": {"path": "screen:papalexi", "strata": None, "donor": None},
        "screens": [screen],
        "networks": [str(shared_data("regulatory/collectri_human.tsv.gz"))],
        "resources": {"executor": "local", "workers": 2, "shard_cells": 64},
    }


def of_gene_space(shared_data: Callable[[str], Path]) -> dict[str, Any]:
    """Two models, their copies and a network, with few null clouds."""
    return {
        "cells": {"path": "pbmc68k", "strata": None, "donor": None, "max_cells": 300},
        "models": ["mini-scgpt", "mini-geneformer"],
        "networks": [str(shared_data("regulatory/collectri_human.tsv.gz"))],
        "genes": {"max_genes": 500},
        "geometry": {"homology": {"draws": 19}, "alignment": {"draws": 19}},
        "statistics": {"draws": 200, "bootstrap": 200},
        "analyses": ["geometry"],
        "resources": {"executor": "local", "workers": 2, "shard_cells": 64},
    }


@pytest.mark.long
@pytest.mark.parametrize("what", ["cells, 1 worker", "cells, 2 workers", "a screen", "gene space"])
def test_forecast_is_within_the_stated_factors(
    what: str, write_study: Callable, tmp_path: Path, shared_data: Callable[[str], Path]
):
    if what in ("a screen", "gene space"):
        changes = (of_screen if what == "a screen" else of_gene_space)(shared_data)
    else:
        changes = of_cells(1 + ("2" in what))
    workers = changes["resources"]["workers"]
    path = write_study(Path("unused"), **changes)
    forecast = estimate_study(parse_study(yaml.safe_load(path.read_text())))
    out = tmp_path / "out"
    began = cpu_of_children()
    process = subprocess.Popen(
        [sys.executable, "-m", "cellglass.cli", "run", str(path), "--out", str(out)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    watch = Watch(process, out)
    watch.start()
    assert process.wait() == 0
    watch.join()
    ratios = {
        "seconds": forecast.seconds / ((cpu_of_children() - began) / workers),
        "memory": forecast.memory_bytes / watch.memory,
        "disk": forecast.disk_bytes / watch.disk,
    }
    print({k: round(v, 2) for k, v in ratios.items()})
    for unit, ratio in ratios.items():
        assert 1 / FACTOR[unit] < ratio < FACTOR[unit], f"{unit}: {ratio:.2f} of what it took"
