from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.geodesics import geodesics
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.guards.fallback import geodesic_fallback
from cellglass.seeds import generator


@pytest.fixture(scope="module")
def measured() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cloud = PointCloud.of(generator(1, "fallback").normal(size=(120, 5)))
    graph = knn_graph(cloud, 8, bridge=True)
    return (
        geodesics(graph).values,
        cdist(cloud.points, cloud.points),
        graph.lengths.toarray() > 0,
    )


def test_true_geodesics_pass(measured):
    path, line, edges = measured
    found = geodesic_fallback(path, line, adjacent=edges)
    assert found.state == "passed"
    assert found.detail.startswith("0 of ")
    # without the graph its edges count, and still it passes
    whole = geodesic_fallback(path, line)
    assert whole.state == "passed"
    assert whole.detail.startswith(f"{edges.sum():,} of {120 * 119:,} pairs (")


def test_the_silent_fallback_is_refused(measured):
    path, line, edges = measured
    found = geodesic_fallback(line, line, adjacent=edges)
    assert found.failed
    assert found.code == "G4"
    assert "(100.0%) have their Euclidean distance" in found.detail
    part = np.where(generator(2, "fallback").random(path.shape) < 0.6, line, path)
    assert geodesic_fallback(part, line, adjacent=edges).failed


def test_a_detour_that_knows_no_k_is_refused(measured):
    path, line, _ = measured
    assert geodesic_fallback(path, line, spans=np.zeros(30)).failed
    found = geodesic_fallback(path, line, spans=[0.0, 0.1, 0.2])
    assert found.state == "passed"
    assert "the detour is the same at every k for 1 of 3 pairs" in found.detail


def test_a_graph_that_joins_all_pairs_gives_nothing_to_judge():
    line = np.array([1.0, 2.0])
    assert geodesic_fallback(line, line, adjacent=[True, True]).state == "not run"
    # equal points are left out
    assert geodesic_fallback([0.0, 3.0], [0.0, 2.0]).detail.startswith("0 of 1 pairs")


def test_bad_input_is_told():
    with pytest.raises(InputError, match="1 of 2 distances are not finite"):
        geodesic_fallback([1.0, np.inf], [1.0, 2.0])
    with pytest.raises(InputError, match=r"shapes \(2,\) and \(3,\)"):
        geodesic_fallback([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="1 paths are shorter than the straight line"):
        geodesic_fallback([1.0, 2.0], [1.0, 3.0])
