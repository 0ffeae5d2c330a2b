"""A small paper, and a finished run whose results stand in memory."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cellglass.reproduce.published import KnownInput, Paper, PublishedNumber, PublishedTable, Select
from cellglass.runs.result import AnalysisResult

INPUTS = {
    "big": KnownInput(
        "big", "Big model", "model", "https://example.org/big",
        {"family": "geneformer", "layers": 18, "heads": 18},
    ),
    "k562": KnownInput(
        "k562", "K562 screen", "screen", "GEO GSE1", {"cell_line": "K562", "n_controls": 10691}
    ),
    "unknown": KnownInput("unknown", "some cells", "cells", "nowhere"),
    "trrust": KnownInput(
        "trrust", "TRRUST", "network", "cellglass data fetch trrust", {"sha256": ["abc"]}
    ),
}  # fmt: skip


def number(**changes: object) -> PublishedNumber:
    """A published number; what is not given is plain."""
    plain = {"id": "x", "what": "a number", "value": "0.50"}
    return PublishedNumber(**{**plain, **changes})  # type: ignore[arg-type]


def table(*rows: PublishedNumber, compute: str = "") -> PublishedTable:
    return PublishedTable("t", "A table", rows, compute=compute)


@pytest.fixture
def paper() -> Paper:
    """One table of one number of regulation.recovery."""
    row = number(
        model="big", data="k562", references=("trrust",), analysis="regulation.recovery",
        needs=("model", "cells", "network"),
        select=Select("scores", ({"score": "layer 1"},), column="auroc"),
    )  # fmt: skip
    return Paper("small", ("S",), "A small paper", "Nobody 2026", "regulation", INPUTS,
                 (table(row),))  # fmt: skip


@pytest.fixture
def result() -> AnalysisResult:
    """Scores of four layers, |Spearman| and a baseline, with intervals."""
    scores = pd.DataFrame(
        {
            "score": [f"layer {i}" for i in range(4)] + ["|Spearman|", "mean product"],
            "kind": ["candidate"] * 4 + ["reference", "baseline"],
            "auroc": [0.5, 0.6, 0.7, 0.8, 0.55, 0.9],
            "auroc_low": [0.4, 0.5, 0.6, 0.7, 0.45, 0.8],
            "auroc_high": [0.6, 0.7, 0.8, 0.9, 0.65, 1.0],
            "sd": [0.1] * 6,
            "n": [10] * 6,
        }
    )
    return AnalysisResult(
        "regulation.recovery", {"model": "mini", "network": "trrust"}, tables={"scores": scores}
    )


def write_paper(folder: Path, row: str, head: str = "") -> Path:
    """Data files of a paper with one table."""
    (folder / "tables").mkdir(parents=True)
    (folder / "paper.toml").write_text(
        'id = "own"\naliases = ["O"]\ntitle = "Own"\ncitation = "We 2026"\nstudy = "regulation"\n'
        '[inputs.k562]\nname = "K562"\nkind = "screen"\nscreen = "Replogle K562"\n'
    )
    (folder / "tables" / "10_first.toml").write_text(f'title = "First"\n{head}\n[[row]]\n{row}')
    return folder
