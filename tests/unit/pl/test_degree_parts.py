import pytest

from cellglass import pl


def bars(ax, label):
    (found,) = (c for c in ax.containers if c.get_label() == label)
    return [(b.get_x(), b.get_width()) for b in found]


def test_bars_go_from_chance_to_the_null_and_on_to_the_observed(table, ax):
    pl.degree_parts(table, ax=ax)
    assert [w for _, w in bars(ax, "degrees")] == pytest.approx([0.19, 0.11, 0.05])
    assert [x for x, _ in bars(ax, "degrees")] == [0.5] * 3
    assert [x for x, _ in bars(ax, "the rest")] == pytest.approx([0.69, 0.61, 0.55])
    assert [w for _, w in bars(ax, "the rest")] == pytest.approx([0.067, -0.01, 0.0])


def test_z_is_printed_and_a_constant_score_has_none(table, ax):
    pl.degree_parts(table, ax=ax)
    assert [t.get_text() for t in ax.texts] == ["3.35", "−1", "constant", "z", "chance"]


def test_two_standard_deviations_of_the_null_are_drawn_and_in_view(table, ax):
    pl.degree_parts(table, ax=ax)
    (lines,) = (c for c in ax.collections if hasattr(c, "get_segments"))
    assert lines.get_segments()[0][:, 0] == pytest.approx([0.65, 0.73])
    low, high = ax.get_xlim()
    assert low < 0.5
    assert high > 0.757
