import numpy as np
import pandas as pd

from cellglass import pl
from cellglass.pl._embedding_map import MAX_LABELS, _apart


def legend(ax):
    return [t.get_text() for t in ax.get_legend().get_texts()]


def test_labels_are_numbered_by_size_and_named_in_the_legend(table, ax):
    pl.embedding_map(table, ax=ax)
    assert legend(ax) == ["1  T $x$ (2)", "2  B (1)", "3  NK (1)"]
    drawn = [np.asarray(c.get_offsets()).tolist() for c in ax.collections]
    assert drawn == [[[1.0, 1.0], [1.2, 1.4]], [[0.0, 0.0]], [[5.0, 5.0]]]


def test_the_number_of_a_label_stands_at_the_median_of_its_cells(table, ax):
    pl.embedding_map(table, ax=ax)
    at = {t.get_text(): t.get_position() for t in ax.texts}
    assert np.allclose(at["1"], (1.1, 1.2))
    assert np.allclose(at["3"], (5.0, 5.0))


def test_many_labels_end_in_other_and_no_two_look_alike(ax):
    n = MAX_LABELS + 4
    table = pd.DataFrame({"x": np.arange(2.0 * n), "y": np.arange(2.0 * n) ** 0.5,
                          "label": [f"t{i:02d}" for i in range(n)] * 2})  # fmt: skip
    pl.embedding_map(table, ax=ax)
    assert legend(ax)[-1] == "other: 4 labels (8)"
    assert len(legend(ax)) == MAX_LABELS + 1
    looks = {(tuple(c.get_facecolors()[0]), c.get_paths()[0].vertices.tobytes())
             for c in ax.collections[:MAX_LABELS]}  # fmt: skip
    assert len(looks) == MAX_LABELS


def test_equal_tables_in_any_order_of_rows_number_alike(table, ax, narrow_ax):
    pl.embedding_map(table, ax=ax)
    pl.embedding_map(table.iloc[::-1], ax=narrow_ax)
    assert legend(ax) == legend(narrow_ax)


def test_numbers_at_one_place_are_pushed_apart_and_far_ones_stay():
    at = np.array([[0.0, 0.0], [0.0, 0.0], [0.001, 0.0], [10.0, 10.0]])
    moved = _apart(at, np.array([10.0, 10.0]))
    near = moved[:3] / 10
    distance = np.linalg.norm(near[:, None] - near[None], axis=-1)[np.triu_indices(3, 1)]
    assert distance.min() > 0.05
    assert np.allclose(moved[3], [10.0, 10.0])
