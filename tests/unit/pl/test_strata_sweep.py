import numpy as np

from cellglass import pl


def test_the_first_score_is_drawn_with_a_line_an_aggregator_and_the_pooled_one(table, ax):
    pl.strata_sweep(table, ax=ax)
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}
    assert set(lines) == {"random strata, max", "random strata, me$a$n", "pooled"}
    np.testing.assert_allclose(lines["random strata, max"], [[2, 0.55], [5, 0.5]])
    np.testing.assert_allclose(lines["pooled"], [[2, 0.6], [5, 0.6]])


def test_another_score_and_some_aggregators_can_be_asked_for(table, ax):
    pl.strata_sweep(table, ax=ax, score="$a$", aggregators=["max"], measure="F1")
    assert [line.get_label() for line in ax.lines] == ["random strata, max", "pooled"]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.4, 0.3])
    assert ax.get_ylabel() == "F1"


def test_bands_span_the_draws(table, ax):
    pl.strata_sweep(table, ax=ax, aggregators=["max"])
    (band,) = ax.collections
    ys = band.get_paths()[0].vertices[:, 1]
    assert (ys.min(), ys.max()) == (0.4, 0.6)


def test_numbers_of_strata_are_whole(table, ax):
    pl.strata_sweep(table, ax=ax)
    ax.figure.draw_without_rendering()
    assert all(float(tick).is_integer() for tick in ax.get_xticks())
