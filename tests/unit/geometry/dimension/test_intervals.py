import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.dimension.intervals import delete_interval


def cloud_of(n, seed=0):
    return PointCloud.of(np.random.default_rng(seed).exponential(size=(n, 1)))


def mean(cloud):
    return float(cloud.points.mean())


@pytest.mark.parametrize("left_out", [0.2, 0.5])
def test_of_a_mean_is_that_of_the_textbook(left_out):
    """For a smooth statistic the delete-d jackknife gives the standard error."""
    cloud = cloud_of(400)
    found = delete_interval(mean, cloud, draws=1000, left_out=left_out)
    error = cloud.points.std(ddof=1) / np.sqrt(400) / mean(cloud)
    assert np.log(found.high / mean(cloud)) / 1.959964 == pytest.approx(error, rel=0.1)
    assert np.sqrt(found.low * found.high) == pytest.approx(mean(cloud))


def test_subsets_hold_no_copies():
    seen = []

    def fewest_apart(cloud):
        seen.append(np.diff(np.sort(cloud.points[:, 0])).min())
        return float(cloud.points.mean())

    delete_interval(fewest_apart, cloud_of(50), draws=30)
    assert len(seen) == 31
    assert min(seen) > 0


def test_repeats_with_the_seed_and_says_how_it_was_made():
    cloud = cloud_of(50)
    found = delete_interval(mean, cloud, draws=30, seed=1)
    assert found == delete_interval(mean, cloud, draws=30, seed=1)
    assert found != delete_interval(mean, cloud, draws=30, seed=2)
    assert "delete-25 jackknife" in found.method
    assert (found.unit, found.n) == ("point", 50)


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="at least 20 draws"):
        delete_interval(mean, cloud_of(50), draws=19)
    with pytest.raises(InputError, match="leave out 2 of 3 points"):
        delete_interval(mean, cloud_of(3), draws=20)
    with pytest.raises(InputError, match="left_out is 1"):
        delete_interval(mean, cloud_of(50), left_out=1.0)
    with pytest.raises(InputError, match="positive, finite"):
        delete_interval(lambda c: -1.0, cloud_of(50))
    with pytest.raises(InputError, match="positive, finite"):
        delete_interval(lambda c: float("nan"), cloud_of(50))


@pytest.mark.long
def test_of_a_mean_covers_its_truth():
    hits = 0
    for seed in range(300):
        found = delete_interval(mean, cloud_of(80, seed), draws=60, seed=seed)
        hits += found.low <= 1.0 <= found.high
    assert 0.91 <= hits / 300 <= 0.985
