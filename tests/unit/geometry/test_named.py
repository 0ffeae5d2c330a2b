import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.named import numbered, pair_ends, places, require_different

CLOUD = PointCloud.of([[0.0], [1.0], [1.0], [3.0], [7.0]], list("ABCDE"))


def test_places_of_names_may_repeat():
    assert CLOUD.places(["B", "B", "A"]).tolist() == [1, 1, 0]
    assert CLOUD.places([]).tolist() == []
    assert CLOUD.places([]).dtype == np.int64
    with pytest.raises(InputError, match=r"2 names are unknown, the first X\n.*where: genes"):
        places(numbered(["A"]), ["X", "A", "Y"], "genes")


def test_ends_are_rows_of_a_cloud_and_nodes_of_a_graph():
    one, other = pair_ends(CLOUD, ["A", "B", "E"], ["C", "C", "D"])
    assert (one.tolist(), other.tolist()) == ([0, 1, 4], [2, 2, 3])
    one, other = pair_ends(knn_graph(CLOUD, 1), ["A", "B", "E"], ["C", "C", "D"])
    assert (one.tolist(), other.tolist()) == ([0, 1, 3], [1, 1, 2])  # B and C are one node


@pytest.mark.parametrize("named", [CLOUD, knn_graph(CLOUD, 1)])
def test_unknown_names_and_uneven_pairs_are_refused(named):
    with pytest.raises(InputError, match="1 names are unknown, the first Z"):
        pair_ends(named, ["A"], ["Z"])
    with pytest.raises(InputError, match="1 sources and 2 targets"):
        pair_ends(named, ["A"], ["B", "C"])
    assert pair_ends(named, [], [])[0].size == 0


def test_names_that_come_twice_are_told():
    with pytest.raises(InputError, match=r"names come twice: A, B\n.*where: genes"):
        require_different(["B", "A", "C", "A", "B"], "genes")
