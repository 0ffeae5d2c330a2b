"""Names of tasks and layers."""

from __future__ import annotations

from cellglass.geometry.study.names import (
    TOKEN_TABLE,
    cells_of,
    layer_label,
    layer_place,
    scores_name,
    states_name,
)


def test_variants_and_domains_have_tasks_of_their_own():
    names = {
        states_name("m"), states_name("m", untrained=True), scores_name("m", "lung"),
        scores_name("m", "blood"), scores_name("m", "lung", untrained=True),
    }  # fmt: skip
    assert len(names) == 5


def test_layers_are_told():
    assert layer_label(TOKEN_TABLE) == "token table"
    assert layer_label(11) == "layer 11"
    assert f"large {layer_place(TOKEN_TABLE)}" == "large in the token table"
    assert layer_place(11) == "after layer 11"


def test_cells_are_told():
    assert cells_of("all") == "the cells"
    assert cells_of("lung") == "the cells of lung"
