import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.cloud import PointCloud


def cloud(rows, names):
    return PointCloud.of(rows, names)


def test_rows_meet_by_name_in_the_order_of_the_first():
    first = cloud([[1.0], [2.0], [3.0]], ["A", "B", "C"])
    second = cloud([[30.0, 1], [10.0, 1], [40.0, 1]], ["C", "A", "D"])
    matched = Matched.of(first, second)
    assert matched.names == ("A", "C")
    assert matched.first.tolist() == [[1.0], [3.0]]
    assert matched.second.tolist() == [[10.0, 1.0], [30.0, 1.0]]
    assert (matched.counts.first, matched.counts.second, matched.counts.shared) == (3, 3, 2)
    assert matched.counts.matched == len(matched) == 2


def test_zero_rows_and_duplicates_of_either_side_are_dropped_and_counted():
    names = list("ABCDEF")
    first = cloud([[0.0, 0], [1, 0], [1, 0], [2, 0], [3, 0], [4, 0]], names)
    second = cloud([[0.0, 0], [5, 0], [6, 0], [0, 0], [7, 0], [7, 0]], names)
    matched = Matched.of(first, second)
    assert matched.names == ("B", "E")
    counts = matched.counts
    assert (counts.zero_first, counts.zero_second) == (1, 2)
    assert (counts.duplicate_first, counts.duplicate_second) == (1, 1)
    assert "2 genes matched of 6 and 6" in str(counts)


def test_matching_is_symmetric():
    rng = np.random.default_rng(0)
    first = cloud(rng.normal(size=(30, 3)), [f"g{i}" for i in range(30)])
    second = cloud(rng.normal(size=(30, 4)), [f"g{i}" for i in rng.permutation(40)[:30]])
    one, other = Matched.of(first, second), Matched.of(second, first)
    assert set(one.names) == set(other.names)
    swapped = one.swapped()
    assert swapped.counts == other.counts
    assert np.array_equal(swapped.first, one.second)


def test_take_and_paired_keep_rows_in_pairs():
    matched = Matched.of_arrays([[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]])
    assert matched.take([2, 0]).second.ravel().tolist() == [6.0, 4.0]
    assert matched.take(np.array([True, False, True])).names == ("0", "2")
    assert matched.paired(np.array([1, 2, 0])).second.ravel().tolist() == [5.0, 6.0, 4.0]
    assert matched.paired(np.array([1, 2, 0])).first.ravel().tolist() == [1.0, 2.0, 3.0]


def test_names_of_another_kind_are_told():
    with pytest.raises(InputError, match="ENSG1 and the like, the second TP53"):
        Matched.of(cloud([[1.0]], ["ENSG1"]), cloud([[1.0]], ["TP53"]))


def test_nothing_left_is_told():
    with pytest.raises(InputError, match="all 2 shared genes are rows of zeros"):
        Matched.of_arrays([[0.0], [1.0]], [[1.0], [0.0]])


def test_bad_rows_are_refused():
    with pytest.raises(InputError, match="3 and 2 rows"):
        Matched.of_arrays(np.ones((3, 2)), np.ones((2, 2)))
    with pytest.raises(InputError, match="not finite"):
        Matched.of_arrays([[1.0], [np.nan]], [[1.0], [2.0]])
    with pytest.raises(InputError, match="names come twice"):
        Matched.of_arrays([[1.0], [2.0]], [[1.0], [2.0]], ["A", "A"])


def test_too_few_genes_name_what_was_dropped():
    matched = Matched.of_arrays([[0.0], [1.0], [2.0]], [[1.0], [3.0], [2.0]])
    with pytest.raises(InputError, match="rows of zeros 1 and 0"):
        matched.require_genes(10, "a test")
    matched.require_genes(2, "a test")
