import numpy as np
from matplotlib.colors import to_rgba

from cellglass import pl


def lines_of(ax):
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def test_layers_are_in_order(table, ax):
    lines = lines_of(pl.layer_lines(table, ax=ax))
    np.testing.assert_allclose(lines["net$w$ork"].get_xydata(), [[0, 0.5], [1, 0.6], [2, 0.7]])


def test_what_has_no_layer_is_a_level(table, ax):
    lines = lines_of(pl.layer_lines(table, ax=ax))
    assert set(lines["|Spearman|"].get_ydata()) == {0.62}


def test_the_untrained_copy_takes_the_colour_of_its_series(table, ax):
    lines = lines_of(pl.layer_lines(table, ax=ax))
    own, copy = lines["net$w$ork"], lines["net$w$ork, untrained"]
    assert to_rgba(own.get_color()) == to_rgba(copy.get_color())
    assert own.get_linestyle() == "-" != copy.get_linestyle()
    assert copy.get_markerfacecolor() == "none"


def test_bands_are_the_intervals(table, ax):
    pl.layer_lines(table, ax=ax)
    band = ax.collections[0].get_paths()[0].vertices
    assert {round(float(y), 3) for y in band[:, 1]} == {0.4, 0.5, 0.6, 0.7, 0.8}


def test_many_layers_are_thinned_out_on_a_phone(table, ax, narrow_ax):
    import pandas as pd

    deep = pd.concat([table.iloc[:1].assign(layer=n) for n in range(24)])
    assert len(pl.layer_lines(deep, ax=narrow_ax).get_xticks()) <= 8
    assert len(pl.layer_lines(deep, ax=ax).get_xticks()) > 8


def test_a_level_to_compare_with_may_be_drawn(table, ax):
    pl.layer_lines(table, ax=ax, level=0.5, what="rho")
    assert list(ax.lines[0].get_ydata()) == [0.5, 0.5]
    assert ax.get_ylabel() == "rho"
