"""Names of tasks and of cells."""

from __future__ import annotations

from cellglass.geometry.study.names import cells_of, scores_name, states_name


def test_variants_and_domains_have_tasks_of_their_own():
    names = {
        states_name("m"), states_name("m", untrained=True), scores_name("m", "lung"),
        scores_name("m", "blood"), scores_name("m", "lung", untrained=True),
    }  # fmt: skip
    assert len(names) == 5


def test_cells_are_told():
    assert cells_of("all") == "the cells"
    assert cells_of("lung") == "the cells of lung"
