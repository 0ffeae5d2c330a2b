from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.data import pbmc68k_reduced
from cellglass.models import load_model
from cellglass.models.datasets import edges_name
from cellglass.models.embedding_capture import embedding_tasks
from cellglass.models.inputs import covariate_columns, prepare_study
from cellglass.runs.registry import Plan, analyses, chosen_analyses
from cellglass.runs.study import Study


def study_of(*models: Any, **sections: Any) -> Study:
    held = {"study": "s", "cells": {"path": "pbmc68k"}, "models": [str(m) for m in models]}
    return Study.model_validate({**held, **sections})


def test_a_transformer_keeps_the_tasks_of_its_edges() -> None:
    plan = Plan(study_of("mini-scgpt"))
    tasks = embedding_tasks(plan, plan.study.models[0])
    assert {t.function.partition(":")[0] for t in tasks} == {"cellglass.models.capture"}


def test_other_models_are_embedded_under_the_same_name(scvi_folder: Path) -> None:
    plan = Plan(study_of(scvi_folder))
    model = plan.study.models[0]
    tasks = embedding_tasks(plan, model, untrained=True)
    assert tasks[-1].name == edges_name(model.label, untrained=True)
    assert {t.function.partition(":")[0] for t in tasks} == {"cellglass.models.embedding_capture"}


def test_columns_that_a_model_reads_are_kept_with_the_cells(
    scvi_folder: Path, scvi_batch_folder: Path
) -> None:
    assert covariate_columns(study_of("mini-scgpt", scvi_folder)) == []
    study = study_of(scvi_batch_folder)
    assert covariate_columns(study) == ["phase"]
    assert prepare_study(study)[0].params["covariates"] == ["phase"]


def test_no_analysis_asks_for_attention_that_is_not_there(scvi_folder: Path) -> None:
    """Of all analyses, a model without attention runs those of its embedding alone."""
    networks = scvi_folder.with_name("net.tsv")
    networks.write_text("source\ttarget\nIRF1\tCD74\n")
    folds = scvi_folder.with_name("folds.csv")
    folds.write_text("symbol,IRF1\nCD74,1\n")
    cells = {"path": "pbmc68k", "strata": "bulk_labels"}
    plan = Plan(study_of(scvi_folder, cells=cells, networks=[str(networks)], screens=[str(folds)]))
    label = plan.study.models[0].label
    ran: dict[str, list[str]] = {}
    chapters = ("cells", "model", "regulation", "controls")
    for analysis in (a for a in chosen_analyses(plan.study) if a.chapter in chapters):
        for instance in analysis.plan(plan):
            names = [t.name for t in instance.tasks]
            if instance.label.get("model") == label or f"capture/{label}" in names:
                if not instance.unmet:
                    ran.setdefault(analysis.name, []).extend(t.function for t in instance.tasks)
                else:
                    assert not instance.unmet.applicable
                    assert "has no attention" in instance.unmet.reason
    assert set(ran) == {"model.cell_embedding"}
    assert not any("models.capture:" in f for fs in ran.values() for f in fs)
    assert len(analyses()) > 10


@pytest.mark.parametrize("folder", ["scvi_folder", "scvi_batch_folder"])
def test_a_study_judges_the_embedding_and_says_what_does_not_apply(
    folder: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    from cellglass.runs.pipeline import run_study

    path = request.getfixturevalue(folder)
    (tmp_path / "net.tsv").write_text(
        "source\ttarget\n" + "".join(f"IRF1\t{g}\n" for g in pbmc68k_reduced().var_names[:60])
    )
    study = study_of(
        path,
        cells={"path": "pbmc68k", "strata": "bulk_labels", "max_cells": 120},
        networks=[str(tmp_path / "net.tsv")],
        analyses=["model", "regulation.recovery"],
        resources={"executor": "inline", "shard_cells": 50},
        statistics={"bootstrap": 100, "draws": 19, "stratum_shuffles": 19},
    )
    run = run_study(study, tmp_path / "run")
    (result,) = run.results
    assert result.analysis == "model.cell_embedding"
    told = {name: v for name, label, v in run.skipped if label["model"] == study.models[0].label}
    assert set(told) == {"model.masked_prediction", "regulation.recovery"}
    for verdict in told.values():
        assert verdict.state == "NOT APPLICABLE"
        assert "has no attention" in str(verdict)
    folder = next((tmp_path / "run" / "store").rglob("embedding.npy"), None)
    assert folder is not None
    model = load_model(path)
    assert np.load(folder).shape[1] == model.width
