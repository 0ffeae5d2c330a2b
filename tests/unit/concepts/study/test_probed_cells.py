"""Which cells are probed, by which donors, and which columns cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.study.names import TEST, dictionary_name
from cellglass.concepts.study.probed_cells import ProbedCells, why_not


@pytest.fixture(scope="module")
def part(study_folders) -> np.ndarray:
    return np.load(study_folders.inputs[dictionary_name("planted")] / "split.npy")


def test_all_cells_where_they_are_few(study_folders, part):
    store = study_folders.store
    cells = ProbedCells.drawn(store, part, 1000, 1, "t")
    assert cells.rows.tolist() == list(range(600))
    assert cells.note == "all 600 cells"
    assert np.array_equal(cells.embedding, store.array[:])
    assert np.array_equal(cells.unseen, part == TEST)
    assert cells.groups.tolist() == store.obs["donor"].tolist()


def test_some_are_drawn_by_the_seed(study_folders, part):
    store = study_folders.store
    first, again, other = (ProbedCells.drawn(store, part, 50, s, "t") for s in (1, 1, 2))
    assert len(first) == 50
    assert first.rows.tolist() == again.rows.tolist() != other.rows.tolist()
    assert (np.diff(first.rows) > 0).all()
    assert first.obs["cell"].tolist() == [f"c{i}" for i in first.rows]
    assert np.array_equal(first.embedding, store.array.rows(first.rows))
    assert first.note == "50 of 600 cells, drawn"


def test_labels_are_empty_where_there_are_none(study_folders, part, tmp_path):
    label = np.where(np.arange(600) < 3, "", study_folders.store.obs["label"])
    label[3] = "unlabelled"
    store = study_folders.with_obs(tmp_path, label=label, donor="").store
    cells = ProbedCells.drawn(store, part, 600, 1, "t")
    labels = cells.labels(["condition", "no such column"])
    assert list(labels) == ["cell type", "condition"]
    assert labels["cell type"][:4].tolist() == [""] * 4
    assert labels["cell type"][4] == label[4]
    assert set(cells.groups) == {""}


def test_why_a_column_cannot_be_probed():
    donors = np.repeat([f"D{i}" for i in range(4)], 5)
    of_cells = np.array(["a", "b", "", "a", "b"] * 4, dtype=object)
    assert why_not(of_cells, donors, 5, 1, "t") == ""
    assert why_not(np.where(of_cells == "b", "", of_cells), donors, 5, 1, "t") == (
        "fewer than two labels"
    )
    # each donor has a label of its own: no other donor can teach it
    own = np.array([f"label of {d}" for d in donors], dtype=object)
    assert "more than one fold" in why_not(own, donors, 5, 1, "t")
