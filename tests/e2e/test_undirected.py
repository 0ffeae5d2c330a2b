"""A study whose only reference is undirected: an interaction network has no regulators."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cellglass as cg

STRATA = {f"regulation.{n}" for n in ("composition", "cssi", "cssi_choice", "cssi_nulls")}


def test_every_analysis_of_networks_runs_on_an_undirected_one(
    cellglass: Callable[..., Any],
    write_study: Callable[..., Path],
    write_cells: Callable[..., Path],
    network: Path,
    out: Path,
) -> None:
    entry = {"source": str(network), "name": "ppi", "options": {"directed": False}}
    path = write_study(
        write_cells(), networks=[entry], edges={"untrained": True}, analyses=["regulation"]
    )
    told = cellglass("run", path, "--out", out)
    assert told.code == 0, told.text
    results = {r.analysis: r for r in cg.runs.load_run(out).results if r.label.get("network")}
    assert len(results) >= 15
    # too few cells for strata, and one way alone to read the edges: said, and nothing else is bare
    bare = {n for n, r in results.items() if not r.tables}
    told_why = {n for n, r in results.items() if str(r.verdicts[:1]).count("NOT_APPLICABLE")}
    assert bare <= {*STRATA, "regulation.circularity"}
    assert bare <= told_why
    details = [c.detail for r in results.values() for c in r.checks if c.code == "B1"]
    assert details
    assert set(details) == {"no out-degree: undirected, or not at hand"}
