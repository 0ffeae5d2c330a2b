import numpy as np
import pytest
from skdim.id import lPCA

from cellglass.errors import ResourceError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.shape.parallel_analysis import parallel_analysis
from cellglass.geometry.shape.spectrum import spectrum


def planted(factors, n=150, d=12, seed=0):
    rng = np.random.default_rng(seed)
    loadings = np.linalg.qr(rng.normal(size=(d, max(factors, 1))))[0][:, :factors] * 4
    return PointCloud.of(rng.normal(size=(n, d)) + rng.normal(size=(n, factors)) @ loadings.T)


@pytest.mark.parametrize("factors", [0, 1, 3])
def test_planted_factors_are_counted(factors):
    assert parallel_analysis(planted(factors), draws=59, level=0.02).n_components == factors


@pytest.mark.parametrize("factors", [1, 3])
def test_counts_as_scikit_dimension(factors):
    cloud = planted(factors, seed=3)
    theirs = lPCA(ver="parallel", n_permutations=60, random_state=0).fit(cloud.points).dimension_
    assert parallel_analysis(cloud, draws=59).n_components == theirs == factors


def test_draws_keep_the_columns():
    cloud = planted(2)
    found = parallel_analysis(cloud, draws=19)
    total = spectrum(cloud).variances.sum()
    assert found.draws.sum(1) == pytest.approx(np.full(19, total))
    assert found.draws.shape == (19, 12)
    assert ((found.p >= 1 / 20) & (found.p <= 1)).all()


def test_measures_are_held_against_the_same_draws():
    found = parallel_analysis(planted(2), draws=19).measures(top=2)
    ratio, share = found["participation_ratio"], found["top_2_share"]
    assert (ratio.p, share.p) == (0.05, 0.05)
    assert (ratio.alternative, share.alternative) == ("less", "greater")
    assert ratio.observed < ratio.mean
    assert share.observed > share.mean


def test_all_columns_but_one_constant_are_beyond_no_null():
    points = np.zeros((20, 3))
    points[:, 1] = np.arange(20)
    found = parallel_analysis(PointCloud.of(points), draws=19)
    assert found.n_components == 0
    assert found.p.tolist() == [1.0, 1.0, 1.0]


def test_too_few_draws_are_refused():
    with pytest.raises(ResourceError, match="at least 19 draws"):
        parallel_analysis(planted(1), draws=18)


@pytest.mark.long
def test_first_component_of_independent_columns_is_uniform():
    p = [parallel_analysis(planted(0, 60, 5, s), draws=39, seed=s).p[0] for s in range(300)]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.04)
    assert np.mean(np.array(p) <= 0.5) == pytest.approx(0.5, abs=0.09)
