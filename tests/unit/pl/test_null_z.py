import numpy as np
import pandas as pd
import pytest

from cellglass import pl
from cellglass.errors import InputError


def drawn(ax):
    """Points of each named series: (z, row)."""
    return {
        c.get_label(): [tuple(p) for p in np.asarray(c.get_offsets()).tolist()]
        for c in ax.collections
    }


def test_the_score_coexpression_and_the_others(table, ax):
    pl.null_z(table, ax=ax, score="layer 0")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["label", "degree"]
    assert drawn(ax) == {
        "layer 0": [(4.0, 0.0), (1.5, 1.0)],
        "|Spearman|": [(2.0, 0.0), (-0.5, 1.0)],
        "other scores": [(1.0, 0.0), (0.2, 1.0)],
    }
    assert [t.get_text() for t in ax.texts] == ["< 0.001", "0.06", "adjusted p"]
    assert ax.get_legend().get_texts()[0].get_text() == "layer 0"


def test_the_same_head_of_the_untrained_copy_stands_beside(table, ax):
    copy = table[table["score"] == "layer 0"].assign(score="untrained: layer 0", z=[0.1, 0.3])
    other = copy.assign(score="untrained: layer 10", z=[9.0, 9.0])
    pl.null_z(pd.concat([table, copy, other]), ax=ax, score="layer 0")
    assert drawn(ax)["untrained: layer 0"] == [(0.1, 0.0), (0.3, 1.0)]
    assert (9.0, 0.0) in drawn(ax)["other scores"]


def test_beside_can_be_chosen(table, ax):
    pl.null_z(table, ax=ax, score="layer 0", beside=["la$y$er 1"])
    assert set(drawn(ax)) == {"layer 0", "la$y$er 1", "other scores"}


def test_coexpression_as_the_score_is_not_its_own_neighbour(table, ax):
    pl.null_z(table, ax=ax, score="|Spearman|")
    assert drawn(ax)["|Spearman|"] == [(2.0, 0.0), (-0.5, 1.0)]


def test_an_unknown_score_is_an_error_with_the_nearest(table, ax):
    with pytest.raises(InputError, match=r"no score 'layer 00'(.|\n)*did you mean 'layer 0'"):
        pl.null_z(table, ax=ax, score="layer 00")


def test_a_null_that_was_not_run_says_so(table, ax):
    table.loc[3, "p_adjusted"] = float("nan")
    pl.null_z(table, ax=ax, score="layer 0")
    assert [t.get_text() for t in ax.texts][1] == "not run"
