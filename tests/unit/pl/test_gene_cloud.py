import numpy as np
import pandas as pd
import pytest

from cellglass import pl
from cellglass.errors import InputError


def named(ax):
    return [t.get_text() for t in ax.texts]


def told(ax):
    return [t.get_text() for t in ax.get_legend().get_texts()]


def scattered(n: int, seed: int = 0) -> pd.DataFrame:
    at = np.random.default_rng(seed).normal(size=(n, 2))
    return pd.DataFrame({"gene": [f"GENE{i}" for i in range(n)], "x": at[:, 0], "y": at[:, 1]})


def test_genes_stand_at_their_place_by_group(table, ax):
    pl.gene_cloud(table, ax=ax)
    assert told(ax) == ["regu$l$ator (2)", "target (2)", "in none (1)"]
    at = {c.get_label(): np.asarray(c.get_offsets()).tolist() for c in ax.collections}
    assert at["regu$l$ator (2)"] == [[3.0, 1.0], [0.0, 2.0]]
    assert at["in none (1)"] == [[0.2, -0.2]]


def test_the_farthest_genes_are_named_first(table, ax):
    pl.gene_cloud(table, ax=ax, labels=2)
    assert sorted(named(ax)) == ["GATA1", "S$P$I1"]


def test_genes_to_name_may_be_given(table, ax, narrow_ax):
    assert named(pl.gene_cloud(table, ax=ax, genes=["MYC", "GATA1"])) == ["MYC", "GATA1"]
    assert named(pl.gene_cloud(table, ax=narrow_ax, genes=[])) == []
    with pytest.raises(InputError, match="did you mean 'GATA1'"):
        pl.gene_cloud(table, ax=ax, genes=["GATA"])


def test_without_groups_there_is_no_legend(table, ax):
    pl.gene_cloud(table.drop(columns="group"), ax=ax)
    assert ax.get_legend() is None
    assert len(ax.collections[0].get_offsets()) == len(table)


def test_groups_beyond_the_eight_largest_are_other(ax):
    many = scattered(60).assign(group=[i % 8 for i in range(50)] + list(range(8, 18)))
    pl.gene_cloud(many, ax=ax)
    assert told(ax)[-1] == "other: 10 groups (10)"
    assert len(told(ax)) == 9
    looks = {(tuple(c.get_facecolors()[0]), c.get_paths()[0].vertices.tobytes())
             for c in ax.collections}  # fmt: skip
    assert len(looks) == 9


@pytest.mark.parametrize("width", ["ax", "narrow_ax"])
def test_names_do_not_lie_on_one_another_and_stay_in_the_figure(request, width):
    axes = request.getfixturevalue(width)
    pl.gene_cloud(scattered(400), ax=axes)
    axes.figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in axes.texts]
    assert len(boxes) >= 5
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(b.x0 >= 0 and b.x1 <= axes.figure.bbox.width for b in boxes)


def test_equal_clouds_in_any_order_of_rows_name_alike():
    table = scattered(40)
    first, second = pl.gene_cloud(table, labels=3), pl.gene_cloud(table.iloc[::-1], labels=3)
    assert len(named(first)) == 3
    assert named(first) == named(second)


def test_a_cloud_that_is_one_point_is_drawn(ax):
    pl.gene_cloud(pd.DataFrame({"gene": ["A", "B"], "x": [1.0, 1.0], "y": [2.0, 2.0]}), ax=ax)
    assert named(ax) == ["A"]


def test_a_gene_without_a_place_is_refused(table, ax):
    with pytest.raises(InputError, match="ACTB has no place"):
        pl.gene_cloud(table.assign(x=[3.0, 0.0, np.nan, 0.1, 0.2]), ax=ax)
