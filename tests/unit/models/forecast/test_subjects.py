from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.models.capture import read_genes
from cellglass.models.datasets import CELLS, genes_name
from cellglass.models.forecast import passes
from cellglass.models.forecast.samples import sample_study
from cellglass.models.forecast.steps import planned_steps
from cellglass.models.forecast.subjects import model_cost
from cellglass.models.inputs import prepare_study
from cellglass.runs.study import Study


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "TIMED_SECONDS", 0.05)


def test_rows_of_a_model_are_those_of_the_run(
    study_of: Callable[..., Study], walk: Callable, tmp_path: Path
) -> None:
    study = study_of(genes={"max_genes": 25})
    samples, _ = sample_study(study)
    cost = model_cost(study, study.models[0], samples, planned_steps(study))
    prepared = walk(prepare_study(study), tmp_path / "prepared")
    genes = read_genes(prepared[genes_name("tiny")])
    assert (cost.n_rows, cost.n_columns) == (int(genes["row"].sum()), len(genes)) == (25, 25)
    assert cost.n_cells == {CELLS: 90}


def test_every_pass_over_the_cells_is_counted(study_of: Callable[..., Study]) -> None:
    """Without the untrained copy a pass less, without any analysis of it none at all."""

    def passes_of(**sections: object) -> float:
        study = study_of(**sections)
        samples, _ = sample_study(study)
        cost = model_cost(study, study.models[0], samples, planned_steps(study))
        return cost.capture_seconds / cost.seconds_per_cell / samples[CELLS].n_cells

    both = passes_of(analyses=["regulation.coexpression"])
    one = passes_of(analyses=["regulation.coexpression"], edges={"untrained": False})
    assert both > one > 0
    assert passes_of(analyses=["regulation.cssi_synthetic"]) == 0


def test_a_model_without_attention_costs_its_embeddings(
    study_of: Callable[..., Study], scvi_folder: Path
) -> None:
    study = study_of(
        cells={"path": "pbmc68k", "strata": "bulk_labels"}, models=[str(scvi_folder)],
        networks=[], analyses=["model"],
    )  # fmt: skip
    samples, _ = sample_study(study)
    cost = model_cost(study, study.models[0], samples, planned_steps(study))
    assert (cost.n_rows, cost.n_heads, cost.width) == (0, 0, 10)
    assert cost.n_cells == {CELLS: 700}
    assert 0 < cost.capture_seconds < 10
    study = study.model_copy(update={"analyses": ["model.masked_prediction"]})
    assert model_cost(study, study.models[0], samples, planned_steps(study)).capture_seconds == 0


def test_concepts_of_a_model_without_attention_are_counted(
    study_of: Callable[..., Study], scvi_folder: Path
) -> None:
    study = study_of(
        cells={"path": "pbmc68k", "strata": "bulk_labels"}, models=[str(scvi_folder)],
        networks=[], concepts={"units": {"concepts": 5}}, analyses=["concepts.attribution"],
    )  # fmt: skip
    samples, _ = sample_study(study)
    cost = model_cost(study, study.models[0], samples, planned_steps(study))
    assert cost.concepts is not None
    assert cost.capture_seconds == 0
    assert cost.concepts.passes > 100_000  # all exchanges, where each is a row of a product
    assert cost.concepts.pass_seconds < 1e-3
    assert cost.memory_bytes > cost.concepts.memory_bytes
    assert cost.disk_bytes >= cost.concepts.disk_bytes > 0
