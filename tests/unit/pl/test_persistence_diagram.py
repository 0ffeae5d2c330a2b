import numpy as np
import pytest
from matplotlib.colors import to_hex

from cellglass import pl
from cellglass.errors import InputError


def groups(ax):
    return {c.get_label(): c for c in ax.collections}


def test_points_stand_at_birth_and_death_and_what_never_dies_on_the_line_at_the_top(table, ax):
    pl.persistence_diagram(table, ax=ax)
    held = groups(ax)
    never = ax.lines[1].get_ydata()[0]
    np.testing.assert_allclose(held["cl$o$ud, H0"].get_offsets(), [[0, 0.8], [0, never]])
    np.testing.assert_allclose(held["cl$o$ud, H1"].get_offsets(), [[1.0, 1.7]])
    assert never > 1.7
    assert [t.get_text() for t in ax.texts] == ["never dies"]
    assert ax.get_ylim()[1] > never


def test_the_diagonal_is_where_birth_is_death(table, ax):
    pl.persistence_diagram(table, ax=ax)
    assert list(ax.lines[0].get_xdata()) == list(ax.lines[0].get_ydata()) == [0, 1.7]


def test_the_first_series_is_filled_and_the_others_are_hollow(table, ax):
    pl.persistence_diagram(table, ax=ax)
    own, null = groups(ax)["cl$o$ud, H1"], groups(ax)["null draw, H1"]
    assert len(own.get_facecolors()) == 1
    assert len(null.get_facecolors()) == 0
    assert to_hex(own.get_edgecolors()[0]) != to_hex(null.get_edgecolors()[0])


def test_dimensions_differ_in_marker(table, ax):
    pl.persistence_diagram(table, ax=ax)
    marks = {k: c.get_paths()[0].vertices.tobytes() for k, c in groups(ax).items()}
    assert marks["cl$o$ud, H0"] != marks["cl$o$ud, H1"] == marks["null draw, H1"]


def test_without_series_dimensions_are_named_alone_and_no_line_where_all_die(table, ax):
    finite = table[np.isfinite(table["death"])].drop(columns="series")
    pl.persistence_diagram(finite, ax=ax)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["H0", "H1"]
    assert not ax.texts
    assert len(ax.lines) == 1


def test_a_cloud_in_which_nothing_dies_is_drawn(table, ax):
    pl.persistence_diagram(table.iloc[1:2], ax=ax)
    assert [t.get_text() for t in ax.texts] == ["never dies"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"death": [0.8, 1, 0.5, 1.0]}, "row 2 dies at 0.5, before its birth at 1"),
     ({"death": [0.8, np.nan, 1.7, 1.0]}, "no number"),
     ({"birth": [0, np.inf, 1.0, 1.0]}, "no number")],
)  # fmt: skip
def test_what_is_no_feature_is_refused(table, ax, changes, said):
    with pytest.raises(InputError, match=said):
        pl.persistence_diagram(table.assign(**changes), ax=ax)
