import numpy as np

from cellglass import pl


def points(ax):
    return next(c for c in ax.collections if len(c.get_offsets()) == 3)


def test_layers_with_intervals_beside_coexpression_and_the_untrained_copy(table, ax):
    pl.response_layers(table, ax=ax)
    np.testing.assert_allclose(points(ax).get_offsets(), [(0, 0.55), (1, 0.72), (2, 0.6)])
    spans = [s for c in ax.collections if hasattr(c, "get_segments") for s in c.get_segments()]
    assert [tuple(s[:, 1]) for s in spans] == [(0.5, 0.6), (0.68, 0.76), (0.55, 0.66)]
    by_label = {line.get_label(): line for line in ax.lines}
    assert set(by_label["|Spearman|"].get_ydata()) == {0.66}
    assert list(by_label["untrained copy"].get_ydata()) == [0.51, 0.5, 0.49]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "1", "la$y$er 2"]


def test_layers_that_others_chose_are_filled(table, ax):
    pl.response_layers(table, ax=ax)
    filled = points(ax).get_facecolors()[:, 3] > 0
    assert filled.tolist() == [False, True, True]


def test_without_a_copy_and_without_coexpression(table, ax):
    bare = table.drop(columns="untrained").assign(coexpression=float("nan"))
    pl.response_layers(bare, ax=ax)
    assert {"|Spearman|", "untrained copy"}.isdisjoint({line.get_label() for line in ax.lines})


def test_on_a_phone_the_label_is_short_and_the_legend_one_column(table, narrow_ax):
    pl.response_layers(table, ax=narrow_ax)
    assert narrow_ax.get_ylabel() == "mean AUROC"
