"""Cells as concepts see them: columns, variants, and the space in which genes are exchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.study.cells import (
    BATCH,
    DONOR,
    LABEL,
    cells_of,
    donor_column,
    label_column,
    labelled_cells,
    opened,
    read_store,
    space_of,
)
from cellglass.concepts.study.names import CELLS_FILE, embedding_name
from cellglass.errors import InputError
from cellglass.models.datasets import CELLS, StudyCells, read_cells


@pytest.fixture(scope="module")
def study(attributed_study) -> StudyCells:
    return read_cells(attributed_study.inputs[CELLS])


def columns(study: StudyCells, **values: Any) -> StudyCells:
    n = study.cells.n_obs
    return replace(study, columns={k: np.resize(np.array(v), n) for k, v in values.items()})


def test_store_holds_every_cell_with_its_label(attributed_study, study):
    folder = attributed_study.inputs[embedding_name("small")]
    store = read_store(folder)
    rows = np.load(folder / CELLS_FILE)
    assert list(store.obs["cell"]) == list(study.cells.obs_names[rows])
    assert list(store.obs[LABEL]) == list(study.labels[rows])
    assert store.array.shape == (150, 10)
    cells = cells_of(attributed_study.inputs[CELLS], folder)
    assert list(cells.obs_names) == list(store.obs["cell"])
    assert (study.cells.X[rows] != cells.X).nnz == 0


def test_the_space_of_swaps_embeds_the_cells_as_the_store_has_them(attributed_study):
    folder = attributed_study.inputs[embedding_name("small")]
    held = attributed_study.held
    model = opened(held["model"], "", 42)
    cells = cells_of(attributed_study.inputs[CELLS], folder)
    space = space_of(cells, model, held["options"], 42)
    np.testing.assert_allclose(space.embed(), read_store(folder).array[:], atol=1e-5)


def test_an_untrained_copy_has_other_weights(attributed_study):
    model = attributed_study.held["model"]
    cells = cells_of(
        attributed_study.inputs[CELLS], attributed_study.inputs[embedding_name("small")]
    )[:20].copy()
    trained, copy, again = (opened(model, v, 1) for v in ("", "untrained", "untrained"))
    h = [m.embed(cells) for m in (trained, copy, again)]
    assert np.abs(h[0] - h[1]).mean() > 0.1
    np.testing.assert_array_equal(h[1], h[2])


def test_columns_of_a_study_without_donors_and_batches(study):
    obs = labelled_cells(study, None).obs
    assert (obs[[DONOR, BATCH]] == "").all(axis=None)
    assert donor_column(obs) is None
    assert label_column(obs) == LABEL
    assert label_column(obs.assign(label="one")) is None
    assert label_column(obs.assign(label=["one", *[""] * (len(obs) - 1)])) is None


def test_donors_and_batches_are_those_of_the_study(study):
    n = study.cells.n_obs
    donors = np.arange(n) % 7
    told = replace(
        columns(study, phase=["G1", "S"]),
        unit="donor", block=donors, blocks=tuple(f"D{i}" for i in range(7)),
    )  # fmt: skip
    obs = labelled_cells(told, "phase").obs
    assert list(obs[DONOR]) == [f"D{i}" for i in donors]
    assert list(obs[BATCH]) == list(told.columns["phase"])
    assert donor_column(obs) == DONOR
    assert "phase" in obs


def test_a_batch_column_called_batch_is_one_column(study):
    told = columns(study, batch=["x", "y"])
    for named in (BATCH, None):  # None: the model reads it, the study does not name it
        obs = labelled_cells(told, named).obs
        assert list(obs[BATCH]) == list(told.columns["batch"])
        assert obs.columns.is_unique


def test_labels_called_label_are_no_conflict(study):
    told = replace(study, columns={LABEL: np.asarray(study.labels)})
    assert list(labelled_cells(told, None).obs[LABEL]) == list(study.labels)


@pytest.mark.parametrize(("name", "fix"), [("label", "strata"), ("donor", "donor")])
def test_a_column_that_means_something_else_is_refused(study, name, fix):
    told = columns(study, **{name: ["control", "stimulated"]})
    with pytest.raises(InputError, match=f"say cells.{fix}: {name}"):
        labelled_cells(told, None)
    other = columns(study, batch=["x", "y"], lane=["1", "2", "3"])
    with pytest.raises(InputError, match="not what the study calls batch"):
        labelled_cells(other, "lane")


def test_unknown_labels_are_empty(study):
    codes = np.where(np.arange(study.cells.n_obs) < 5, -1, study.stratum)
    obs = labelled_cells(replace(study, stratum=codes), None).obs
    assert (obs[LABEL][:5] == "").all()
    assert (obs[LABEL][5:] != "").all()
    assert isinstance(obs, pd.DataFrame)
