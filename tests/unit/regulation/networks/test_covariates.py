import numpy as np
import pytest

from cellglass.regulation.coexpression import spearman
from cellglass.regulation.networks.covariates import (
    BOTH,
    FIVE,
    GENE_LEVEL,
    PAIRWISE,
    PUBLISHED,
    covariate_sets,
)
from cellglass.regulation.networks.layer_scores import judged_pairs


@pytest.fixture(scope="module")
def sets(made):
    planted = made(0.0)
    pairs, rows = judged_pairs(planted.held, planted.network, "n", 3)
    signed = spearman(planted.held.expression, planted.held.rows[rows])
    statistics = planted.held.statistics(pairs.regulators)
    found = {s.name: s for s in covariate_sets(pairs, statistics, lambda: signed)}
    return pairs, statistics, signed, found


def test_columns_are_what_they_are_called(sets):
    pairs, statistics, signed, found = sets
    values, names = statistics.covariates(pairs.mask)
    assert found[GENE_LEVEL].columns == tuple(names)
    assert np.array_equal(found[GENE_LEVEL].make(), values)
    five = found[PUBLISHED].make()
    for k, name in enumerate(FIVE):
        assert np.array_equal(five[:, k], values[:, names.index(name)])
    pairwise = found[PAIRWISE].make()
    assert np.array_equal(pairwise[:, 0], np.abs(signed)[pairs.mask])
    assert np.array_equal(pairwise[:, 1], signed[pairs.mask])
    assert np.array_equal(found[BOTH].make(), np.hstack([values, pairwise]))
    assert all(s.make().shape[1] == len(s.columns) for s in found.values())


def test_gene_level_and_pairwise_sets_stay_apart(sets):
    _, _, _, found = sets
    assert {n: s.pairwise for n, s in found.items()} == {
        GENE_LEVEL: False, PUBLISHED: False, PAIRWISE: True, BOTH: True,
    }  # fmt: skip
    assert not set(found[GENE_LEVEL].columns) & set(found[PAIRWISE].columns)
