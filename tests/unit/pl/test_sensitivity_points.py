import numpy as np
import pytest

from cellglass import pl
from cellglass.errors import InputError


def drawn(ax):
    """Values of each ranking by its name."""
    names = [t.get_text() for t in ax.get_yticklabels()]
    sets = [np.asarray(c.get_offsets())[:, 0].tolist() for c in ax.collections
            if len(c.get_offsets()) and not hasattr(c, "get_segments")]  # fmt: skip
    return dict(zip(names, sets, strict=True))


def test_every_point_of_every_ranking_that_two_perturbations_stand_behind(table, ax):
    pl.sensitivity_points(table, ax=ax)
    assert drawn(ax) == {
        "score": [0.6, 0.7], "|Spearman|": [0.62, 0.68, 0.7], "variance": [0.8, 0.85, 0.9],
    }  # fmt: skip
    spans = [tuple(s[:, 0]) for c in ax.collections if hasattr(c, "get_segments")
             for s in c.get_segments()]  # fmt: skip
    assert spans == [(0.6, 0.7), (0.62, 0.7), (0.8, 0.9)]
    assert any(t.get_text() == "chance" for t in ax.texts)


def test_points_of_one_perturbation_are_no_points(table, ax):
    table["n_score"] = 1
    pl.sensitivity_points(table, ax=ax)
    assert list(drawn(ax)) == ["|Spearman|", "variance"]


def test_where_no_ranking_is_left_it_says_so(table, ax):
    for name in ("score", "|Spearman|", "variance"):
        table[f"n_{name}"] = 0
    pl.sensitivity_points(table, ax=ax)
    assert ax.texts[0].get_text().startswith("nothing to draw")


def test_a_ranking_without_its_numbers_is_refused(table, ax):
    with pytest.raises(InputError, match="'n_variance'"):
        pl.sensitivity_points(table.drop(columns="n_variance"), ax=ax)
