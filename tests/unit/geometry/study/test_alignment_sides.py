"""Both sides of an alignment: genes matched, statistics and co-expression taken out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from cellglass.errors import NotApplicableError
from cellglass.geometry.alignment.cka import cka
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.geometry.study.alignment_sides import (
    COMPONENTS,
    coexpression_components,
    layer_similarity,
    shared_sides,
    side_cloud,
    statistics_of,
    without,
)
from cellglass.geometry.study.capture import read_states
from cellglass.geometry.study.expression import log_expression
from cellglass.models.datasets import read_cells
from cellglass.runs.geometry_section import AlignmentConfig


def sides_of(known: Any, *subjects: str, **config: Any) -> Any:
    held = [read_states(known.folders.inputs[s]) for s in subjects]
    settings = AlignmentConfig(**config)
    return shared_sides(held[0][0], held[1][0], held[0][1], "all", settings, 7)


@pytest.fixture(scope="module")
def known(planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame) -> Any:
    genes = tuple(cell_genes["gene"][:120])
    pair = planting.shared(genes)
    second = pair.second.copy()
    second[5] = second[4]
    second[6] = 0.0
    return plant({"a": {-1: pair.second, 0: pair.first}, "b": {3: second}}, genes, noise=0.0)


def test_genes_are_matched_and_copies_are_told(known: Any):
    sides = sides_of(known, "a", "b")
    assert len(sides.first) == len(sides.second) == 118
    assert sides.first.names == sides.second.names == tuple(sides.genes["gene"])
    assert sides.counts.duplicate_second == 1
    assert sides.counts.zero_second == 1
    assert sides.told == (
        "118 of 120 and 120 genes with a state matched by name, 2 left out as rows of zeros or "
        "copies"
    )
    # the last layer of either
    states, _ = read_states(known.folders.inputs["a"])
    assert np.allclose(sides.first.points, states.cloud(0).take(sides.first.names).points)


def test_more_genes_than_asked_are_drawn_once(known: Any):
    sides = sides_of(known, "a", "b", max_genes=50)
    assert len(sides.first) == 50
    assert sides.told.endswith(", 50 of them drawn at random")
    assert sides.first.names == sides_of(known, "a", "b", max_genes=50).first.names
    order = sides_of(known, "a", "b").first.names
    assert [g for g in order if g in set(sides.first.names)] == list(sides.first.names)


def test_few_shared_genes_are_not_applicable(
    planting: Any, plant: Callable[..., Any], cell_genes: pd.DataFrame
):
    genes = tuple(cell_genes["gene"][:140])
    one = plant({"a": {0: planting.noise(genes[:80])}}, genes[:80])
    other = plant({"b": {0: planting.noise(genes[40:])}}, genes[40:])
    apart = plant({"b": {0: planting.noise(genes[80:])}}, genes[80:])
    for second, n in ((other, 40), (apart, 0)):
        held = [read_states(k.folders.inputs[s]) for k, s in ((one, "a"), (second, "b"))]
        with pytest.raises(NotApplicableError, match=f"^{n} genes have a state of their own in"):
            shared_sides(held[0][0], held[1][0], held[0][1], "all", AlignmentConfig(), 7)


def test_what_a_user_brings_is_the_same_in_all_domains():
    points = np.random.default_rng(0).normal(size=(1, 2, 70, 3)).astype(np.float32)
    names = tuple(f"g{i}" for i in range(70))
    none, counts = np.zeros(2, dtype=np.int64), np.full((2, 70), 1)
    unit = "fold of cells"
    model = GeneStates(
        points, counts, names, (0,), none, np.arange(2), ("b",), ("one", "two"), unit, 1
    )
    cloud = GeneStates(
        points[:, :1], counts[:1], names, (0,), none[:1], none[:1], ("b",), ("all",), unit, 1
    )
    assert np.allclose(side_cloud(cloud, 0, "two").points, points[0, 0])
    assert np.allclose(side_cloud(model, 0, "two").points, points[0, 1])
    assert np.allclose(side_cloud(model, 0, "all").points, points[0].mean(0), atol=1e-6)
    with pytest.raises(NotApplicableError, match="in the cells of three"):
        side_cloud(model, 0, "three")


def test_residuals_are_those_of_least_squares():
    rng = np.random.default_rng(1)
    names = tuple(f"g{i}" for i in range(90))
    covariates = rng.normal(size=(90, 3)) * [1, 1e6, 1e-6] + [0, 1e7, 0]
    cloud = PointCloud(rng.normal(size=(90, 4)) + 5, names)
    left = without(cloud, covariates).points
    design = np.column_stack([np.ones(90), (covariates - covariates.mean(0)) / covariates.std(0)])
    hat = design @ np.linalg.pinv(design)
    assert np.allclose(left, cloud.points - hat @ cloud.points, atol=1e-9)
    # a covariate that is said twice, or does not vary, changes nothing
    more = np.hstack([covariates, covariates[:, :1] * 2, np.full((90, 1), 3.0)])
    assert np.allclose(without(cloud, more).points, left, atol=1e-7)


def test_within_kinds_slopes_are_those_of_the_kinds():
    rng = np.random.default_rng(2)
    kind = np.arange(90) % 3
    names = tuple(f"g{i}" for i in range(90))
    level = rng.normal(size=90) + 2 * kind
    height = np.array([5.0, -4.0, 9.0])[kind]
    cloud = PointCloud((height + 3 * level)[:, None] * [1.0, -1.0], names)
    left = without(cloud, level[:, None], kind).points
    # the slope of 3 is gone, the kinds are as they were
    assert np.allclose(left[:, 0], height - (height - left[:, 0]).mean())
    # without kinds, the slope is mixed with them
    assert not np.allclose(without(cloud, level[:, None]).points[:, 0], left[:, 0], atol=0.5)


def test_statistics_enter_with_their_ranks(cell_genes: pd.DataFrame):
    table = cell_genes.iloc[:50]
    found = statistics_of(table)
    assert found.shape == (50, 9)
    assert np.array_equal(found[:, 0], table["mean"])
    ranks = rankdata(table["detection"]) / 50  # equal values share a rank
    assert np.allclose(found[:, 7], ranks)
    assert np.allclose(found[:, 8], ranks**2)
    # ranks do not depend on the order in which genes stand
    turned = statistics_of(table.iloc[::-1])
    assert np.allclose(turned[::-1], found)


def test_components_span_what_genes_share_over_cells(cells_folder: Path, cell_genes: Any):
    study = read_cells(cells_folder)
    inside = np.ones(80, dtype=bool)
    found = coexpression_components(study, cell_genes.iloc[:500], inside)
    assert found.shape == (500, COMPONENTS)
    few = coexpression_components(study, cell_genes.iloc[:100], inside)
    assert few.shape == (100, 5)  # one for 20 genes
    values = log_expression(study, cell_genes.iloc[:100], inside)
    profiles = (values / values.std(0)).T
    u, s, _ = np.linalg.svd(profiles - profiles.mean(0), full_matrices=False)
    overlap = np.linalg.svd(u[:, :5].T @ np.linalg.qr(few)[0], compute_uv=False)
    assert np.allclose(overlap, 1, atol=1e-6)
    assert s.size > 5


def test_layers_are_held_against_each_other(known: Any):
    held = [read_states(known.folders.inputs[s])[0] for s in ("a", "b")]
    table = layer_similarity(*held, "all")
    assert table[["first_layer", "second_layer"]].to_numpy().tolist() == [[-1, 3], [0, 3]]
    matched = Matched.of(held[0].cloud(0), held[1].cloud(3))
    assert table["cka"].iloc[1] == pytest.approx(cka(matched))
    assert table["cka"].iloc[0] > 0.9
