"""Training in a study: sizes fit the cells, donors stay apart, an interruption changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.dictionaries import training
from cellglass.concepts.dictionaries.metrics import dictionary_fit
from cellglass.concepts.dictionaries.row_source import CellRows
from cellglass.concepts.dictionaries.saelens import to_saelens
from cellglass.concepts.dictionaries.settings import default_size_and_k
from cellglass.concepts.study.dictionaries import (
    FITS,
    LEAST_STEPS,
    STEPS_AN_EPOCH,
    read_dictionaries,
    train_dictionaries,
    training_options,
)
from cellglass.concepts.study.names import (
    SPLIT,
    TEST,
    TRAIN,
    VALIDATION,
    dictionary_name,
    embedding_name,
)
from cellglass.errors import InputError
from cellglass.runs.concepts_section import DictionaryConfig
from cellglass.runs.pipeline import SUMMARY

EMBEDDED, TRAINED = embedding_name("planted"), dictionary_name("planted")
SMALL = {"size": 24, "k": 3, "options": {"epochs": 4, "batch": 64}}


def trained(folders, context, seeds: int = 2, **config) -> Path:
    train_dictionaries(
        context, embedded=EMBEDDED, seeds=seeds, test_share=0.3, device="cpu",
        dictionary=DictionaryConfig(**{**SMALL, **config}).model_dump(),
    )  # fmt: skip
    return context.output


def test_sizes_of_many_cells_are_those_of_the_width():
    options, notes = training_options(DictionaryConfig(), 300_000, 512)
    assert (options["size"], options["k"]) == default_size_and_k(512)
    assert (options["epochs"], options["batch"], options["patience"]) == (50, 1024, 5)
    assert notes == []


@pytest.mark.parametrize("n_cells", [60, 400, 3000])
def test_few_cells_have_smaller_dictionaries_and_as_many_steps(n_cells):
    options, notes = training_options(DictionaryConfig(), n_cells, 512)
    assert options["size"] <= n_cells // 2 < 2 * default_size_and_k(512)[0]
    assert options["k"] < options["size"]
    steps = -(-n_cells // options["batch"])
    assert steps >= STEPS_AN_EPOCH or options["batch"] == 32
    assert options["epochs"] * steps >= LEAST_STEPS
    assert options["patience"] / 5 == options["epochs"] / 50
    told = " ".join(notes)
    assert f"{options['size']:,} concepts instead of the 2,048" in told
    assert f"{options['epochs']:,} epochs instead of 50" in told


def test_sizes_that_are_named_are_not_changed():
    options, notes = training_options(DictionaryConfig(size=4096, k=50), 400, 512)
    assert (options["size"], options["k"]) == (4096, 50)
    assert not any("concepts" in n for n in notes)


def test_lowered_number_of_active_concepts_is_told():
    options, notes = training_options(DictionaryConfig(size=16), 10_000, 512)
    assert options["k"] == 4
    assert any("4 concepts are active in a cell instead of the 32" in n for n in notes)


def test_options_pass_through_and_decide():
    named = {"epochs": 3, "batch": 20, "learning_rate": 0.01}
    options, notes = training_options(DictionaryConfig(options=named, size=40, k=2), 400, 512)
    assert {name: options[name] for name in named} == named
    assert options["patience"] == 5
    assert notes == []
    batch, _ = training_options(DictionaryConfig(options={"batch": 400}), 400, 512)
    assert batch["epochs"] == LEAST_STEPS
    size, told = training_options(DictionaryConfig(options={"size": 300, "epochs": 1}), 400, 512)
    assert size["size"] == 300
    assert told == []


def test_l1_dictionary_has_no_number_of_active_concepts():
    assert training_options(DictionaryConfig(kind="l1"), 400, 512)[0]["k"] is None
    assert not any("active" in n for n in training_options(DictionaryConfig(kind="l1"), 40, 512)[1])


def test_donors_are_never_on_both_sides(study_folders):
    part = np.load(study_folders.inputs[TRAINED] / SPLIT)
    donor = study_folders.store.obs["donor"].to_numpy()
    sides = [set(donor[part == code]) for code in (TRAIN, VALIDATION, TEST)]
    assert all(sides)
    assert sum(map(len, sides)) == len(set(donor)) == 8


def test_training_saw_neither_test_nor_validation_cells(study_folders):
    folder = study_folders.inputs[TRAINED]
    part, h = np.load(folder / SPLIT), study_folders.store.array[:]
    for dictionary in read_dictionaries(folder):
        known = dictionary.meta["training_data"]
        assert known["n_cells"] == (part == TRAIN).sum()
        assert dictionary.meta["held_out_data"]["n_cells"] == (part == VALIDATION).sum()
        np.testing.assert_allclose(dictionary.transform.mean, h[part == TRAIN].mean(0), atol=1e-4)


def test_few_donors_are_split_by_cell_and_told(study_folders, tmp_path):
    donor = np.array(["A", "B"])[np.arange(600) % 2]
    folders = study_folders.with_obs(tmp_path, donor=donor)
    summary = json.loads((trained(folders, folders.context("few"), 1) / SUMMARY).read_text())
    assert (summary["unit"], summary["applicable"]) == ("cell", False)
    assert "conditional" in summary["split_note"]
    assert sum(summary["n"]) == 600


def test_dictionaries_say_which_embedding_they_read(study_folders):
    for seed, dictionary in enumerate(read_dictionaries(study_folders.inputs[TRAINED])):
        assert dictionary.meta["seed"] == seed
        assert dictionary.meta["embedding"] == study_folders.store.meta
        assert dictionary.meta["model"] == "planted"


def test_dictionary_of_normalised_embeddings_is_not_exported_as_one_of_raw_ones(
    study_folders, tmp_path, monkeypatch
):
    store = study_folders.store
    normalised = replace(store, meta={**store.meta, "normalised": True})
    monkeypatch.setattr("cellglass.concepts.study.dictionaries.read_store", lambda _: normalised)
    context = study_folders.context("normalised")
    (found,) = read_dictionaries(trained(study_folders, context, 1))
    with pytest.raises(InputError, match="divided by their norm"):
        to_saelens(found, tmp_path / "refused")
    to_saelens(found, tmp_path / "understood", normalised_input=True)


def test_fits_are_those_of_the_cells_named(study_folders):
    folder = study_folders.inputs[TRAINED]
    fits = pd.read_parquet(folder / FITS).set_index(["cells", "fit"])
    part = np.load(folder / SPLIT)
    found = read_dictionaries(folder)[1]
    for name, code in (("training", TRAIN), ("test", TEST)):
        own = dictionary_fit(
            found, CellRows(study_folders.store.array, np.flatnonzero(part == code))
        )
        assert fits.loc[(name, "dictionary, seed 1"), "fvu"] == pytest.approx(own.fvu)
        assert fits.loc[(name, "constant"), "fvu"] > 0.99
    assert ("test", "pca 4") in fits.index


def test_dense_dictionary_is_held_against_no_more_components_than_there_are(study_folders):
    context = study_folders.context("dense")
    options = {"epochs": 1, "batch": 64, "sparsity": 0.0}
    folder = trained(study_folders, context, 1, kind="l1", k=None, size=64, options=options)
    fits = pd.read_parquet(folder / FITS)
    assert fits.loc[fits["fit"] == "dictionary, seed 0", "l0"].iloc[0] > 16
    assert "pca 16" in set(fits["fit"])


def test_interrupted_training_goes_on_to_the_same_bytes(study_folders, tmp_path, monkeypatch):
    whole = trained(study_folders, study_folders.context("whole"))
    kept = tmp_path / "kept"
    again = replace(study_folders.context("again"), kept=kept)

    class Interrupted(Exception):
        pass

    real, saved = training.save_states, []

    def stops(*args):
        real(*args)
        saved.append(args)
        if len(saved) == 2:
            raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr(training, "save_states", stops)
        with pytest.raises(Interrupted):
            trained(study_folders, again)
        with pytest.raises(StopIteration):
            next(again.output.iterdir())
        resumed = trained(study_folders, again)
    # two epochs before the interruption, two after it
    assert len(saved) == 4
    for seed in ("seed-00", "seed-01"):
        for file in sorted((whole / seed).iterdir()):
            assert (resumed / seed / file.name).read_bytes() == file.read_bytes()
