import numpy as np
import pandas as pd

from cellglass import pl


def lines_of(ax):
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def test_lines_go_through_the_means_over_draws(table, ax):
    lines = lines_of(pl.scaling_lines(table, ax=ax))
    np.testing.assert_allclose(lines["layer $0$"].get_xydata(), [[22, 0.52], [100, 0.6]])
    np.testing.assert_allclose(lines["|Spearman|"].get_xydata(), [[22, 0.5], [100, 0.54]])


def test_every_draw_is_a_point(table, ax):
    pl.scaling_lines(table, ax=ax)
    points = np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections])
    assert len(points) == len(table)
    assert {tuple(map(float, p)) for p in points} == set(
        zip(table["n_cells"].astype(float), table["auroc"], strict=True)
    )


def test_numbers_of_cells_are_named_where_they_fit(table, ax, narrow_ax):
    pl.scaling_lines(table, ax=ax)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["22", "100"]
    many = pd.concat([table.assign(n_wanted=n, n_cells=n) for n in (25, 50, 100, 110, 120, 1000)])
    pl.scaling_lines(many, ax=narrow_ax)
    shown = [t.get_text() for t in narrow_ax.get_xticklabels()]
    assert shown[-1] == "1,000"
    assert "110" not in shown


def test_what_is_no_layer_is_dashed_and_chance_is_a_line(table, ax):
    lines = lines_of(pl.scaling_lines(table, ax=ax, chance=0.5))
    assert lines["layer $0$"].get_linestyle() == "-"
    assert lines["|Spearman|"].get_linestyle() != "-"
    assert any(list(line.get_ydata()) == [0.5, 0.5] for line in ax.lines)


def test_another_metric_may_be_drawn(table, ax):
    pl.scaling_lines(table.rename(columns={"auroc": "f1"}), ax=ax, value="f1", what="F1")
    assert ax.get_ylabel() == "F1"
