import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from cellglass import pl
from cellglass.errors import InputError


def deep(layers: range = range(-1, 12), value: float = 0.5) -> pd.DataFrame:
    """All pairs of the layers of two models of 12 layers and an input."""
    pairs = [(a, b) for a in layers for b in layers]
    return pd.DataFrame(pairs, columns=["first_layer", "second_layer"]).assign(cka=value)


def shown(ax):
    return np.asarray(ax.images[0].get_array().filled(np.nan))


def test_values_stand_in_their_row_and_column(table, ax):
    pl.layer_matrix(table, ax=ax)
    np.testing.assert_array_equal(shown(ax), [[0.8, np.nan], [0.4, 0.9]])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["0", "1"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["input", "0"]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("first layer", "second layer")


def test_numbers_are_printed_where_there_is_one_in_a_colour_that_can_be_read(table, ax):
    pl.layer_matrix(table, ax=ax)
    said = {t.get_text(): to_hex(t.get_color()) for t in ax.texts}
    assert said == {"0.80": "#ffffff", "0.40": "#000000", "0.90": "#ffffff"}


def test_thirteen_layers_are_printed_in_a_report_and_not_on_a_phone():
    wide = Figure((6.4, 4.6), layout="constrained").subplots()
    assert len(pl.layer_matrix(deep(), ax=wide).texts) == 169
    narrow = Figure((3.5, 4.6), layout="constrained").subplots()
    assert not pl.layer_matrix(deep(), ax=narrow).texts
    assert len(wide.get_xticks()) == 13 > len(narrow.get_xticks())
    assert len(pl.layer_matrix(deep()).texts) == 169  # and in a figure of its own


@pytest.mark.parametrize("width", [6.4, 3.5])
@pytest.mark.parametrize("value", [0.5, -0.5])
def test_printed_numbers_and_names_of_columns_do_not_overlap(width, value):
    figure = Figure((width, 4.6), layout="constrained")
    ax = pl.layer_matrix(deep(value=value), ax=figure.subplots())
    figure.draw_without_rendering()
    for row in ([t for t in ax.texts if t.get_position()[1] == 0], ax.get_xticklabels()):
        boxes = [t.get_window_extent() for t in row]
        assert all(a.x1 <= b.x0 for a, b in itertools.pairwise(boxes))


def test_the_bar_is_named_and_starts_at_zero(table, ax):
    pl.layer_matrix(table, ax=ax)
    (bar,) = [a for a in ax.figure.axes if a is not ax]
    assert bar.get_ylabel() == "cka"
    assert ax.images[0].get_clim() == (0.0, 0.9)


def test_negative_values_change_colour_at_zero(table, ax):
    pl.layer_matrix(table.assign(cka=[0.2, -0.6, 0.1, np.nan]), ax=ax)
    assert ax.images[0].get_clim() == (-0.6, 0.6)
    assert "\N{MINUS SIGN}0.60" in [t.get_text() for t in ax.texts]


def test_ends_of_the_colours_may_be_given(table, ax):
    pl.layer_matrix(table, ax=ax, limits=(0.5, 1.0))
    assert ax.images[0].get_clim() == (0.5, 1.0)


def test_other_columns_and_names_of_layers_keep_their_order(ax):
    names = pd.DataFrame({"layer of A": ["layer 10", "layer 2"], "layer of B": ["last", "first"],
                          "gw_distance": [1.0, 2.0]})  # fmt: skip
    pl.layer_matrix(names, ax=ax, value="gw_distance", rows="layer of A", columns="layer of B")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["layer 10", "layer 2"]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("layer of A", "layer of B")
    assert ax.figure.axes[-1].get_ylabel() == "gw distance"
    assert [t.get_text() for t in ax.texts] == ["1.00", "2.00"]


def test_a_table_without_any_value_is_blank(table, ax):
    pl.layer_matrix(table.assign(cka=np.nan), ax=ax)
    assert np.isnan(shown(ax)).all()
    assert not ax.texts


def test_two_values_of_a_pair_are_refused(table, ax):
    with pytest.raises(InputError, match="two values for first_layer 1 and second_layer -1"):
        pl.layer_matrix(pd.concat([table, table.iloc[:1]]), ax=ax)
