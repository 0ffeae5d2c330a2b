import numpy as np
import pandas as pd

from cellglass import pl


def lines(ax):
    return {k.get_label(): k for k in ax.lines if not k.get_label().startswith("_")}


def test_components_are_in_order(table, ax):
    pl.spectrum_lines(table, ax=ax)
    line = lines(ax)["la$y$er 0"]
    np.testing.assert_allclose(line.get_xydata(), [[1, 0.6], [2, 0.3], [3, 0.1]])
    assert ax.get_yscale() == "linear"
    assert ax.get_ylim()[0] == 0


def test_on_a_logarithmic_axis_a_share_of_zero_is_left_out(table, ax):
    pl.spectrum_lines(table, ax=ax, log=True)
    assert ax.get_yscale() == "log"
    np.testing.assert_array_equal(np.isnan(lines(ax)["layer 1"].get_ydata()), [False, False, True])
    ax.figure.draw_without_rendering()
    said = [t.get_text() for t in ax.get_yticklabels() if t.get_text()]
    assert "0.1" in said
    assert not any("^" in t for t in said)


def test_the_null_of_a_series_is_a_band_with_its_upper_end(table, ax):
    pl.spectrum_lines(table, ax=ax)
    ends = [k for k in ax.lines if k.get_label().startswith("_")]
    np.testing.assert_allclose(ends[0].get_xydata(), [[1, 0.5], [2, 0.4], [3, 0.2]])
    band = ax.collections[0].get_paths()[0].vertices
    assert {round(float(y), 3) for y in band[:, 1]} == {0.1, 0.2, 0.3, 0.4, 0.5}
    assert [t.get_text() for t in ax.get_legend().get_texts()][-1] == "null"


def test_without_a_null_there_is_no_band(table, ax):
    pl.spectrum_lines(table.drop(columns=["low", "high"]), ax=ax)
    assert not ax.collections
    assert len(ax.lines) == 2


def test_long_spectra_have_no_markers(ax):
    long = pd.DataFrame({"series": "a", "component": np.arange(1, 101), "share": 0.01})
    pl.spectrum_lines(long, ax=ax)
    assert ax.lines[0].get_marker() == ""
