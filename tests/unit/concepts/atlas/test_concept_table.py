"""The labelled table of concepts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cellglass.concepts import ConceptAtlas, write_atlas, write_concept_table
from cellglass.concepts.atlas.content import AtlasContent
from cellglass.concepts.atlas.schema import EXPERT_LABELS
from cellglass.errors import InputError


@pytest.fixture
def atlas(content: Callable[..., AtlasContent], tmp_path: Path) -> ConceptAtlas:
    return ConceptAtlas.open(write_atlas(content(), tmp_path / "toy"))


def test_concepts_with_genes_and_terms(atlas: ConceptAtlas):
    table = atlas.concept_table().set_index("name")
    assert table.index.tolist() == ["concept 4", "concept 9"]
    assert table.loc["concept 4", "genes_for"] == "ISG15"
    assert table.loc["concept 4", "genes_against"] == "LYZ"
    assert table.loc["concept 4", "terms"] == "interferon alpha response"
    assert table.loc["concept 4", "frequency"] == 0.5


def test_genes_that_are_not_sure_carry_a_question_mark(atlas: ConceptAtlas):
    table = atlas.concept_table().set_index("name")
    assert table.loc["concept 9", "genes_for"] == "ISG15?"
    assert table.loc["concept 9", "terms"] == ""


def test_what_experts_said_stands_last_each_word_once(atlas: ConceptAtlas):
    given = pd.DataFrame(
        {"unit": [0, 0, 0], "rater": list("abc"), "label": ["interferon", "interferon", "virus"]}
    )
    given.to_parquet(atlas.folder / EXPERT_LABELS)
    table = atlas.concept_table()
    assert table.columns[-1] == "expert_label"
    assert table["expert_label"].tolist() == ["interferon | virus", ""]


def test_it_is_written_as_tsv(atlas: ConceptAtlas, tmp_path: Path):
    path = write_concept_table(atlas, tmp_path / "c.tsv")
    back = pd.read_csv(path, sep="\t", keep_default_na=False)
    assert back["genes_for"].tolist() == ["ISG15", "ISG15?"]
    assert not list(tmp_path.glob(".*partial"))
    with pytest.raises(InputError, match=r"c\.csv"):
        write_concept_table(atlas, tmp_path / "c.csv")
