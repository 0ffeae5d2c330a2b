import numpy as np
from matplotlib.colors import to_rgba

from cellglass import pl


def test_filled_points_lie_above_their_band_and_hollow_ones_do_not(table, ax):
    pl.cssi_lines(table, ax=ax)
    state = {}
    for points in ax.collections:
        xy = np.asarray(points.get_offsets())
        if not hasattr(points, "get_sizes") or not len(xy) or points.get_label() in ("pooled",):
            continue
        for (x, y), face in zip(xy, points.get_facecolors(), strict=True):
            state[(round(x), round(float(y), 3))] = face[3] > 0
    assert state == {(0, 0.70): True, (0, 0.58): False, (1, 0.51): False, (1, 0.49): False}


def test_pooled_scores_are_lines_across_their_group(table, ax):
    pl.cssi_lines(table, ax=ax)
    (pooled,) = [c for c in ax.collections if c.get_label() == "pooled"]
    segments = pooled.get_segments()
    assert [s[0, 1] for s in segments] == [0.60, 0.5]
    assert [s[:, 0].mean() for s in segments] == [0.0, 1.0]


def test_bands_are_the_shuffled_strata(table, ax):
    pl.cssi_lines(table, ax=ax)
    bands = [s for c in ax.collections if c.get_label() != "pooled" and hasattr(c, "get_segments")
             for s in c.get_segments()]  # fmt: skip
    spans = sorted((round(s[0, 0]), *map(float, s[:, 1])) for s in bands)
    assert spans == [(0, 0.55, 0.65)] * 2 + [(1, 0.45, 0.55)] * 2


def test_the_legend_names_every_aggregator_once_with_a_filled_marker(table, ax):
    pl.cssi_lines(table, ax=ax)
    handles, labels = ax.get_legend_handles_labels()
    assert labels == ["pooled", "max", "mean"]
    colours = {to_rgba(h.get_facecolor()[0]) for h in handles[1:]}
    assert len(colours) == 2
    assert all(c[3] == 1 for c in colours)
