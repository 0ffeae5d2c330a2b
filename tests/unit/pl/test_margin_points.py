import numpy as np
import pandas as pd
import pytest

from cellglass import pl


def points(ax):
    return {c.get_label(): np.asarray(c.get_offsets()) for c in ax.collections}


def test_rows_are_sorted_by_strict_margin_and_those_without_one_come_last(table, ax):
    pl.margin_points(table, ax=ax)
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert names == ["H139 immune", "H1$3$9 lung", "H140", "H141"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first on top


def test_points_are_the_margins_and_ticks_the_pooled_gaps(table, ax):
    held = points(pl.margin_points(table, ax=ax))
    np.testing.assert_allclose(held["strict margin above 0"], [[0.02, 0]])
    np.testing.assert_allclose(held["strict margin of 0 or less"], [[-0.004, 1], [-0.03, 2]])
    np.testing.assert_allclose(held["pooled null gap"][:3], [[0.03, 0], [0.01, 1], [-0.02, 2]])


def test_the_sign_shows_in_colour_and_marker(table, ax):
    pl.margin_points(table, ax=ax)
    above, below = (c for c in ax.collections if c.get_label().startswith("strict"))
    assert above.get_facecolors()[0].tolist() != below.get_facecolors()[0].tolist()
    assert len(above.get_paths()[0].vertices) != len(below.get_paths()[0].vertices)


def test_zero_is_a_line_and_a_margin_of_zero_is_not_above_it(table, ax):
    pl.margin_points(table.assign(strict_margin=0.0), ax=ax)
    assert list(ax.lines[0].get_xdata()) == [0, 0]
    assert ax.get_title(loc="left") == "0 of 4 rows above all nulls"


def test_observed_values_are_printed_in_the_order_of_the_rows(table, ax):
    pl.margin_points(table, ax=ax)
    minus = "\N{MINUS SIGN}"
    assert [t.get_text() for t in ax.texts] == ["0.05", "0.03", f"{minus}155", "0.01", "observed"]


def test_observed_values_without_a_number_say_so(table, ax):
    pl.margin_points(table.assign(observed=[0.1, np.nan, 0.1, 0.1]), ax=ax)
    assert ax.texts[0].get_text() == "none"


def test_long_names_leave_no_room_for_observed_values_on_a_phone(table, narrow_ax):
    long = table.assign(row=table["row"] + " with a long name")
    assert not pl.margin_points(long, ax=narrow_ax).texts


@pytest.mark.parametrize("name", ["ax", "narrow_ax"])
def test_many_rows_have_no_names_but_all_their_points(request, name, table):
    axes = request.getfixturevalue(name)
    many = pd.concat([table] * 50)
    pl.margin_points(many, ax=axes)
    assert axes.get_ylabel() == "200 rows by strict margin"
    assert not axes.texts
    assert len(points(axes)["strict margin above 0"]) == 50
