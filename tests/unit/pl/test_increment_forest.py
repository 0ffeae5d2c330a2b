import pytest

from cellglass import pl


def test_points_intervals_and_printed_values(table, ax):
    pl.increment_forest(table, ax=ax, margin=0.01)
    values = [line.get_xdata()[0] for line in ax.lines if line.get_marker() not in (None, "None")]
    assert values == [-0.0034, 0.0083]
    spans = [tuple(c.get_segments()[0][:, 0]) for c in ax.collections]
    assert spans == [(-0.1164, 0.0642), (-0.2023, 0.0467)]
    assert [t.get_text() for t in ax.texts] == ["−0.003 [−0.116, 0.064]", "0.008 [−0.202, 0.047]"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["layer 3", "co$t$"]


def test_the_band_is_the_margin_on_both_sides(table, ax):
    pl.increment_forest(table, ax=ax, margin=0.02)
    (band,) = ax.patches
    assert (band.get_x(), band.get_width()) == pytest.approx((-0.02, 0.04))


def test_band_and_all_intervals_are_in_view(table, ax):
    pl.increment_forest(table, ax=ax, margin=0.4)
    low, high = ax.get_xlim()
    assert low < -0.4
    assert high > 0.4


def test_values_may_be_called_by_another_name(table, ax, narrow_ax):
    pl.increment_forest(table, ax=ax)
    assert ax.get_xlabel() == "increment in held-out AUROC"
    pl.increment_forest(table, ax=narrow_ax, what="gain")
    assert narrow_ax.get_xlabel() == "gain"
