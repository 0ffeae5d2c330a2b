from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.geodesics import geodesics
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.guards.same_functional import same_functional
from cellglass.seeds import generator
from cellglass.stats import auroc


def mean_geodesic(points: np.ndarray) -> float:
    values = geodesics(knn_graph(PointCloud.of(points), 6, bridge=True)).values
    return float(values[np.triu_indices(len(values), 1)].mean())


def test_euclidean_value_against_geodesic_null_is_refused():
    points = generator(1, "functional").normal(size=(60, 4))
    observed = mean_geodesic(points)
    assert same_functional(observed, mean_geodesic, points).state == "passed"
    found = same_functional(float(pdist(points).mean()), mean_geodesic, points)
    assert found.failed
    assert found.code == "G8"
    with pytest.raises(InputError, match="was reported"):
        found.require()


def test_difference_against_null_of_similarities_is_refused():
    rng = generator(2, "functional")
    labels = rng.random(200) < 0.3
    score, baseline = rng.normal(size=200) + labels, rng.normal(size=200)
    gain = auroc(score, labels) - auroc(baseline, labels)
    assert same_functional(gain, lambda y: auroc(score, y), labels).failed
    same = same_functional(gain, lambda y: auroc(score, y) - auroc(baseline, y), labels)
    assert same.state == "passed"


def test_other_rows_and_seeds_are_refused():
    data = np.arange(10.0)
    rows = np.arange(10)
    same = same_functional(4.5, np.mean, data, observed_rows=rows, null_rows=rows.copy())
    assert same.state == "passed"
    assert same.detail.endswith("on the same rows")
    other = same_functional(4.5, np.mean, data, observed_rows=rows, null_rows=rows[::-1])
    assert other.detail == "10 of 10 rows differ between the observed value and the null"
    fewer = same_functional(4.5, np.mean, data, observed_rows=rows, null_rows=rows[:7])
    assert fewer.detail == "the observed value used 10 rows, the null 7"
    named = [["A", "B"], ["A", "C"]]
    moved = same_functional(
        4.5, np.mean, data, observed_rows=named, null_rows=[["A", "B"], ["C", "A"]]
    )
    assert moved.detail.startswith("1 of 2 rows differ")
    seeds = same_functional(4.5, np.mean, data, observed_seed=42, null_seed=43)
    assert seeds.detail == "the observed value used seed 42, the null 43"


def test_a_value_that_is_no_number_is_no_match():
    assert same_functional(float("nan"), np.mean, np.arange(3.0)).failed
    assert same_functional(1.0, lambda _: float("nan"), np.arange(3.0)).failed
