"""Units of a study: as many of each kind as asked for, active as often as concepts are."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.concepts.dictionaries.dictionary_units import DictionaryUnits
from cellglass.concepts.study.dictionaries import read_dictionaries
from cellglass.concepts.study.names import (
    SPLIT,
    TEST,
    TRAIN,
    dictionary_name,
    embedding_name,
    units_name,
)
from cellglass.concepts.study.units import (
    ACTIVATIONS,
    MIN_CELLS,
    UNITS_TABLE,
    choose_concepts,
    choose_units,
)
from cellglass.concepts.transform import Transform
from cellglass.concepts.unit_files import read_units
from cellglass.concepts.units import LinearUnits
from cellglass.errors import NotApplicableError
from cellglass.runs.concepts_section import UnitsConfig
from cellglass.runs.pipeline import SUMMARY

EMBEDDED, TRAINED = embedding_name("planted"), dictionary_name("planted")
UNITS = units_name("planted")
PLAIN = Transform(np.zeros(3, np.float32), 1.0)


def chosen(folders, **wanted):
    context = folders.context("units")
    numbers = dict.fromkeys(("neurons", "rotated", "components", "random", "decoys"), 0) | wanted
    choose_units(context, embedded=EMBEDDED, dictionaries=TRAINED,
                 units=UnitsConfig(**numbers).model_dump())  # fmt: skip
    return context.output


@pytest.fixture(scope="module")
def folder(study_folders):
    return study_folders.inputs[UNITS]


@pytest.fixture(scope="module")
def table(folder) -> pd.DataFrame:
    return pd.read_parquet(folder / UNITS_TABLE)


def test_as_many_of_each_kind_as_asked_for(table):
    assert table["unit"].tolist() == list(range(len(table)))
    assert table["name"].is_unique
    counts = table["basis"].value_counts().to_dict()
    concepts = counts.pop("concept")
    assert 10 < concepts <= 24
    assert counts == {
        "neuron": 24, "rotated neuron": 24, "PCA": 8, "ICA": 8, "random direction": 24
    }  # fmt: skip
    assert set(table.loc[table["basis"].isin(["PCA", "ICA"]), "kind"]) == {"component"}


@pytest.mark.parametrize("n", [1, 3, 7, 10])
def test_components_are_half_principal_half_independent(study_folders, n):
    made = pd.read_parquet(chosen(study_folders, concepts=2, components=n) / UNITS_TABLE)
    counts = made["basis"].value_counts()
    assert counts["PCA"] == n - n // 2
    assert counts.get("ICA", 0) == n // 2


def test_kinds_are_active_as_often_as_concepts_on_training_cells(study_folders, folder, table):
    part = np.load(study_folders.inputs[TRAINED] / SPLIT)
    active = sparse.load_npz(folder / ACTIVATIONS)
    rate = np.asarray((active[part == TRAIN] > 0).mean(0)).ravel()
    concepts = np.sort(rate[table["kind"] == "concept"])
    for basis, rows in table.groupby("basis"):
        own = np.sort(rate[rows["unit"]])
        assert own.mean() == pytest.approx(concepts.mean(), rel=0.35), basis
        assert own.min() >= concepts.min() - 0.005
        assert own.max() <= concepts.max() + 0.005
    # one unit a quantile of the concepts' rates, so that random directions have just their spread
    random = np.sort(rate[table["basis"] == "random direction"])
    wanted = np.quantile(concepts, (np.arange(24) + 0.5) / 24)
    np.testing.assert_allclose(random, wanted, atol=2 / (part == TRAIN).sum())


def test_activations_are_those_of_the_units_written(study_folders, folder, table):
    units = read_units(folder / "units")
    assert list(units.names) == table["name"].tolist()
    active = sparse.load_npz(folder / ACTIVATIONS)
    np.testing.assert_array_equal(active.toarray(), units.activations(study_folders.store.array[:]))


def test_test_cells_decide_nothing(study_folders, tmp_path):
    part = np.load(study_folders.inputs[TRAINED] / SPLIT)
    h = study_folders.store.array[:].copy()
    h[part == TEST] *= -5
    changed = study_folders.with_obs(tmp_path)
    np.save(next(changed.inputs[EMBEDDED].rglob("embedding-*.npy")), h)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cellglass.concepts.embeddings.store.check_shard", lambda *_, **__: None)
        ours = pd.read_parquet(chosen(study_folders, concepts=9, neurons=6) / UNITS_TABLE)
        units = read_units(study_folders.root / "results" / "units" / "units")
        theirs = pd.read_parquet(chosen(changed, concepts=9, neurons=6) / UNITS_TABLE)
        again = read_units(changed.root / "results" / "units" / "units")
    pd.testing.assert_frame_equal(ours, theirs)
    np.testing.assert_array_equal(units.parts[1][0].thresholds, again.parts[1][0].thresholds)


def test_concepts_that_carry_most_are_taken(study_folders):
    part = np.load(study_folders.inputs[TRAINED] / SPLIT)
    training = study_folders.store.array[:][part == TRAIN]
    concepts = DictionaryUnits(read_dictionaries(study_folders.inputs[TRAINED])[0])
    z = concepts.activations(training).astype(np.float64)
    found, (note,) = choose_concepts(concepts, training, 5)
    cells = (z > 0).sum(0)
    able = np.flatnonzero((cells >= MIN_CELLS) & (cells <= len(training) - MIN_CELLS))
    best = sorted(able, key=lambda i: -(z[:, i] ** 2).sum())[:5]
    assert found.tolist() == sorted(best)
    share = (z[:, best] ** 2).sum() / (z**2).sum()
    assert note.startswith("5 of 32 concepts were attributed")
    assert f"{share:.0%}" in note
    assert f"{len(training):,} training cells" in note


def linear(*columns: np.ndarray) -> tuple[LinearUnits, np.ndarray]:
    """Units that are active where their column is 1."""
    h = np.stack(columns, axis=1).astype(np.float32)
    names = tuple(f"concept {i}" for i in range(3))
    return LinearUnits("concept", names, np.eye(3), 0.5, PLAIN), h


def test_rare_silent_and_constant_concepts_are_left_out_and_counted():
    cells = np.arange(100)
    units, h = linear(cells < MIN_CELLS - 1, cells < MIN_CELLS, np.ones(100))
    found, (note,) = choose_concepts(units, h, 3)
    assert found.tolist() == [1]
    assert "0 never fire" in note
    assert f"1 fire in fewer than {MIN_CELLS}, 1 in nearly all" in note


def test_too_few_active_cells_are_an_error_that_says_what_to_do():
    cells = np.arange(100)
    units, h = linear(cells < 3, cells < 0, np.ones(100))
    with pytest.raises(
        NotApplicableError, match="none of 3 concepts is active in 10 of 100"
    ) as error:
        choose_concepts(units, h, 3)
    assert "dictionary.size" in str(error.value)


def test_dead_dictionary_is_an_error(study_folders, tmp_path):
    first = read_dictionaries(study_folders.inputs[TRAINED])[0]
    dead = replace(first, encoder_bias=np.full(32, -1e6, np.float32))
    dead.write(tmp_path / "seed-00")
    np.save(tmp_path / SPLIT, np.load(study_folders.inputs[TRAINED] / SPLIT))
    folders = replace(study_folders, inputs={**study_folders.inputs, TRAINED: tmp_path})
    with pytest.raises(NotApplicableError, match="none of 32 concepts"):
        chosen(folders, concepts=4)
    assert not any(folders.context("units").output.iterdir())


def test_notes_are_sentences(folder):
    notes = json.loads((folder / SUMMARY).read_text())["notes"]
    assert len(notes) == 6
    assert all(n[0].isalnum() and n.endswith(".") for n in notes)
    assert "Units of kind neuron: dimensions of the embedding, both tails." in notes
