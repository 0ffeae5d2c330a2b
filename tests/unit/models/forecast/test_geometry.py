from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data import Network
from cellglass.geometry.graphs.diffusion import TIMES
from cellglass.geometry.study import homology_analysis, loops, pair_scores
from cellglass.geometry.study.distances_analysis import HIERARCHY
from cellglass.geometry.study.measures import PRIMARY, STRAIGHT, judge_measures
from cellglass.geometry.study.pair_scores import MEASURES
from cellglass.models.forecast import geometry, subjects
from cellglass.models.forecast.efforts import EFFORTS, UNKNOWN
from cellglass.models.forecast.gene_space import GeneSpace
from cellglass.models.forecast.geometry import (
    GeometryCost,
    alignment_work,
    homology_work,
    judging_work,
    owners,
    scoring_work,
    shape_work,
    step_bytes,
    step_seconds,
    work_of,
)
from cellglass.models.forecast.samples import sample_study
from cellglass.models.forecast.steps import planned_steps
from cellglass.models.forecast.subjects import SubjectCost, cloud_cost, model_cost
from cellglass.runs.geometry_section import GeometryConfig
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.study import Study

SPACE = GeneSpace(
    n_kept=1000, n_genes=900, n_regulators=80, pairs={"n": 10_000}, width=128, n_layers=6,
    n_groups=5, n_cells=600, n_copies=2,
)  # fmt: skip


def cost(space: GeneSpace = SPACE, **work: float) -> GeometryCost:
    return GeometryCost(space, GeometryConfig(), work=work)


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that does not depend on what else this machine does."""
    monkeypatch.setattr(geometry, "plain_seconds_per_cell", lambda *_: 0.01)
    monkeypatch.setattr(subjects, "seconds_per_cell", lambda *_: 0.02)


@pytest.fixture
def costs_of(study_of: Callable[..., Study]) -> Callable[..., SubjectCost]:
    def costs_of(**sections: Any) -> SubjectCost:
        study = study_of(**sections)
        return model_cost(study, study.models[0], sample_study(study)[0], planned_steps(study))

    return costs_of


def test_none_where_gene_space_is_not_looked_at(costs_of: Callable[..., SubjectCost]) -> None:
    assert costs_of().geometry is None
    assert costs_of(geometry={}, analyses=["regulation"]).geometry is None
    assert costs_of(analyses=["geometry.shape"]).geometry is not None


def test_cells_pass_once_for_the_model_and_once_for_its_copy(
    costs_of: Callable[..., SubjectCost],
) -> None:
    both = costs_of(geometry={}, analyses=["geometry"])
    assert both.geometry is not None
    assert both.capture_seconds == 0  # no attention
    assert both.geometry.passes == 2 * 90
    assert both.geometry.pass_seconds == pytest.approx(geometry.SUMMED * 0.01)
    one = costs_of(geometry={"untrained": False}, analyses=["geometry"])
    assert one.geometry is not None
    assert one.geometry.passes == 90
    assert one.geometry.seconds == pytest.approx(both.geometry.seconds / 2)
    small = costs_of(geometry={}, analyses=["geometry"], resources={"shard_cells": 5})
    assert small.geometry is not None
    assert small.geometry.seconds > both.geometry.seconds  # the model is opened more often
    assert both.disk_bytes >= both.geometry.disk_bytes > 0
    assert both.memory_bytes > both.geometry.memory_bytes


def test_a_cloud_needs_no_passes(study_of: Callable[..., Study], tmp_path: Path, tiny: Any) -> None:
    file = tmp_path / "genes.csv"
    file.write_text("gene,a,b\n" + "".join(f"{n},1,{i}\n" for i, n in enumerate(tiny.SYMBOLS)))
    given = {"path": str(file), "name": "given"}
    study = study_of(geometry={"clouds": [given]}, analyses=["geometry"])
    assert study.geometry is not None
    samples = sample_study(study)[0]
    found = cloud_cost(study, study.geometry.clouds[0], samples, planned_steps(study))
    assert found.name == "given"
    assert found.geometry is not None
    assert (found.geometry.passes, found.geometry.seconds) == (0, 0)
    assert found.geometry.work["geometry.shape"] > 0
    other = study.model_copy(update={"analyses": ["regulation"]})
    assert (
        cloud_cost(other, study.geometry.clouds[0], samples, planned_steps(other)).geometry is None
    )


def test_steps_belong_to_their_models() -> None:
    costs = {"a": cost(), "ab": cost(), "c": cost()}
    for step, names in {
        "gene-states/a": ["a"],
        "gene-states/a-untrained": ["a"],
        "gene-states/a-untrained/shard-0001": ["a"],
        "gene-distances/ab-untrained/all": ["ab"],
        "geometry.distances/ab/trrust": ["ab"],
        "geometry.shape/c/lung": ["c"],
        "geometry.alignment/a+c": ["a", "c"],
        "geometry.alignment/ab+c/lung": ["ab", "c"],
        "geometry.alignment/c+a": [],
        "genes/a": [],
        "capture/a": [],
        "geometry.shape/absent": [],
    }.items():
        assert [id(c) for c in owners(step, costs)] == [id(costs[n]) for n in names]


def test_steps_grow_with_their_work_and_come_once_a_domain() -> None:
    one = cost(**{"geometry.shape": 5e9, "gene-states": 1e6, "geometry.distances/n": 3e6})
    told = EFFORTS["geometry.shape"].seconds(5e9, 0)
    assert told > EFFORTS["geometry.shape"].fixed + 1
    assert step_seconds("geometry.shape/m", [one]) == pytest.approx(told)
    three = replace(one, space=replace(SPACE, n_domains=3))
    assert step_seconds("geometry.shape/m/lung", [three]) == pytest.approx(3 * told)
    # states of all domains are summed together
    assert step_seconds("gene-states/m", [three]) == step_seconds("gene-states/m", [one])
    assert work_of("geometry.distances/m/n/lung", [three]) == 3e6
    assert work_of("geometry.distances/m/other", [three]) == 0
    assert step_seconds("geometry.of_another_package/m", [one]) == UNKNOWN
    aligned = [one, three]
    assert step_seconds("geometry.alignment/a+b", aligned) == pytest.approx(
        3 * EFFORTS["geometry.alignment"].seconds(alignment_work(*aligned), 0)
    )


@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("n_genes", scoring_work),
        ("n_genes", shape_work),
        ("n_genes", lambda s: homology_work(s, GeometryConfig())),
        ("n_genes", lambda s: alignment_work(*[GeometryCost(s, GeometryConfig())] * 2)),
        ("n_regulators", scoring_work),
        ("n_layers", scoring_work),
        ("n_layers", shape_work),
        ("n_layers", lambda s: homology_work(s, GeometryConfig())),
        ("n_layers", lambda s: judging_work(s, 1000, StatisticsConfig())[0]),
        ("n_layers", lambda s: judging_work(s, 1000, StatisticsConfig())[1]),
        ("width", shape_work),
        ("n_copies", shape_work),
        ("n_copies", lambda s: judging_work(s, 1000, StatisticsConfig())[0]),
        ("n_copies", lambda s: homology_work(s, GeometryConfig())),
    ],
)
def test_a_larger_gene_space_takes_more(name: str, work: Callable[[GeneSpace], float]) -> None:
    larger = replace(SPACE, **{name: getattr(SPACE, name) + 10})
    assert work(larger) > work(SPACE) > 0


def test_more_draws_take_more() -> None:
    def homology(**asked: int) -> float:
        return homology_work(SPACE, GeometryConfig(homology=asked))

    def aligned(**asked: int) -> float:
        config = GeometryConfig(alignment=asked)
        return alignment_work(*[GeometryCost(SPACE, config)] * 2)

    assert homology(draws=199) > 1.5 * homology()
    assert homology(points=150) > homology(points=50)
    assert homology(points=150) == homology(points=500)  # 900 genes make six samples of 150
    assert aligned(draws=199) > 1.5 * aligned()
    assert aligned(max_genes=900) > 1.5 * aligned()
    assert aligned(repeats=3) > 2 * aligned()
    usual = judging_work(SPACE, 1000, StatisticsConfig())
    assert judging_work(SPACE, 2000, StatisticsConfig()) == tuple(2 * w for w in usual)
    for changed in ({"draws": 9000}, {"folds": 8}):
        assert all(
            more > less
            for more, less in zip(
                judging_work(SPACE, 1000, StatisticsConfig(**changed)), usual, strict=True
            )
        )


def test_memory_follows_the_largest_arrays() -> None:
    def grows(family: str, **larger: Any) -> float:
        config = GeometryConfig()
        return (
            step_bytes(replace(SPACE, **larger), config)[family] / step_bytes(SPACE, config)[family]
        )

    assert grows("gene-states", width=1024) == pytest.approx(8)
    assert grows("gene-states", n_groups=50) == pytest.approx(10)
    assert grows("gene-distances", n_regulators=800) > 5
    assert grows("gene-distances", n_cells=600_000) > 5  # co-expression
    assert grows("gene-distances", n_genes=90_000) > 1000  # paths between all genes
    assert grows("geometry.distances", pairs={"n": 10, "more": 10**6}) == pytest.approx(100)
    assert grows("geometry.communities", n_layers=60) > 1.5
    assert grows("geometry.alignment", n_cells=600_000) > 100
    assert grows("geometry.artefacts", n_genes=9000) == pytest.approx(100)


def test_memory_and_disk_are_those_of_what_is_asked(
    costs_of: Callable[..., SubjectCost], tmp_path: Path, tiny: Any
) -> None:
    path = tmp_path / "network.tsv"
    pairs = [f"{s}\t{t}\n" for s in tiny.SYMBOLS[:20] for t in tiny.SYMBOLS[20:30]]
    path.write_text("source\ttarget\n" + "".join(pairs))

    def of(*analyses: str, **given: Any) -> GeometryCost:
        found = costs_of(geometry=given, analyses=list(analyses), networks=[str(path)]).geometry
        assert found is not None
        return found

    shape, all_of_it = of("geometry.shape"), of("geometry")
    assert shape.memory_bytes < all_of_it.memory_bytes
    assert shape.disk_bytes < all_of_it.disk_bytes
    assert of("geometry", domain="type").disk_bytes > all_of_it.disk_bytes
    assert of("geometry.shape", untrained=False).disk_bytes == pytest.approx(shape.disk_bytes / 2)


def test_constants_are_those_of_the_study() -> None:
    assert len(loops.NULLS) == geometry.NULLS
    assert homology_analysis.COPY_DRAWS == geometry.COPY_DRAWS
    assert len(pair_scores.MEASURES) - 1 + len(TIMES) == geometry.MEASURES


def test_increments_are_those_that_the_run_judges() -> None:
    rng = np.random.default_rng(0)
    genes = tuple(f"g{i}" for i in range(60))
    pairs = pd.DataFrame([(s, t) for s in genes[:12] for t in rng.choice(genes[12:], 8, False)])
    variants = {m: ("1", "2") if m == pair_scores.DIFFUSION else ("",) for m in MEASURES}
    table = pd.DataFrame(rng.random((60, 3)), columns=["mean", "variance", "detection"])
    held = pair_scores.PairScores(
        genes[:12], genes, (0,), {m: rng.random((len(v), 12, 60)) for m, v in variants.items()},
        variants, pd.DataFrame(), table.assign(gene=genes), rng.random((12, 60)),
    )  # fmt: skip
    network = Network.from_frame(pairs.set_axis(["source", "target"], axis=1))
    settings = StatisticsConfig(draws=19, bootstrap=100, folds=2)
    for measures, known in (
        (list(HIERARCHY), geometry.OVER), ([pair_scores.COMMUNITY], geometry.COMMUNITY_OVER)
    ):  # fmt: skip
        judged = judge_measures(held, network, "n", measures, 3, settings, 1, "t")
        over = [over for _, over, split in judged.increments if split == PRIMARY]
        assert (len(over), over.count(STRAIGHT)) == known
        assert {split for *_, split in judged.increments} == {"source", "target", "both"}
