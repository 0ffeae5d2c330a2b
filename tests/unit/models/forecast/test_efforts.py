from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.models.forecast.efforts import EFFORTS, Effort
from cellglass.models.forecast.steps import planned_steps
from cellglass.models.forecast.subjects import PASSES
from cellglass.runs.study import Study


def test_every_step_of_a_full_study_has_an_effort(
    screened: Callable[..., Study], tmp_path: Path
) -> None:
    """A new analysis must be measured: scripts/fit_efforts.py."""
    network, sets = tmp_path / "network.tsv", tmp_path / "sets.gmt"
    network.write_text("source\ttarget\nSPI1\tLYZ\n")
    sets.write_text("A\t\tLYZ\tCD3E\n")
    study = screened(
        cells={"path": "pbmc68k", "strata": "bulk_labels"},
        models=["mini-scgpt", "mini-geneformer"],
        networks=[str(network)],
        gene_sets=[str(sets)],
        concepts={},
        geometry={},
        controls=["pairs"],
    )
    steps = planned_steps(study)
    families = {i.result.partition("/")[0] for i in steps.results}
    families |= {n.partition("/")[0] for n in steps.shared}
    assert {"regulation.recovery", "regulation.contexts", "grn", "capture"} <= families
    assert {"concept-enrichment", "concept-sanity", "concepts.atlas"} <= families
    assert {"gene-states", "gene-distances", "geometry.alignment"} <= families
    assert families - set(EFFORTS) == set()
    of_passes = {p.partition("/")[0] for p in steps.passes}
    assert of_passes == {*PASSES, "concept-attribution", "gene-states"}


def test_efforts_grow_with_scores_and_heads() -> None:
    plain, heads = Effort(1.0, 10.0), Effort(1.0, 10.0, heads=True)
    assert plain.seconds(0, 8) == 1.0
    assert plain.seconds(2e6, 8) == plain.seconds(2e6, 4) == pytest.approx(21.0)
    assert heads.seconds(2e6, 4) == pytest.approx(21.0)
    assert heads.seconds(2e6, 10) == pytest.approx(41.0)
