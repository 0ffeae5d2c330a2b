import numpy as np
import pytest
from scipy.spatial.distance import pdist

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.reduced import reduced_cloud


def cloud(n=60, d=8, seed=0):
    points = np.random.default_rng(seed).normal(size=(n, d)) * np.arange(1, d + 1)
    return PointCloud.of(points + 2.0, [f"G{i}" for i in range(n)])


def test_sample_is_seeded_and_without_repeats():
    found = reduced_cloud(cloud(), n_points=20, n_components=3, seed=1)
    again = reduced_cloud(cloud(), n_points=20, n_components=3, seed=1)
    other = reduced_cloud(cloud(), n_points=20, n_components=3, seed=2)
    assert found.cloud.names == again.cloud.names != other.cloud.names
    assert len(set(found.cloud.names)) == 20
    places = [int(name[1:]) for name in found.cloud.names]
    assert places == sorted(places)


def test_components_are_those_of_the_sample():
    found = reduced_cloud(cloud(), n_points=30, n_components=3)
    points = cloud().take(found.cloud.names).points
    _, size, right = np.linalg.svd(points - points.mean(0), full_matrices=False)
    expected = (points - points.mean(0)) @ right[:3].T
    np.testing.assert_allclose(pdist(found.cloud.points), pdist(expected))
    assert found.share == pytest.approx((size[:3] ** 2).sum() / (size**2).sum())


def test_columns_stay_as_they_are_without_components():
    found = reduced_cloud(cloud(), n_components=None)
    np.testing.assert_array_equal(found.cloud.points, cloud().points)
    assert (found.n_components, found.share) == (None, 1.0)


def test_zero_rows_and_duplicates_are_left_out_before_the_sample():
    points = cloud().points.copy()
    points[[0, 5]] = 0.0
    points[7:10] = points[6]
    given = PointCloud.of(points)
    with pytest.raises(InputError, match="2 of 60 points are rows of zeros"):
        reduced_cloud(given)
    found = reduced_cloud(given, zeros="drop", n_components=4)
    assert (found.n_zero, found.n_duplicates, len(found.cloud)) == (2, 3, 55)
    kept = reduced_cloud(given, zeros="keep", duplicates=True, n_components=4)
    assert (kept.n_zero, kept.n_duplicates, len(kept.cloud)) == (0, 0, 60)
    with pytest.raises(InputError, match=r"a sample of 56 of 55 points \(2 rows of zeros and 3"):
        reduced_cloud(given, zeros="drop", n_points=56, n_components=4)


def test_bad_input_is_told():
    with pytest.raises(InputError, match="a sample of 1 of 60 points"):
        reduced_cloud(cloud(), n_points=1)
    with pytest.raises(InputError, match="9 components"):
        reduced_cloud(cloud(), n_components=9)
