import numpy as np
import pytest
from scipy.stats import t

from cellglass.errors import InputError
from cellglass.geometry.alignment.jackknife import gene_jackknife


def test_with_a_group_a_gene_it_is_the_interval_of_a_mean():
    values = np.random.default_rng(0).normal(size=20)
    found = gene_jackknife(lambda kept: values[kept].mean(), 20, seed=1)
    half = t.ppf(0.975, 19) * values.std(ddof=1) / np.sqrt(20)
    assert found.low == pytest.approx(values.mean() - half)
    assert found.high == pytest.approx(values.mean() + half)
    assert (found.unit, found.n) == ("gene", 20)


def test_coverage_of_a_mean():
    inside = []
    for seed in range(200):
        values = np.random.default_rng(seed).exponential(size=100)
        found = gene_jackknife(lambda kept, v=values: v[kept].mean(), 100, seed=seed)
        inside.append(not found.excludes(1.0))
    assert 0.88 < np.mean(inside) < 0.99


def test_every_gene_is_left_out_once():
    seen = []
    gene_jackknife(lambda kept: float(seen.append(kept) or kept.size), 50, seed=1, groups=7)
    left = np.concatenate([np.setdiff1d(np.arange(50), kept) for kept in seen[:-1]])
    assert sorted(left.tolist()) == list(range(50))
    assert seen[-1].size == 50


def test_fewer_genes_than_groups_are_refused():
    with pytest.raises(InputError, match="20 groups of 19 genes"):
        gene_jackknife(lambda kept: 0.0, 19, seed=1)
