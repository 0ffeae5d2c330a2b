import numpy as np

from cellglass import pl


def points_of(ax):
    return [np.asarray(c.get_offsets()) for c in ax.collections if hasattr(c, "get_sizes")
            and len(c.get_offsets())]  # fmt: skip


def test_classes_are_rows_the_smaller_first_with_their_numbers(table, ax):
    pl.class_points(table, ax=ax)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["ma$s$ter (2)", "others (3)"]


def test_every_regulator_is_a_point_in_the_row_of_its_class(table, ax):
    pl.class_points(table, ax=ax)
    first, second = points_of(ax)
    assert sorted(first[:, 0]) == [0.6, 0.8]
    assert sorted(second[:, 0]) == [0.4, 0.5, 0.9]
    assert (np.abs(first[:, 1]) < 0.5).all()
    assert (np.abs(second[:, 1] - 1) < 0.5).all()


def test_sizes_follow_the_number_of_targets(table, ax):
    pl.class_points(table, ax=ax)
    others = [c for c in ax.collections if hasattr(c, "get_sizes") and len(c.get_offsets()) == 3]
    assert np.all(np.diff(others[0].get_sizes()) > 0)  # A, B, C by rising value: 3, 4, 20 targets


def test_means_are_marked(table, ax):
    pl.class_points(table, ax=ax)
    marks = [c.get_segments()[0][0, 0] for c in ax.collections if hasattr(c, "get_segments")]
    np.testing.assert_allclose(marks, [0.7, 0.6])


def test_members_of_small_classes_are_named(table, ax):
    pl.class_points(table, ax=ax)
    assert {"D$x$", "E", "A", "B", "C"} <= {t.get_text() for t in ax.texts}
    big = table.loc[table.index.repeat(5)]
    crowded = pl.class_points(big)
    assert "A" not in {t.get_text() for t in crowded.texts}
