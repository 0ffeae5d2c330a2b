import pytest

from cellglass import pl


def test_median_over_units_with_quartiles(table, ax):
    pl.dose_lines(table, ax=ax)
    effect, random, _ = ax.lines
    assert effect.get_ydata() == pytest.approx([0.3, 0.0, 0.4])
    assert random.get_ydata() == pytest.approx([0.1, 0.0, 0.1])
    assert len(ax.collections) == 2


def test_one_unit_has_no_band(table, ax):
    pl.dose_lines(table, ax=ax, unit="concept 2")
    assert ax.lines[0].get_ydata() == pytest.approx([0.2, 0.0, 0.3])
    assert not ax.collections
