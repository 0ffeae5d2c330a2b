import numpy as np
import pandas as pd

from cellglass import pl


def test_the_first_design_is_drawn_and_another_can_be_asked_for(table, ax):
    pl.composition_lines(table, ax=ax)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[100, 0.5], [200, 0.6]])
    assert ax.get_xlabel() == "cells (composition fixed)"


def test_states_are_whole_numbers(table, ax):
    pl.composition_lines(table, ax=ax, design="states")
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[1, 0.55], [2, 0.5]])
    ax.figure.draw_without_rendering()
    assert all(float(tick).is_integer() for tick in ax.get_xticks())


def test_lines_go_through_means_of_repeats(ax):
    table = pd.DataFrame(
        {"design": "cells", "drawn": "micro-groups", "score": "s", "n_cells": [98, 102, 200, 210],
         "n_states": 3, "step": [0, 0, 1, 1], "auroc": [0.5, 0.6, 0.7, 0.8]}
    )  # fmt: skip
    pl.composition_lines(table, ax=ax)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[100, 0.55], [205, 0.75]])
    (points,) = ax.collections
    assert len(points.get_offsets()) == 4


def test_what_subsets_consist_of_is_named_where_there_are_two(table, ax):
    both = pd.concat([table, table.assign(drawn="micro-groups")])
    pl.composition_lines(both, ax=ax)
    labels = ax.get_legend_handles_labels()[1]
    assert "|Spearman| (cells)" in labels
    assert "|Spearman| (micro-groups)" in labels
    styles = {line.get_label(): line.get_linestyle() for line in ax.lines}
    assert styles["|Spearman| (cells)"] != styles["|Spearman| (micro-groups)"]
