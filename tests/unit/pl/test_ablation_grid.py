import numpy as np
from matplotlib.colors import to_hex

from cellglass import pl


def test_cells_stand_where_their_layer_and_head_are(table, ax):
    pl.ablation_grid(table.iloc[[3, 1, 0, 2]], ax=ax)
    (mesh,) = ax.collections
    assert np.asarray(mesh.get_array()).reshape(2, 2).tolist() == [[0.01, 0.02], [0.03, 9.5]]
    printed = {tuple(t.get_position()): t.get_text() for t in ax.texts}
    assert printed[(0.5, 0.5)] == "0.01"
    assert printed[(1.5, 1.5)] == "9.5"


def test_the_planted_head_is_framed_and_named(table, ax):
    pl.ablation_grid(table, ax=ax)
    (frame,) = ax.patches
    assert frame.get_xy() == (1.0, 1.0)
    assert [t.get_text() for t in ax.texts][-1] == "planted"


def test_numbers_are_legible_on_pale_and_deep_cells(table, ax):
    pl.ablation_grid(table, ax=ax)
    colours = {t.get_text(): to_hex(t.get_color()) for t in ax.texts}
    assert colours == {"0.01": "#000000", "0.02": "#000000", "0.03": "#000000",
                       "9.5": "#ffffff", "planted": "#ffffff"}  # fmt: skip


def test_a_planted_head_that_changes_nothing_is_named_in_dark(table, ax):
    pl.ablation_grid(table.assign(change=[9.0, 0.0, 0.0, 0.1]), ax=ax)
    assert to_hex(ax.texts[-1].get_color()) == "#000000"


def test_heads_that_are_missing_stay_empty_and_planted_is_optional(table, ax):
    pl.ablation_grid(table.drop(columns="planted").iloc[:3], ax=ax)
    assert not ax.patches
    assert len(ax.texts) == 3
