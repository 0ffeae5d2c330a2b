"""The atlas of a study: opens, and says what the tasks before it found."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.concepts import ConceptAtlas
from cellglass.concepts.atlas.schema import TABLES
from cellglass.concepts.study import names
from cellglass.concepts.study.atlas import PAIRS_KEPT, write
from cellglass.concepts.study.cells import read_store
from cellglass.concepts.study.enrichment import TERMS, UNITS
from cellglass.concepts.study.gene_tables import GeneTables
from cellglass.concepts.study.units import ACTIVATIONS
from cellglass.concepts.unit_files import read_units
from cellglass.stats.parquet import read_parquet, write_parquet

TASKS = {
    "embedded": names.embedding_name("small"),
    "dictionaries": names.dictionary_name("small"),
    "units": names.units_name("small"),
    "attributed": names.attribution_name("small"),
    "curves": names.curves_name("small"),
}
LIBRARY = names.enrichment_name("small", "planted")


def written(study: Any, **changes: Any) -> Path:
    context = study.context(names.atlas_name("small"))
    given = {"model": "small", "libraries": {}, "interventions": None, "settings": {"a": 1}}
    write(context, **TASKS | given | changes)
    return context.output


@pytest.fixture(scope="module")
def folder(attributed_study, tmp_path_factory) -> Path:
    genes = GeneTables.read(attributed_study.inputs[TASKS["attributed"]]).genes["gene"]
    found = tmp_path_factory.mktemp("enriched")
    terms = {"unit": [0, 0, 16], "library": "planted", "term": ["T1", "T2", "T1"],
             "term_name": ["one", "two", "one"], "method": ["ora", "prerank", "ora"],
             "overlap": [2, -1, 1], "size": 9, "effect": 3.0, "p": 1e-4, "q": [0.02, 0.01, 0.03],
             "genes": [",".join(genes[:2]), genes[3], genes[0]]}  # fmt: skip
    pd.DataFrame(terms).to_parquet(found / TERMS)
    pd.DataFrame({"unit": [0, 16], "n_terms": [2, 1]}).to_parquet(found / UNITS)
    attributed_study.inputs[LIBRARY] = found
    return written(attributed_study, libraries={"planted": LIBRARY})


@pytest.fixture(scope="module")
def atlas(folder) -> ConceptAtlas:
    return ConceptAtlas.open(folder)


def test_numbers_of_units_mean_the_same_everywhere(atlas, attributed_study):
    tables = GeneTables.read(attributed_study.inputs[TASKS["attributed"]])
    joined = read_units(attributed_study.inputs[TASKS["units"]] / "units")
    h = read_store(attributed_study.inputs[TASKS["embedded"]]).array[:]
    active = joined.activations(h)
    pd.testing.assert_series_equal(atlas.units["name"], tables.units["name"])
    for unit, name in enumerate(joined.names):
        assert atlas.number(name) == unit
        np.testing.assert_allclose(atlas.activation(unit), active[:, unit], atol=1e-5)
        np.testing.assert_array_equal(atlas.directions[unit], joined.directions[unit])
        assert atlas.units["frequency"][unit] == pytest.approx((active[:, unit] > 0).mean())
        assert atlas.units["max"][unit] == pytest.approx(active[:, unit].max(), rel=1e-5)
    place = {g: i for i, g in enumerate(atlas.genes["gene"])}
    for row in atlas.table("attribution").sample(200, random_state=0).itertuples():
        assert atlas.scores[row.unit, place[row.gene]] == pytest.approx(row.score, rel=1e-6)
    cell = {c: i for i, c in enumerate(atlas.cells["cell"])}
    for row in atlas.table("prototypes").itertuples():
        own, other = (atlas.activation(row.unit)[cell[c]] for c in (row.cell, row.counterfactual))
        assert own == pytest.approx(row.activation, rel=1e-5)
        assert other == 0


def test_every_kind_has_the_same_fields(atlas):
    units = atlas.units
    assert set(units["kind"]) == {
        "concept", "neuron", "rotated neuron", "component", "random direction", "decoy",
    }  # fmt: skip
    for kind in set(units["kind"]):
        number = int(units.loc[units["kind"] == kind, "unit"].iloc[0])
        for table in ("attribution", "prototypes", "swaps", "matches"):
            assert len(atlas.of(table, number)) > 0, (kind, table)
    assert units.notna().all(axis=None)
    told = {"top_label", "label_auroc", "purity", "technical", "n_genes", "n_terms", "frequency"}
    assert told <= set(units)


def test_a_decoy_has_the_cells_of_its_concept(atlas):
    decoys = atlas.units[atlas.units["kind"] == "decoy"]
    assert len(decoys) == 2
    for row in decoys.itertuples():
        np.testing.assert_array_equal(atlas.activation(row.unit), atlas.activation(row.matched))
        assert list(atlas.of("prototypes", row.unit)["cell"]) == list(
            atlas.of("prototypes", row.matched)["cell"]
        )


def test_tables_have_the_columns_of_the_format_and_numbers(atlas):
    for name, schema in TABLES.items():
        assert set(schema.columns) <= set(atlas.table(name)), name
    pairs = atlas.table("prototypes")
    assert (pairs["distance"] > 0).all()
    assert pairs.groupby("unit").size().max() <= PAIRS_KEPT
    assert set(atlas.cells["split"]) == {"train", "validation", "test"}
    assert set(atlas.table("curves")["order"]) >= {"score", "random"}
    edges = atlas.table("coactivation")
    both = {(r.unit, r.other): r.cells for r in edges.itertuples()}
    on = np.asarray(atlas.activations[:6].toarray()) > 0
    assert both
    for (a, b), cells in both.items():
        assert cells == (on[a] & on[b]).sum()


def test_terms_are_those_of_the_units(atlas):
    assert list(atlas.enrichment(0)["term"]) == ["T2", "T1"]
    assert list(atlas.enrichment("decoy 1")["term"]) == ["T1"]
    terms = atlas.units["n_terms"]
    assert (terms[0], terms[16], terms.sum()) == (2, 1, 3)
    assert "one" in str(atlas.concept_table().iloc[0].to_dict())


def test_it_is_ready_for_scanpy(atlas):
    adata = atlas.to_anndata()
    assert adata.shape == (150, atlas.sizes["genes"])
    assert adata.obs_names.is_unique
    concepts = atlas.units.loc[atlas.units["kind"] == "concept", "name"]
    assert set(concepts) <= set(adata.obs)
    np.testing.assert_array_equal(adata.obsm["X_units"][:, 0], atlas.activation(0))
    assert "concept 2" in atlas.concept_table()["name"].tolist()


def test_the_map_spreads_cells_and_the_dictionary_is_there(atlas):
    points = atlas.cells[["x", "y"]].to_numpy()
    assert points[:, 0].var() > points[:, 1].var() > 0
    assert abs(np.corrcoef(points.T)[0, 1]) < 1e-6
    assert atlas.dictionary is not None
    assert atlas.dictionary.n_concepts == 12
    assert atlas.meta["settings"] == {"a": 1}


def test_the_same_study_gives_the_same_bytes(attributed_study, folder):
    again = written(attributed_study, libraries={"planted": LIBRARY})
    files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    for file in files:
        assert (folder / file).read_bytes() == (again / file).read_bytes(), file


def test_without_labels_and_libraries_it_is_an_atlas_all_the_same(attributed_study, tmp_path):
    inputs = dict(attributed_study.inputs)
    embedded = tmp_path / "embedded"
    shutil.copytree(inputs[TASKS["embedded"]], embedded)
    path = embedded / names.STORE / "obs.parquet"
    obs, about = read_parquet(path)
    write_parquet(obs.assign(label=""), path, about)
    bare = replace(attributed_study, inputs=inputs | {TASKS["embedded"]: embedded})
    atlas = ConceptAtlas.open(written(bare))
    assert "top_label" not in atlas.units
    assert not atlas.units["technical"].any()
    assert (atlas.units["n_terms"] == 0).all()
    assert atlas.table("enrichment").empty
    assert len(atlas.concept_table()) == 6
    atlas.to_anndata()


def test_activations_are_those_that_were_chosen(atlas, attributed_study):
    active = sparse.load_npz(attributed_study.inputs[TASKS["units"]] / ACTIVATIONS)
    np.testing.assert_array_equal(atlas.activations[:15].toarray(), active.T.toarray())
