import numpy as np
import pytest

from cellglass import pl


def test_before_and_after_joined_by_a_line(table, ax):
    pl.balance_points(table, ax=ax)
    lines, before, after = ax.collections
    np.testing.assert_allclose(before.get_offsets(), [(0.8, 0), (-0.4, 1)])
    np.testing.assert_allclose(after.get_offsets(), [(0.05, 0), (-0.15, 1)])
    assert [tuple(s[:, 0]) for s in lines.get_segments()] == [(0.8, 0.05), (-0.4, -0.15)]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["target me$a$n", "propensity"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["before matching", "after"]


@pytest.mark.parametrize("balanced", [0.1, 0.25])
def test_the_band_is_what_counts_as_balanced(table, ax, balanced):
    pl.balance_points(table, ax=ax, balanced=balanced)
    (band,) = ax.patches
    assert (band.get_x(), band.get_width()) == pytest.approx((-balanced, 2 * balanced))


def test_the_two_are_told_apart_without_colour(table, ax):
    pl.balance_points(table, ax=ax)
    _, before, after = ax.collections
    assert before.get_facecolor().size == 0  # hollow
    assert after.get_facecolor().size == 4
