"""Exchange curves of a study: which units, in which orders, between which ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.study.curves import (
    AREAS,
    CURVES,
    POINTS,
    TOPS,
    draw_curves,
    units_of_each_kind,
)
from cellglass.concepts.study.gene_tables import GeneTables
from cellglass.concepts.study.names import attribution_name, curves_name

ORDERS = {"score", "random", "gradient", "differential expression", "expression"}


@pytest.fixture(scope="module")
def tables(attributed_study) -> GeneTables:
    return GeneTables.read(attributed_study.inputs[attribution_name("small")])


@pytest.fixture(scope="module")
def folder(attributed_study):
    return attributed_study.inputs[curves_name("small")]


def test_units_are_some_of_each_kind_and_no_decoys(tables):
    chosen = units_of_each_kind(tables, 2, seed=1)
    kinds = tables.units["kind"].to_numpy()[chosen]
    assert dict(zip(*np.unique(kinds, return_counts=True), strict=True)) == {
        "component": 2, "concept": 2, "neuron": 2, "random direction": 2, "rotated neuron": 2,
    }  # fmt: skip
    np.testing.assert_array_equal(chosen, units_of_each_kind(tables, 2, seed=1))
    assert len(units_of_each_kind(tables, 99, seed=1)) == 15


def test_curves_begin_at_the_cell_and_end_at_the_other(folder, tables):
    long = pd.read_parquet(folder / CURVES)
    assert set(long["order"]) == ORDERS
    for (_, _, way), curve in long.groupby(["unit", "order", "way"]):
        assert len(curve) == POINTS
        ends = curve.sort_values("share")["activation"].to_numpy()[[0, -1]]
        np.testing.assert_allclose(ends, [1, 0] if way == "deletion" else [0, 1], atol=1e-5)
    chosen = long["unit"].unique()
    assert set(tables.units["unit"]) >= set(chosen)
    assert len(chosen) == 3 + 3 + 2 + 2 + 2


def test_areas_are_those_of_the_curves(folder):
    long, areas = pd.read_parquet(folder / CURVES), pd.read_parquet(folder / AREAS)
    for row in areas.itertuples():
        for way in ("deletion", "insertion"):
            curve = long[(long["unit"] == row.unit) & (long["order"] == row.order)]
            curve = curve[curve["way"] == way].sort_values("share")
            area = np.trapezoid(curve["activation"], curve["share"])
            assert getattr(row, way) == pytest.approx(area)
    tops = pd.read_parquet(folder / TOPS)
    assert len(tops) == 3 * len(areas)


def test_genes_of_the_attribution_come_before_random_ones(folder):
    mean = pd.read_parquet(folder / AREAS).groupby("order")["deletion"].mean()
    assert mean["score"] < mean["random"]
    assert mean["score"] < mean["expression"]


@pytest.mark.parametrize(
    "section",
    [
        {"screen": "gradient"},
        {"screen": "auto", "options": {"perturbation": "zero"}},
        {"options": {"direction": "insert", "normalisation": "full swap"}},
    ],
)
def test_curves_are_of_exchanges_whatever_the_attribution_did(
    attributed_study, real_study, section
):
    context = attributed_study.context("curves")
    draw_curves(
        context, attributed=attribution_name("small"), held=attributed_study.held,
        attribution=real_study.ATTRIBUTION | section, n_units=1, n_prototypes=2,
    )  # fmt: skip
    areas = pd.read_parquet(context.output / AREAS)
    assert areas["unit"].nunique() == 5
    assert np.isfinite(areas["deletion"]).all()
