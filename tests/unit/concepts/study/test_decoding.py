"""Decoders of a study: by family, with the study's names, for normalised embeddings too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import cellglass as cg
from cellglass.concepts.interventions.decoders import Decoder
from cellglass.concepts.study.cells import space_of
from cellglass.concepts.study.decoding import StudyDecoder, family_decoder, study_decoder
from cellglass.errors import InputError

ROWS = np.array([1, 4, 7])


@pytest.fixture(scope="module")
def cells() -> Any:
    return cg.data.pbmc68k_reduced()[:10].copy()


@pytest.fixture(scope="module", params=["mini-scgpt", "mini-geneformer"])
def held(request, cells) -> Any:
    model = cg.load_model(request.param)
    return SimpleNamespace(model=model, cells=cells, space=space_of(cells, model, {}, 42))


def test_the_rows_asked_for_are_decoded(held):
    h = held.space.embed()
    found = study_decoder(held, ROWS, {}, 42).decode(h[ROWS], range(3))
    for i, row in enumerate(ROWS):
        alone = study_decoder(held, np.array([row]), {}, 42).decode(h[[row]], [0])
        np.testing.assert_allclose(found[i], alone[0], atol=1e-4)


def test_genes_have_symbols(held):
    decoder = study_decoder(held, ROWS, {}, 42)
    assert {"LYZ", "CD3D"} <= set(decoder.genes)
    assert len(decoder.genes) == len(held.space.genes)


def test_normalised_embeddings_are_decoded_as_the_others(held):
    plain = held.space.embed()[ROWS]
    options = {"normalise": True}
    normed = space_of(held.cells, held.model, options, 42).embed()[ROWS]
    np.testing.assert_allclose(np.linalg.norm(normed, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(
        study_decoder(held, ROWS, options, 42).decode(normed, range(3)),
        study_decoder(held, ROWS, {}, 42).decode(plain, range(3)),
        atol=1e-3,
    )


def test_other_poolings_are_refused(held):
    with pytest.raises(InputError, match="pooled by mean"):
        study_decoder(held, ROWS, {"pooling": "mean"}, 42)


def test_families_without_decoder_are_refused():
    with pytest.raises(InputError, match="'mine' have no decoder"):
        family_decoder("mine")


class Twice(Decoder):
    genes, scale = ("a", "b"), "twice"

    def decode(self, embedding, cells):
        return 2 * np.asarray(embedding, dtype=float)


def test_lengths_are_given_back_cell_by_cell():
    decoder = StudyDecoder(Twice(), ("A", "B"), np.array([1.0, 10.0, 100.0]))
    found = decoder.decode([[1.0, 2.0], [3.0, 4.0]], [2, 1])
    np.testing.assert_allclose(found, [[200, 400], [60, 80]])
    assert (decoder.genes, decoder.scale) == (("A", "B"), "twice")
