"""Names of tasks and layers."""

from __future__ import annotations

from cellglass.geometry.study.names import TOKEN_TABLE, layer_label, scores_name, states_name


def test_variants_and_domains_have_tasks_of_their_own():
    names = {
        states_name("m"), states_name("m", untrained=True), scores_name("m", "lung"),
        scores_name("m", "blood"), scores_name("m", "lung", untrained=True),
    }  # fmt: skip
    assert len(names) == 5


def test_layers_are_told():
    assert layer_label(TOKEN_TABLE) == "token table"
    assert layer_label(11) == "layer 11"
