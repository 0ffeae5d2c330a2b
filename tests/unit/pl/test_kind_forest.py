from cellglass import pl
from cellglass.pl._style import GREY


def test_candidate_has_a_colour_of_its_own_and_the_null_a_line(table, ax):
    pl.kind_forest(table, ax=ax)
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert points[0].get_color() != points[1].get_color() == points[2].get_color()
    nulls = [line for line in ax.lines if line.get_color() == GREY]
    assert [line.get_xdata()[0] for line in nulls] == [0.1, 0.1]
    assert [t.get_text() for t in ax.texts] == ["0.5", "0.3", "0.45"]


def test_a_measure_that_is_not_there_is_said(table, ax):
    pl.kind_forest(table, ax=ax, measure="purity")
    assert ax.texts[0].get_text().startswith("nothing to draw")
