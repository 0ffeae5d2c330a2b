import numpy as np
import pytest

from cellglass import pl
from cellglass.errors import InputError


def lines(ax):
    return {line.get_label(): line for line in ax.lines}


def test_curves_are_steps_that_hold_until_the_next_scale(table, ax):
    pl.betti_curves(table.sample(frac=1, random_state=1), ax=ax)
    curve = lines(ax)["cl$o$ud, H1"]
    np.testing.assert_allclose(curve.get_xydata(), [[0, 0], [0.5, 3], [1, 1]])
    assert curve.get_drawstyle() == "steps-post"
    assert ax.get_ylabel() == "Betti number"


def test_dimensions_differ_in_their_dashes_and_series_in_colour(table, ax):
    held = lines(pl.betti_curves(table, ax=ax))
    first, second, null = (held[k] for k in ("cl$o$ud, H0", "cl$o$ud, H1", "null draw, H1"))
    assert first.get_color() == second.get_color() != null.get_color()
    assert first.get_linestyle() != second.get_linestyle() == null.get_linestyle()


def test_one_dimension_is_named_at_the_axis(table, ax):
    pl.betti_curves(table, ax=ax, dimension=1)
    assert ax.get_ylabel() == "loops (H1)"
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["cl$o$ud", "null draw", "null"]


def test_the_band_is_the_null(table, ax):
    pl.betti_curves(table, ax=ax, dimension=1)
    band = ax.collections[0].get_paths()[0].vertices
    assert {float(y) for y in band[:, 1]} == {0.0, 0.5, 1.0, 2.0}


def test_without_a_band_no_null_is_named(table, ax):
    pl.betti_curves(table.drop(columns=["low", "high"]), ax=ax, dimension=1)
    assert not ax.collections
    assert "null" not in [t.get_text() for t in ax.get_legend().get_texts()]


@pytest.mark.parametrize(("dimension", "said"), [(0, "components (H0)"), (3, "Betti number (H3)")])
def test_every_dimension_has_a_word(table, ax, dimension, said):
    pl.betti_curves(table.assign(dimension=dimension), ax=ax)
    assert ax.get_ylabel() == said


def test_a_dimension_that_is_not_there_is_told(table, ax):
    with pytest.raises(InputError, match=r"dimension 2(.|\n)*one of the dimensions 0, 1"):
        pl.betti_curves(table, ax=ax, dimension=2)
