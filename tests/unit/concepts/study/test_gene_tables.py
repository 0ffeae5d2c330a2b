"""Tables of genes: the numbers are those of the attribution, whoever ran which part."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass import load_model
from cellglass.concepts.attribution.plan import plan_attribution
from cellglass.concepts.attribution.significance import attribution_significance
from cellglass.concepts.study.attribution import SHARDS, Held, merged
from cellglass.concepts.study.gene_tables import (
    CHECKS,
    GENES_FILE,
    MIN_PROTOTYPES,
    PROTOTYPES,
    SWAPS,
    GeneTables,
    counts_of_space,
    gene_labels,
    sources_of,
    with_decoys,
)
from cellglass.concepts.study.names import attribution_name, units_name
from cellglass.concepts.study.pair_tables import DECOY
from cellglass.concepts.study.units import ACTIVATIONS
from cellglass.data import pbmc68k_reduced
from cellglass.errors import InputError
from cellglass.stats.multiplicity import bh

NAME = attribution_name("small")


@pytest.fixture(scope="module")
def folder(attributed_study) -> Any:
    return attributed_study.inputs[NAME]


@pytest.fixture(scope="module")
def tables(folder) -> GeneTables:
    return GeneTables.read(folder)


@pytest.fixture(scope="module")
def held(attributed_study) -> Held:
    return Held(attributed_study.context("held"), **attributed_study.held)


@pytest.fixture(scope="module")
def found(attributed_study, held) -> Any:
    parts = [attribution_name("small", i) for i in range(SHARDS)]
    return merged(attributed_study.context("merged"), f"{NAME}/plan", parts, held)[1]


def test_tables_hold_the_attribution(tables, found, folder):
    tested = attribution_significance(found)
    long = pd.read_parquet(folder / GENES_FILE)
    for u, unit in enumerate(found.plan.which):
        assert tables.units["name"][unit] == found.unit_names[u]
        some = found.n_tested[u] > 0
        np.testing.assert_array_equal(np.isfinite(tables.scores[unit]), some)
        np.testing.assert_array_equal(tables.scores[unit][some], found.score[u][some])
        np.testing.assert_array_equal(tables.q[unit][some], bh(tested.p[u])[some])
        np.testing.assert_array_equal(tables.known[unit], found.n_tested[u] >= MIN_PROTOTYPES)
        own = long[long["unit"] == unit].set_index("gene")
        moved = np.flatnonzero(some & (found.score[u] != 0))
        labels = tables.genes["gene"].to_numpy()[moved]
        assert list(own.index) == list(labels)
        np.testing.assert_array_equal(own["score"], found.score[u][moved])
        np.testing.assert_array_equal(own["low"], found.low[u][moved])
        np.testing.assert_array_equal(own["n"], found.n_tested[u][moved])
    assert 0 < tables.known.sum() < np.isfinite(tables.scores).sum() < tables.scores.size


def test_shards_in_any_number_leave_the_same_bytes(
    attributed_study, real_study, folder, monkeypatch
):
    monkeypatch.setattr("cellglass.concepts.study.attribution.SHARDS", 3)
    again = replace(attributed_study, inputs=dict(attributed_study.inputs))
    other = again.inputs[real_study.attribute_units(again, shards=3)]
    left = sorted(p.name for p in folder.iterdir())
    assert left == sorted(p.name for p in other.iterdir())
    for name in left:
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name


def test_a_missing_shard_is_told(attributed_study, held):
    parts = [attribution_name("small", i) for i in range(SHARDS - 1)]
    with pytest.raises(InputError, match="of them distinct"):
        merged(attributed_study.context("merged"), f"{NAME}/plan", parts, held)


def test_differential_expression_is_that_of_active_cells(tables, held, attributed_study):
    counts = counts_of_space(held.space, held.model, held.cells)
    source = pbmc68k_reduced()[held.cells.obs_names]
    columns = [list(source.var_names).index(g) for g in held.space.genes]
    raw = sparse.csr_matrix(source.raw.X if source.X.min() < 0 else source.X)[:, columns]
    assert (counts != raw).nnz == 0
    np.testing.assert_allclose(tables.genes["mean"], np.asarray(counts.mean(0)).ravel())
    active = sparse.load_npz(attributed_study.inputs[units_name("small")] / ACTIVATIONS)
    on = np.asarray(active.tocsc()[:, [2]].toarray()).ravel() > 0
    share = counts.toarray() / counts.toarray().sum(1, keepdims=True)
    fold = np.abs(np.log1p(1e4 * share[on]).mean(0) - np.log1p(1e4 * share[~on]).mean(0))
    best = np.argsort(tables.de_rank[2])[:20]
    assert fold[best].mean() > 3 * fold.mean()
    assert sorted(tables.de_rank[2]) == list(range(1, len(fold) + 1))


def test_decoys_are_shuffled_over_the_genes_that_were_tested(tables, folder, found):
    decoys = tables.units[tables.units["kind"] == DECOY]
    assert list(decoys["name"]) == ["decoy 0", "decoy 1"]
    assert set(found.plan.which).isdisjoint(decoys["unit"])
    long = pd.read_parquet(folder / GENES_FILE)
    for unit, source in zip(decoys["unit"], decoys["matched"], strict=True):
        assert tables.units["kind"][source] == "concept"
        own, real = tables.scores[unit], tables.scores[source]
        np.testing.assert_array_equal(np.isfinite(own), np.isfinite(real))
        np.testing.assert_array_equal(np.sort(own), np.sort(real))
        assert np.nanmean(own == real) < 0.5
        assert tables.known[unit].sum() == tables.known[source].sum()
        # a row stays together: score, interval and p are those of one gene
        rows, of = long[long["unit"] == unit], long[long["unit"] == source]
        columns = ["score", "low", "high", "n", "p", "q"]
        pd.testing.assert_frame_equal(
            rows[columns].sort_values(columns, ignore_index=True),
            of[columns].sort_values(columns, ignore_index=True),
        )
        np.testing.assert_array_equal(tables.de_rank[unit], tables.de_rank[source])
    assert list(tables.units["unit"]) == list(range(len(tables.units)))


def test_every_unit_has_pairs_and_swaps(tables, folder):
    for name in (PROTOTYPES, SWAPS):
        frame = pd.read_parquet(folder / name)
        assert set(frame["unit"]) == set(tables.units["unit"])
    assert set(frame["gene"]) <= set(tables.genes["gene"])


def test_kinds_and_their_units(tables):
    assert tables.kinds == list(tables.units["kind"].drop_duplicates())
    for kind in tables.kinds:
        assert set(tables.units["kind"][tables.of_kind(kind)]) == {kind}


def test_checks_are_json_without_nan(folder):
    text = (folder / CHECKS).read_text()
    checks = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert checks["passed"]
    assert checks["cutoff"] == 0.05
    assert checks["screen"] == "gradient"
    assert len(checks["units"]) == len(checks["full_swap_effect"])


def test_units_that_could_not_be_attributed_have_no_genes_and_no_decoys():
    units = pd.DataFrame(
        {"unit": range(3), "name": list("abc"), "kind": "concept", "index": range(3),
         "matched": -1, "attributed": [True, False, True]}
    )  # fmt: skip
    scores = np.array([[1.0, 2.0, np.nan], [np.nan] * 3, [3.0, 4.0, 5.0]])
    made, arrays = with_decoys(units, {"scores": scores, "known": scores > 1}, 9, seed=1)
    assert list(made["matched"][3:]) == [0, 2]
    assert list(sources_of(made)) == [0, 1, 2, 0, 2]
    np.testing.assert_array_equal(np.sort(arrays["scores"][3])[:2], [1.0, 2.0])
    assert np.isnan(arrays["scores"][3, 2])
    np.testing.assert_array_equal(arrays["known"][4], arrays["scores"][4] > 1)
    same, untouched = with_decoys(units, {"scores": scores}, 0, seed=1)
    assert same is units
    assert untouched["scores"] is scores


def test_units_that_were_skipped_are_told_and_have_no_decoy(
    attributed_study, real_study, monkeypatch
):
    some = partial(plan_attribution, which=[1, 4, 9])
    monkeypatch.setattr("cellglass.concepts.study.attribution.plan_attribution", some)
    monkeypatch.setattr("cellglass.concepts.study.attribution.SHARDS", 1)
    again = replace(attributed_study, inputs=dict(attributed_study.inputs))
    name = real_study.attribute_units(again, shards=1, prototypes=10, counterfactuals=1)
    tables = GeneTables.read(again.inputs[name])
    real = tables.units[tables.units["kind"] != DECOY]
    assert list(real.loc[real["attributed"], "unit"]) == [1, 4, 9]
    assert sorted(tables.units.loc[tables.units["kind"] == DECOY, "matched"]) == [1, 4]
    assert np.isnan(tables.scores[[0, 2, 3]]).all()
    assert tables.kinds == ["concept", "rotated neuron", DECOY]
    assert list(tables.of_kind("concept")) == [1, 4]


def test_labels_are_symbols_where_they_stand_for_one_gene():
    names = np.array(["ENSG1", "ENSG2", "ENSG3", "ENSG4"])
    labels = np.array(["A", "B", "B", "D"])
    model = SimpleNamespace(vocabulary=SimpleNamespace(names=names, labels=labels))
    space = SimpleNamespace(genes=("ENSG4", "ENSG2", "ENSG3"))
    assert gene_labels(model, space) == ["D", "ENSG2", "ENSG3"]
    assert gene_labels(model, SimpleNamespace(genes=("ENSG3", "ENSG1"))) == ["B", "A"]


def test_genes_of_geneformer_are_symbols():
    cells = pbmc68k_reduced()[:20].copy()
    model = load_model("mini-geneformer")
    space = model.swap_space(cells, seed=1)
    assert space.genes[0].startswith("ENSG")
    labels = gene_labels(model, space)
    assert len(set(labels)) == len(labels) == len(space.genes)
    names = cells.raw.var_names if cells.raw is not None else cells.var_names
    assert set(labels) <= set(names)
    counts = counts_of_space(space, model, cells).toarray()
    assert ((counts > 0) == (space.values.toarray() > 0)).all()
