from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.regulation.biology.tasks import plan_layer_profile, plan_value_edges
from cellglass.runs.pipeline import run_study
from cellglass.runs.registry import Plan
from cellglass.runs.study import Study, parse_study
from cellglass.stats import State


@pytest.fixture(scope="module")
def study_of(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Study]:
    """``study_of(analyses, ...)``: a tiny model and a table on 80 cells, network and sets."""
    folder = tmp_path_factory.mktemp("inputs")
    rng = np.random.default_rng(3)
    genes = list(tiny.SYMBOLS)
    tiny.counts_data(80, genes, seed=6).write_h5ad(folder / "cells.h5ad")
    (folder / "model").mkdir()
    tiny.write_scgpt(folder / "model")
    edges = [(f"GENE{i}", f"GENE{j}") for i in range(8) for j in rng.choice(40, 6, replace=False)]
    pd.DataFrame(edges, columns=["source", "target"]).to_csv(folder / "net.csv", index=False)
    pairs = [(a, b, rng.random()) for a in genes[:10] for b in genes if a != b]
    table = pd.DataFrame(pairs, columns=["source", "target", "score"])
    table.to_csv(folder / "table.csv", index=False)
    lines = ["\t".join([f"S{i}", "x", *rng.choice(genes, 7, replace=False)]) for i in range(4)]
    (folder / "sets.gmt").write_text("\n".join(lines) + "\n")

    def make(analyses: list[str], **more: Any) -> Study:
        return parse_study(
            {
                "study": "tiny",
                "cells": {"path": str(folder / "cells.h5ad")},
                "models": [str(folder / "model")],
                "tables": [{"path": str(folder / "table.csv"), "name": "table"}],
                "networks": [{"source": str(folder / "net.csv"), "name": "net"}],
                "gene_sets": [{"source": str(folder / "sets.gmt"), "name": "sets"}],
                "genes": {"min_cells": 5, "min_pair_cells": 2, "regulators": "all"},
                "edges": {"group_cells": 10},
                "statistics": {"draws": 99, "bootstrap": 100, "folds": 3},
                "resources": {"executor": "inline", "shard_cells": 32},
                "analyses": analyses,
                "controls": [],
            }
            | more
        )

    return make


@pytest.fixture(scope="module")
def summary(study_of: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run_study(study_of(["A48", "A49", "A50"]), tmp_path_factory.mktemp("run") / "out")


def test_every_analysis_runs_where_it_makes_sense(summary: Any) -> None:
    found = {(r.analysis, *r.label.values()) for r in summary.results}
    assert found == {
        ("regulation.layer_profile", "model"),
        ("regulation.value_edges", "model", "net"),
        ("regulation.classes", "model", "net"),
        ("regulation.classes", "table", "net"),
    }
    skipped = {(a, *label.values()): v.state for a, label, v in summary.skipped}
    assert skipped == {
        ("regulation.layer_profile", "table"): State.NOT_APPLICABLE,
        ("regulation.value_edges", "table", "net"): State.NOT_APPLICABLE,
        ("regulation.value_edges", "table"): State.NOT_APPLICABLE,
        ("regulation.value_edges", "model"): State.NOT_RUN,  # by responses: no screen
    }
    for result in summary.results:
        assert set(result.tables) == set(result.captions)


def test_context_vectors_come_from_the_cells_of_the_attention(summary: Any) -> None:
    (value,) = [r for r in summary.results if r.analysis == "regulation.value_edges"]
    assert [(c.code, c.state) for c in value.checks] == [("I4", "passed")]
    assert any(s.startswith("untrained") for s in value.tables["scores"]["score"])


def test_shards_of_context_vectors_are_tasks_of_their_own(summary: Any) -> None:
    store = Path(summary.folder) / "store"
    assert (store / "context__model").is_dir()
    assert (store / "context__model-untrained").is_dir()
    tasks = [t["name"] for t in summary.manifest["tasks"] if t["name"].startswith("context/")]
    assert sum("/shard-" in t for t in tasks) == 2 * 3


def test_the_profile_holds_network_and_sets(summary: Any) -> None:
    (profile,) = [r for r in summary.results if r.analysis == "regulation.layer_profile"]
    assert set(profile.tables["profile"]["reference"]) == {"net", "sets"}
    assert any("a rank correlation over layers needs 5" in v.sentence for v in profile.verdicts)


def test_without_any_reference_it_says_how_to_get_one(study_of: Any) -> None:
    plan = Plan(study_of(["A48"], networks=[], gene_sets=[]))
    unmet = [i.unmet for i in plan_layer_profile(plan) if i.label == {"model": "model"}]
    assert unmet[0] is not None
    assert "cellglass data fetch" in unmet[0].command
    assert all(i.unmet is not None for i in plan_value_edges(plan))


def test_missing_references_are_named_in_the_result(
    study_of: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CELLGLASS_CACHE", str(tmp_path / "cache"))
    study = study_of(
        ["A48"], gene_sets=["reactome"], networks=["collectri", study_of([]).networks[0].source]
    )
    result = run_study(study, tmp_path / "out").results[0]
    text = " ".join(result.notes)
    assert "cellglass data fetch reactome" in text
    assert "cellglass data fetch collectri" in text
