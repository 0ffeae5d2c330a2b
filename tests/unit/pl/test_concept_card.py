"""The card of a unit."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from matplotlib.text import Text

from cellglass import pl
from cellglass.concepts import ConceptAtlas, write_atlas
from cellglass.errors import InputError


@pytest.fixture
def atlas(toy_atlas: Any, tmp_path: Path) -> ConceptAtlas:
    return ConceptAtlas.open(write_atlas(toy_atlas.content(), tmp_path / "toy"))


def words(figure: Any) -> list[str]:
    figure.savefig(io.BytesIO(), format="svg")
    return [t.get_text() for t in figure.findobj(Text) if t.get_text() and t.get_visible()]


@pytest.mark.parametrize("unit", ["concept 4", "neuron 0 +", 1])
def test_every_kind_of_unit_has_the_same_card(atlas: ConceptAtlas, unit: int | str):
    figure = pl.concept_card(atlas, unit)
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert "Genes that drive it" in titles
    assert "Where it is active" in titles
    assert len([t for t in titles if t]) == 5


def test_it_names_genes_terms_and_cells(atlas: ConceptAtlas):
    told = words(pl.concept_card(atlas, "concept 4"))
    assert {"ISG15", "LYZ", "interferon alpha response", "B", "T"} <= set(told)
    assert any(t.startswith("concept 4   active in 3 of 6 cells") for t in told)


def test_blind_cards_do_not_tell_the_kind(atlas: ConceptAtlas):
    for unit in ("concept 4", "neuron 0 +"):
        told = " ".join(words(pl.concept_card(atlas, unit, blind=True)))
        assert "concept" not in told
        assert "neuron" not in told


def test_panels_without_data_say_so(atlas: ConceptAtlas):
    told = words(pl.concept_card(atlas, "concept 9"))
    assert told.count("nothing to draw: the table is empty") == 2  # terms and the curve


def test_a_unit_that_is_not_there_is_told(atlas: ConceptAtlas):
    with pytest.raises(InputError, match="no unit 'concept 5'"):
        pl.concept_card(atlas, "concept 5")
