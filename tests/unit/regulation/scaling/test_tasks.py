from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.regulation.scaling.grn_scores import METHODS
from cellglass.regulation.scaling.tasks import plan_methods, plan_models, plan_scaling
from cellglass.runs.pipeline import run_study
from cellglass.runs.registry import Plan
from cellglass.runs.study import Study, parse_study
from cellglass.stats import State


@pytest.fixture(scope="module")
def study_of(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Study]:
    """``study_of(analyses, ...)``: two tiny models and a table on 120 cells of two types."""
    folder = tmp_path_factory.mktemp("inputs")
    rng = np.random.default_rng(3)
    genes = list(tiny.SYMBOLS)
    obs = {"type": rng.choice(["B", "T"], 120)}
    tiny.counts_data(120, genes, seed=6, obs=obs).write_h5ad(folder / "cells.h5ad")
    for name in ("one", "two"):
        (folder / name).mkdir()
        tiny.write_scgpt(folder / name)
    edges = [(f"GENE{i}", f"GENE{j}") for i in range(8) for j in rng.choice(40, 6, replace=False)]
    pd.DataFrame(edges, columns=["source", "target"]).to_csv(folder / "net.csv", index=False)
    pairs = [(a, b, rng.random()) for a in genes[:10] for b in genes if a != b]
    table = pd.DataFrame(pairs, columns=["source", "target", "score"])
    table.to_csv(folder / "table.csv", index=False)

    def make(analyses: list[str], **more: Any) -> Study:
        return parse_study(
            {
                "study": "tiny",
                "cells": {"path": str(folder / "cells.h5ad"), "strata": "type"},
                "models": [str(folder / "one"), str(folder / "two")],
                "tables": [{"path": str(folder / "table.csv"), "name": "table"}],
                "networks": [{"source": str(folder / "net.csv"), "name": "net"}],
                "genes": {"min_cells": 5, "min_pair_cells": 2, "min_targets": 3},
                "edges": {"group_cells": 10},
                "statistics": {"draws": 99, "bootstrap": 100, "folds": 3},
                "resources": {"executor": "inline", "shard_cells": 64},
                "analyses": analyses,
                "controls": [],
            }
            | more,
        )

    return make


@pytest.fixture(scope="module")
def summary(study_of: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    study = study_of(["A1", "A20", "A21", "A22"])
    return run_study(study, tmp_path_factory.mktemp("run") / "out")


def test_every_analysis_leaves_results_for_every_subject(summary: Any) -> None:
    found = {(r.analysis, *r.label.values()) for r in summary.results}
    models, everyone = ("one", "two"), ("one", "two", "table")
    assert found == {
        *(("regulation.scaling", m, "net") for m in models),
        *(("regulation.mapping", s, "net") for s in everyone),
        *(("regulation.methods", s, "net") for s in everyone),
        ("regulation.models", "net"),
    }
    for result in summary.results:
        assert result.findings, result.analysis
        assert set(result.tables) == set(result.captions)
        assert all(f.n is not None and f.unit for f in result.findings)


def test_a_table_has_no_ladder_and_says_why(summary: Any) -> None:
    (skipped,) = [v for a, _, v in summary.skipped if a == "regulation.scaling"]
    assert skipped.state == State.NOT_APPLICABLE
    assert "whatever the cells" in skipped.sentence


def test_all_subjects_meet_in_one_task(summary: Any) -> None:
    (models,) = [r for r in summary.results if r.analysis == "regulation.models"]
    firsts = set(models.tables["differences"]["first"])
    assert firsts == {"one: all layers", "two: all layers", "table"}


def test_dedicated_methods_run_once_a_subject(study_of: Any, summary: Any) -> None:
    store = Path(summary.folder) / "store"
    ran = sorted(p.name for p in store.iterdir() if p.name.startswith("grn__"))
    assert len(ran) == 3 * len(METHODS)
    (methods,) = [r for r in summary.results
                  if r.analysis == "regulation.methods" and "one" in r.label.values()]  # fmt: skip
    assert {"GENIE3", "GRNBoost2", "mutual information"} <= set(methods.tables["scores"]["score"])
    assert [c.code for c in methods.checks] == ["B2"]


def test_findings_have_ids_of_their_own(summary: Any) -> None:
    ids = [f.id for r in summary.results for f in r.findings]
    assert len(set(ids)) == len(ids)


def test_without_a_network_it_says_how_to_get_one(study_of: Any) -> None:
    plan = Plan(study_of(["A20"], networks=[]))
    for unmet in (i.unmet for p in (plan_models, plan_scaling, plan_methods) for i in p(plan)):
        assert unmet is not None
        assert "cellglass data fetch" in unmet.command
        assert unmet.applicable


def test_a_network_of_the_catalogue_that_was_not_fetched_is_named(
    study_of: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CELLGLASS_CACHE", str(tmp_path))
    plan = Plan(study_of(["A20"], networks=["collectri"]))
    (instance,) = plan_models(plan)
    assert instance.label == {"network": "collectri"}
    assert instance.unmet is not None
    assert instance.unmet.command == "cellglass data fetch collectri"
