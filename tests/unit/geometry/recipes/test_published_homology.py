import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.recipes.published_homology import published_homology


def gaussian(n, share, seed, d=64, offset=2.0):
    """A Gaussian cloud away from the origin; a share of its rows are zeros."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, d)) + offset
    points[rng.permutation(n)[: round(share * n)]] = 0.0
    return PointCloud.of(points)


@pytest.mark.parametrize("seed", [0, 1])
def test_zero_rows_alone_make_loops(seed):
    found = published_homology(gaussian(150, 0.5, seed), n_points=150, seed=seed)
    assert found.result.z > 2
    assert found.result.p == found.attainable_p == 1 / 21
    assert (found.n_points, found.n_zero, found.n_duplicates) == (150, 75, 74)
    assert "75 of 150 points are rows of zeros" in found.artefacts[0]
    assert f"z is {found.repaired.z:.2f}" in found.artefacts[1]
    assert abs(found.repaired.z) < 2
    assert found.participation_ratio < 2.5
    assert found.top_share > 0.7
    assert found.excess == found.result.observed - found.result.mean


@pytest.mark.parametrize("seed", [0, 1])
def test_without_zero_rows_nothing_is_found(seed):
    found = published_homology(gaussian(150, 0.0, seed), n_points=150, seed=seed)
    assert abs(found.result.z) < 2
    assert (found.artefacts, found.repaired, found.n_zero) == ((), None, 0)
    assert found.participation_ratio > 15


def test_duplicates_are_an_artefact_of_their_own():
    points = gaussian(60, 0.0, 0, d=12).points.copy()
    points[50:] = points[:10]
    found = published_homology(PointCloud.of(points), n_points=60, n_components=5, draws=19)
    assert (found.n_zero, found.n_duplicates) == (0, 10)
    assert "10 of 60 points equal an earlier one" in found.artefacts[0]
    assert found.repaired is not None


def test_sample_is_seeded():
    cloud = gaussian(80, 0.2, 0, d=12)
    one, same, other = (
        published_homology(cloud, n_points=40, n_components=4, draws=5, seed=seed)
        for seed in (0, 0, 1)
    )
    assert one.result == same.result != other.result


def test_bad_input_is_told():
    with pytest.raises(InputError, match="a sample of 350 of 60 points"):
        published_homology(gaussian(60, 0.0, 0))
    with pytest.raises(InputError, match="20 components"):
        published_homology(gaussian(60, 0.0, 0, d=12), n_points=50)


@pytest.mark.long
def test_published_size():
    """Specification 0.5: 350 points, 64 dimensions, 20 components, 20 draws, 12 repeats."""
    runs = {
        share: [
            published_homology(gaussian(350, share, seed, offset=3.0), seed=seed)
            for seed in range(12)
        ]
        for share in (0.0, 0.3, 0.5)
    }
    z = {share: np.array([run.result.z for run in held]) for share, held in runs.items()}
    assert abs(z[0.0].mean()) < 0.6
    assert 2.5 < z[0.3].mean() < 5.5
    assert 4.5 < z[0.5].mean() < 9
    assert all(run.result.p <= 0.05 for run in runs[0.5])
    assert 10 < np.mean([run.excess for run in runs[0.3]]) < 45
    assert 1.2 < np.mean([run.participation_ratio for run in runs[0.3]]) < 1.9
    assert 0.8 < np.mean([run.top_share for run in runs[0.3]]) < 0.95
    repaired = [run.repaired for share in (0.3, 0.5) for run in runs[share]]
    assert abs(np.mean([null.z for null in repaired])) < 0.6
    assert np.mean([null.p <= 0.05 for null in repaired]) < 0.2
    assert all(run.artefacts for share in (0.3, 0.5) for run in runs[share])
