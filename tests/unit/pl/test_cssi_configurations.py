import numpy as np
from matplotlib.container import ErrorbarContainer

from cellglass import pl


def test_ours_are_points_with_deviations(table, ax):
    pl.cssi_configurations(table, ax=ax)
    bars = [c for c in ax.containers if isinstance(c, ErrorbarContainer)]
    heights = [b.lines[0].get_ydata().tolist() for b in bars]
    assert heights == [[0.83, 0.56], [0.95, 0.91], [0.72, 0.36], [0.6, 0.25]]
    spans = bars[0].lines[2][0].get_segments()
    np.testing.assert_allclose([np.ptp(s[:, 1]) for s in spans], [0.1, 0.1])


def test_published_values_are_the_specifications_or_else_the_papers(table, ax):
    pl.cssi_configurations(table, ax=ax)
    published = [c.get_offsets()[:, 1].tolist() for c in ax.collections
                 if hasattr(c, "get_sizes") and len(c.get_offsets())]  # fmt: skip
    assert [0.61, 0.257] in published  # K-means: the earlier file only
    assert [0.94, 0.907] in published
    assert ax.get_legend_handles_labels()[1].count("published") == 1


def test_kinds_stand_side_by_side(table, ax):
    pl.cssi_configurations(table, ax=ax)
    xs = [c.lines[0].get_xdata()[0] for c in ax.containers]
    assert xs == sorted(xs)
    assert len(set(xs)) == 4
    assert max(map(abs, xs)) < 0.5
