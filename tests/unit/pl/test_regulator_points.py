import numpy as np
import pandas as pd
import pytest

from cellglass import pl
from cellglass.errors import InputError


def groups(ax):
    return {c.get_label(): c.get_offsets() for c in ax.collections if len(c.get_offsets())
            and not c.get_label().startswith("_")}  # fmt: skip


def test_kinds_of_regulators_are_told_apart(table, ax):
    pl.regulator_points(table, ax=ax, score="layer 0")
    found = groups(ax)
    assert found["interval above chance"][:, 1].tolist() == [0.8]
    assert found["interval reaches chance"][:, 1].tolist() == [0.5, 0.45]
    assert found["one target: a rank"][:, 1].tolist() == [0.9]
    assert found["interval above chance"][0, 0] == pytest.approx(np.log10(12))


def test_equally_many_targets_stand_side_by_side(table, ax):
    pl.regulator_points(table, ax=ax, score="layer 0")
    x = groups(ax)["interval reaches chance"][:, 0]
    assert x[0] != x[1]
    assert x.mean() == pytest.approx(np.log10(3))


def test_the_surest_are_named_as_far_as_there_is_room(table, ax):
    pl.regulator_points(table, ax=ax, score="layer 0")
    assert [t.get_text() for t in ax.texts] == ["SPI1"]
    many = pd.DataFrame(
        {"score": "s", "regulator": [f"R{i}" for i in range(40)], "n_targets": range(2, 42),
         "auroc": np.linspace(0.9, 0.6, 40), "low": np.linspace(0.58, 0.55, 40), "high": 0.95}
    )  # fmt: skip
    axes = pl.regulator_points(many)
    named = axes.texts
    assert named[0].get_text() == "R0"
    assert 2 <= len(named) <= 6
    places = [t.xy for t in named]
    apart = [abs(a[0] - b[0]) > 0.1 or abs(a[1] - b[1]) > 0.06
             for k, a in enumerate(places) for b in places[k + 1 :]]  # fmt: skip
    assert all(apart)


def test_only_the_score_asked_for_is_drawn(table, ax):
    pl.regulator_points(table, ax=ax, score="$layer$ 1")
    assert sum(len(v) for v in groups(ax).values()) == 1
    with pytest.raises(InputError, match="no score 'layer 9'"):
        pl.regulator_points(table, ax=ax, score="layer 9")
