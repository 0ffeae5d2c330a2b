import numpy as np

from cellglass import pl


def test_a_line_a_score_and_part_in_the_order_of_layers(table, ax):
    pl.reliability_lines(table, ax=ax)
    drawn = {
        line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines
    }
    assert drawn == {
        "m$o$d, whole": ([0, 1], [0.9, 0.8]),
        "m$o$d, pairwise": ([0, 1], [0.7, 0.6]),
        "untrained, whole": ([0, 1], [0.5, 0.4]),
    }


def test_bands_reach_from_the_smallest_to_the_largest(table, ax):
    pl.reliability_lines(table, ax=ax)
    first = ax.collections[0].get_paths()[0].vertices
    assert {(0.0, 0.8), (0.0, 0.95), (1.0, 0.7), (1.0, 0.85)} <= {tuple(v) for v in first}


def test_all_bands_are_in_view(table, ax):
    table.loc[5, "smallest"] = -0.3
    pl.reliability_lines(table, ax=ax)
    low, high = ax.get_ylim()
    assert low < -0.3
    assert high > 1.0


def test_parts_differ_without_colour(table, ax):
    pl.reliability_lines(table, ax=ax)
    whole, pairwise = ax.lines[0], ax.lines[1]
    assert whole.get_color() == pairwise.get_color()
    assert whole.get_marker() != pairwise.get_marker()
    assert whole.get_linestyle() != pairwise.get_linestyle()


def test_undefined_layers_leave_finite_limits(table, ax):
    table[["mean", "smallest", "largest"]] = np.nan
    pl.reliability_lines(table, ax=ax)
    assert np.isfinite(ax.get_ylim()).all()
