"""Representations of the same cells, and activations of as many units of each kind."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.study.dictionaries import read_dictionaries
from cellglass.concepts.study.names import dictionary_name, units_name
from cellglass.concepts.study.probed_features import (
    CODES,
    RANDOM,
    RECONSTRUCTION,
    activations_by_kind,
    representations,
)
from cellglass.concepts.unit_files import read_units


@pytest.fixture(scope="module")
def dictionary(study_folders) -> Dictionary:
    return read_dictionaries(study_folders.inputs[dictionary_name("planted")])[0]


def test_representations(study_folders, dictionary):
    h = study_folders.store.array[:]
    found = representations(dictionary, h[:50], h[100:400], 1)
    assert {name: x.shape[1] for name, x in found.items()} == {
        "raw embedding": 16, CODES: 32, RECONSTRUCTION: 16, "PCA, 4 components": 4,
        "PCA, 16 components": 16, "ICA, 4 components": 4, "NMF, 4 components": 4, RANDOM: 32,
    }  # fmt: skip
    assert np.array_equal(found[CODES].toarray(), dictionary.encode(h[:50]).toarray())
    assert (found[RANDOM].getnnz(1) <= 4).all()
    assert np.allclose(found[RECONSTRUCTION], dictionary.reconstruct(h[:50]))


def test_components_are_those_of_training_cells(study_folders, dictionary):
    h = study_folders.store.array[:].astype(np.float64)
    found = representations(dictionary, h[:50], h[100:400], 1)["PCA, 16 components"]
    # all components together are a rotation: distances between cells are those of the embedding
    scaled = (h[:50] - h[0]) * dictionary.transform.scale
    assert np.allclose(np.linalg.norm(found - found[0], axis=1),
                       np.linalg.norm(scaled, axis=1), rtol=1e-3)  # fmt: skip
    # axes are orthogonal where they were fitted
    own = representations(dictionary, h[100:400], h[100:400], 1)["PCA, 16 components"]
    correlation = np.corrcoef(own.T)
    assert np.abs(correlation - np.eye(16)).max() < 1e-2


def test_a_flat_embedding_has_fewer_components(study_folders, dictionary):
    h = study_folders.store.array[:].copy()
    h[:, 3:] = 1.0
    found = representations(dictionary, h[:50], h[100:400], 1)
    assert [name for name in found if name.startswith("PCA")] == ["PCA, 3 components"]


def test_as_many_units_of_each_kind(study_folders):
    units = read_units(study_folders.inputs[units_name("planted")] / "units")
    h = study_folders.store.array[:40]
    found, counts = activations_by_kind(units, h, 20, 1)
    assert counts.to_dict() == {
        "concept": 24, "neuron": 24, "rotated neuron": 24, "component": 16, "random direction": 24,
    }  # fmt: skip
    kinds = np.array(units.kinds)
    # no kind is drawn from here: each has all its activations
    for kind, active in found.items():
        assert np.allclose(active.toarray(), units.activations(h)[:, kinds == kind])
    fewer, sizes = activations_by_kind(units, h, 10, 1)
    assert set(sizes) == {16}
    columns = {tuple(c) for c in found["concept"].toarray().T}
    assert {tuple(c) for c in fewer["concept"].toarray().T} <= columns
