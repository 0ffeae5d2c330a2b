"""The card of a gene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cellglass import pl
from cellglass.concepts import ConceptAtlas, write_atlas
from cellglass.errors import InputError


@pytest.fixture
def atlas(toy_atlas: Any, tmp_path: Path) -> ConceptAtlas:
    return ConceptAtlas.open(write_atlas(toy_atlas.content(), tmp_path / "toy"))


def test_units_that_the_gene_drives_strongest_first(atlas: ConceptAtlas):
    ax = pl.gene_card(atlas, "ISG15").axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["concept 4", "concept 9"]
    assert ax.get_title(loc="left") == "ISG15: units that it drives"


def test_other_kinds_where_asked_for(atlas: ConceptAtlas):
    ax = pl.gene_card(atlas, "NKG7").axes[0]
    assert ax.texts[0].get_text().startswith("nothing to draw")
    ax = pl.gene_card(atlas, "NKG7", kinds=("neuron",)).axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["neuron 0 +"]


def test_an_unknown_gene_is_told_with_the_nearest(atlas: ConceptAtlas):
    with pytest.raises(InputError, match="did you mean 'ISG15'"):
        pl.gene_card(atlas, "ISG51")
