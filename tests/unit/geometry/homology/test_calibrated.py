import numpy as np
import pytest
from ripser import ripser
from scipy.stats import kstest

from cellglass.errors import InputError, ResourceError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.calibrated import calibrated_homology
from cellglass.geometry.nulls.cloud_null import CloudNull
from cellglass.geometry.nulls.elliptical_cloud import EllipticalCloud
from cellglass.geometry.nulls.gaussian_cloud import GaussianCloud
from cellglass.seeds import generator


class Shuffle(CloudNull):
    name, preserves = "shuffle", "the values of every coordinate"

    def draw(self, rng):
        return PointCloud(rng.permuted(self.cloud.points, axis=0), self.cloud.names)


class Same(CloudNull):
    name, preserves = "same", "everything"

    def draw(self, rng):
        return self.cloud


def gaussian(n, d, seed):
    return np.random.default_rng(seed).normal(size=(n, d)) * np.linspace(2, 0.5, d)


def ring(n, d, seed, noise):
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0, 2 * np.pi, n)
    points = rng.normal(0, noise, (n, d))
    points[:, 0] += np.cos(turn)
    points[:, 1] += np.sin(turn)
    return points


def heavy(n, d, seed):
    rng = np.random.default_rng(seed)
    return gaussian(n, d, seed) / np.sqrt(rng.chisquare(3, size=(n, 1)) / 3)


def clustered(n, d, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) + 2.5 * rng.normal(size=(6, d))[rng.integers(6, size=n)]


def total(points):
    bars = ripser(points)["dgms"][1]
    return float((bars[:, 1] - bars[:, 0]).sum())


def test_one_functional_for_the_cloud_and_the_draws():
    cloud = PointCloud.of(gaussian(40, 6, 0))
    found = calibrated_homology(
        cloud, Shuffle, n_points=30, n_components=3, draws=19, match_covariance=False, seed=5
    )
    reduced = found.reduced.cloud
    assert (len(reduced), reduced.width) == (30, 3)
    null = Shuffle(reduced)
    drawn = [
        total(null.draw(generator(5, f"homology/calibrated/shuffle/{i}")).points) for i in range(19)
    ]
    np.testing.assert_allclose(found.drawn["total"], drawn, atol=1e-5)
    result = found.results["total"]
    assert result.observed == pytest.approx(total(reduced.points), abs=1e-5)
    assert result.p == (1 + (np.array(drawn) >= result.observed).sum()) / 20
    assert found.excess() == pytest.approx(result.observed - np.mean(drawn), abs=1e-5)
    assert (found.null, found.preserves) == ("shuffle", "the values of every coordinate")


def test_a_null_that_changes_nothing_gives_ties():
    found = calibrated_homology(
        PointCloud.of(gaussian(30, 5, 1)), Same, n_components=3, draws=19,
        statistics=["total", "longest", "count"],
    )  # fmt: skip
    for name in ("total", "longest", "count"):
        assert found.results[name].p == 1.0
        np.testing.assert_allclose(found.drawn[name], found.results[name].observed, rtol=1e-9)


def test_results_are_seeded():
    def run(seed):
        cloud = PointCloud.of(gaussian(40, 5, 2))
        return calibrated_homology(
            cloud, GaussianCloud, n_points=30, n_components=3, draws=5, level=None, seed=seed
        )

    assert run(1).drawn["total"].tolist() == run(1).drawn["total"].tolist()
    assert run(1).drawn["total"].tolist() != run(2).drawn["total"].tolist()


def test_more_draws_begin_with_the_same():
    cloud = PointCloud.of(gaussian(30, 4, 3))
    few, many = (
        calibrated_homology(cloud, GaussianCloud, n_components=3, draws=n, level=None).drawn
        for n in (4, 9)
    )
    assert few["total"].tolist() == many["total"][:4].tolist()


def p_values(make, null, *, seeds, n, d, k, draws, statistic="total", match=True):
    """p values made continuous: a uniform share of the step 1 / (draws + 1) is taken off."""
    p = [
        calibrated_homology(
            PointCloud.of(make(n, d, 1_000 + seed)), null, n_components=k, draws=draws,
            statistics=statistic, match_covariance=match, level=None, seed=seed,
        ).results[statistic].p
        for seed in range(seeds)
    ]  # fmt: skip
    return np.array(p) - np.random.default_rng(0).random(seeds) / (draws + 1)


@pytest.mark.parametrize("null", [Shuffle, GaussianCloud])
def test_p_is_uniform_on_gaussian_clouds(null):
    p = p_values(gaussian, null, seeds=60, n=60, d=8, k=5, draws=19)
    assert kstest(p, "uniform").pvalue > 0.01


def test_a_noisy_ring_is_found():
    # radius 1, noise 0.1 in each of 8 dimensions
    found = [
        calibrated_homology(
            PointCloud.of(ring(60, 8, seed, 0.1)), null, n_components=5, draws=19, seed=seed
        ).results["longest"]
        for null in (Shuffle, GaussianCloud, EllipticalCloud)
        for seed in range(3)
    ]
    assert [result.p for result in found] == [0.05] * 9
    assert min(result.z for result in found) > 4


def test_zero_rows_are_refused_or_dropped():
    points = gaussian(60, 6, 4) + 3
    points[:20] = 0
    cloud = PointCloud.of(points)
    with pytest.raises(InputError, match="20 of 60 points are rows of zeros"):
        calibrated_homology(cloud, GaussianCloud)
    found = calibrated_homology(cloud, GaussianCloud, n_components=3, draws=19, zeros="drop")
    assert (found.reduced.n_zero, len(found.reduced.cloud)) == (20, 40)


def test_bad_input_is_told():
    cloud = PointCloud.of(gaussian(30, 5, 5))
    with pytest.raises(ResourceError, match="at least 19 draws"):
        calibrated_homology(cloud, GaussianCloud, draws=10)
    with pytest.raises(InputError, match="did you mean 'longest'"):
        calibrated_homology(cloud, GaussianCloud, statistics=["longst"])
    with pytest.raises(InputError, match="no statistic"):
        calibrated_homology(cloud, GaussianCloud, statistics=[])
    with pytest.raises(InputError, match="20 components"):
        calibrated_homology(cloud, GaussianCloud)
    with pytest.raises(InputError, match="a sample of 31 of 30"):
        calibrated_homology(cloud, GaussianCloud, n_points=31)
    with pytest.raises(ResourceError, match="take at most"):
        calibrated_homology(cloud, GaussianCloud, n_components=3, memory_limit=1e3)
    with pytest.raises(InputError, match="spans 2 dimensions"):
        calibrated_homology(cloud, EllipticalCloud, n_components=2)


# Share of p <= .05 over many clouds: upper bounds are those of a binomial with the level 0.05,
# lower bounds the stated power.
LONG = {"seeds": 150, "n": 80, "d": 12, "k": 8, "draws": 39}


@pytest.mark.long
@pytest.mark.parametrize("statistic", ["total", "longest"])
@pytest.mark.parametrize("null", [Shuffle, GaussianCloud, EllipticalCloud])
def test_all_nulls_are_calibrated_on_gaussian_clouds(null, statistic):
    p = p_values(gaussian, null, statistic=statistic, **LONG)
    assert kstest(p, "uniform").pvalue > 0.005
    assert (p <= 0.05).mean() < 0.10


@pytest.mark.long
def test_only_the_elliptical_null_is_calibrated_for_heavy_tails():
    p = p_values(heavy, EllipticalCloud, **LONG)
    assert kstest(p, "uniform").pvalue > 0.005
    assert (p <= 0.05).mean() < 0.10
    for null in (Shuffle, GaussianCloud):
        p = p_values(heavy, null, **LONG)
        assert (p <= 0.05).mean() == 0
        assert np.median(p) > 0.9


@pytest.mark.long
def test_clusters_are_never_taken_for_loops():
    for null in (Shuffle, GaussianCloud, EllipticalCloud):
        for statistic in ("total", "longest"):
            p = p_values(clustered, null, statistic=statistic, **{**LONG, "seeds": 40})
            assert (p <= 0.05).mean() <= 0.05
            assert np.median(p) > 0.8


@pytest.mark.long
@pytest.mark.parametrize("null", [Shuffle, GaussianCloud, EllipticalCloud])
def test_power_for_rings(null):
    def make(n, d, seed):
        return ring(n, d, seed, 0.2)

    few = {**LONG, "seeds": 60}
    assert (p_values(make, null, statistic="longest", **few) <= 0.05).mean() > 0.9
    # the sum of lifetimes does not find them
    assert (p_values(make, null, statistic="total", **few) <= 0.05).mean() < 0.2


@pytest.mark.long
def test_shuffles_of_components_need_the_covariance():
    def make(n, d, seed):
        return np.random.default_rng(seed).normal(size=(n, d))

    wide = {"seeds": 150, "n": 100, "d": 64, "k": 20, "draws": 39}
    plain = p_values(make, Shuffle, match=False, **wide)
    matched = p_values(make, Shuffle, **wide)
    assert np.mean(plain) < np.mean(matched) - 0.03
    assert kstest(matched, "uniform").pvalue > 0.01
    # too many small p values, which the covariance alone makes
    assert kstest(plain, "uniform", alternative="greater").pvalue < 0.02
    assert (plain <= 0.05).mean() > (matched <= 0.05).mean()
