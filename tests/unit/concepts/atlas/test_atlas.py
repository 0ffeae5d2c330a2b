"""Reading an atlas."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts import ConceptAtlas, write_atlas
from cellglass.concepts.atlas.content import AtlasContent
from cellglass.concepts.atlas.schema import ATLAS, EXPERT_LABELS, SCHEMA_VERSION
from cellglass.errors import InputError

Make = Callable[..., AtlasContent]


@pytest.fixture
def atlas(content: Make, tmp_path: Path) -> ConceptAtlas:
    return ConceptAtlas.open(write_atlas(content(), tmp_path / "toy"))


def test_what_was_written_comes_back(atlas: ConceptAtlas, content: Make):
    given = content()
    np.testing.assert_array_equal(atlas.activations.toarray(), given.activations.toarray())
    np.testing.assert_array_equal(atlas.scores, given.scores)
    np.testing.assert_array_equal(atlas.directions, given.directions)
    np.testing.assert_array_equal(atlas.mean, given.mean)
    pd.testing.assert_frame_equal(atlas.units, given.tables["units"], check_dtype=False)
    assert (len(atlas), atlas.model, atlas.scale) == (3, "toy", 2.0)
    assert "2 concepts, 1 neurons" in repr(atlas)


def test_a_unit_goes_by_number_or_name(atlas: ConceptAtlas):
    np.testing.assert_array_equal(atlas.activation("concept 9"), atlas.activation(1))
    assert atlas.activation("concept 9").tolist() == [0, 0, 0, 0, 0, 3]


def test_genes_come_highest_first(atlas: ConceptAtlas):
    assert atlas.attribution("concept 4")["gene"].tolist() == ["ISG15", "LYZ"]


def test_terms_come_surest_first(atlas: ConceptAtlas):
    assert atlas.enrichment(0)["term"].tolist() == ["H1", "H2"]
    assert len(atlas.enrichment(2)) == 0


def test_a_gene_names_its_units_strongest_first(atlas: ConceptAtlas):
    assert atlas.gene("ISG15")["name"].tolist() == ["concept 4", "concept 9"]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda a: a.activation("concept 5"), "did you mean"),
        (lambda a: a.activation(3), "0 to 2"),
        (lambda a: a.gene("ISG51"), "did you mean 'ISG15'"),
        (lambda a: a.table("unit"), "did you mean 'units'"),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest(
    atlas: ConceptAtlas, ask: Callable[[ConceptAtlas], object], words: str
):
    with pytest.raises(InputError, match=words):
        ask(atlas)


@pytest.mark.parametrize(
    ("version", "words"),
    [(SCHEMA_VERSION + 1, "update cellglass"), (0, "write it again"), ("x", "write it again")],
)
def test_another_version_of_the_format_is_refused(
    content: Make, tmp_path: Path, version: object, words: str
):
    folder = write_atlas(content(), tmp_path / "toy")
    described = json.loads((folder / ATLAS).read_text()) | {"schema": version}
    (folder / ATLAS).write_text(json.dumps(described))
    with pytest.raises(InputError, match=words):
        ConceptAtlas.open(folder)


def test_a_description_that_is_cut_off_is_told(content: Make, tmp_path: Path):
    folder = write_atlas(content(), tmp_path / "toy")
    (folder / ATLAS).write_text((folder / ATLAS).read_text()[:20])
    with pytest.raises(InputError, match="cannot be read"):
        ConceptAtlas.open(folder)


def test_a_missing_file_is_named(content: Make, tmp_path: Path):
    folder = write_atlas(content(), tmp_path / "toy")
    (folder / "activations" / "data.npy").unlink()
    with pytest.raises(InputError, match=r"activations/data.npy is missing"):
        ConceptAtlas.open(folder)


def test_a_folder_of_atlases_says_which_to_open(content: Make, tmp_path: Path):
    write_atlas(content(), tmp_path / "atlas" / "toy")
    with pytest.raises(InputError, match=r"open .*atlas/toy"):
        ConceptAtlas.open(tmp_path / "atlas")
    with pytest.raises(InputError, match="there is no atlas"):
        ConceptAtlas.open(tmp_path / "nowhere")


def test_expert_labels_are_read_where_there_are_some(atlas: ConceptAtlas):
    assert len(atlas.expert_labels) == 0
    given = pd.DataFrame({"unit": [0], "rater": ["a"], "label": ["interferon"]})
    given.to_parquet(atlas.folder / EXPERT_LABELS)
    assert atlas.expert_labels["label"].tolist() == ["interferon"]


def test_an_atlas_without_dictionary_has_none(atlas: ConceptAtlas):
    assert atlas.dictionary is None
