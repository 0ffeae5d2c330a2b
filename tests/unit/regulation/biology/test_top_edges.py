from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import hypergeom

from cellglass.regulation.biology.profile_universe import (
    directed_universe,
    row_genes,
    undirected_universe,
)
from cellglass.regulation.biology.top_edges import top_enrichment, top_size
from cellglass.regulation.study_edges import network_pairs


@pytest.fixture
def undirected(deep: Any) -> Any:
    d = deep()
    return d, undirected_universe(d.held, row_genes(d.held, 1), {"friends": d.square})


def test_fisher_is_the_hypergeometric_tail(undirected: Any) -> None:
    d, universe = undirected
    scores = universe.layer(d.held.attention, 2)
    found = top_enrichment(universe, scores, "friends", draws=19, seed=1, task="t")
    n, members = universe.first.size, int(universe.labels["friends"].sum())
    assert found.k == top_size(n) == 112
    top = np.argsort(-scores)[: found.k]
    assert found.hits == universe.labels["friends"][top].sum()
    assert found.expected == pytest.approx(found.k * members / n)
    assert found.p_enriched == pytest.approx(hypergeom.sf(found.hits - 1, n, members, found.k))
    assert found.p_depleted == pytest.approx(hypergeom.cdf(found.hits, n, members, found.k))


def test_planted_members_are_found_by_exchanging_names(undirected: Any) -> None:
    d, universe = undirected
    settings = {"draws": 199, "seed": 1, "task": "t"}
    early = top_enrichment(universe, universe.layer(d.held.attention, 0), "friends", **settings)
    late = top_enrichment(universe, universe.layer(d.held.attention, 6), "friends", **settings)
    assert early.null.p == pytest.approx(1 / 200)
    assert late.null.p > 0.02
    assert early.null.mean == pytest.approx(early.expected, rel=0.15)


def test_pairs_of_hubs_are_not_independent(deep: Any) -> None:
    """Defect reproduced: hubs that meet by chance make Fisher's p tiny; names of genes do not."""
    d = deep()
    rng = np.random.default_rng(4)
    fisher, genes = [], []
    for _ in range(25):
        popular = rng.permutation(48) < 5  # a few genes hold most members ...
        chance = np.where(popular[:, None] | popular[None, :], 0.7, 0.02)
        square = rng.random((48, 48)) < chance
        square = np.triu(square, 1)
        square |= square.T
        universe = undirected_universe(d.held, row_genes(d.held, 1), {"hubs": square})
        level = rng.pareto(1.5, size=48)  # ... and some genes, at random, most attention
        scores = level[universe.first] + level[universe.second]
        found = top_enrichment(universe, scores, "hubs", draws=99, seed=1, task="t")
        fisher.append(min(found.p_enriched, found.p_depleted))
        genes.append(min(found.null.p, 1.01 - found.null.p))
    assert np.mean(np.array(fisher) < 0.025) > 0.3  # should be at most 0.05 in two tails
    assert np.mean(np.array(genes) < 0.025) < 0.2


def test_directed_references_exchange_regulators_and_genes(deep: Any) -> None:
    d = deep()
    pairs, rows = network_pairs(d.held, d.regulation, "r", 3)
    universe = directed_universe(d.held, pairs, rows, "r")
    settings = {"draws": 199, "seed": 1, "task": "t"}
    late = top_enrichment(universe, universe.layer(d.held.attention, 6), "r", **settings)
    early = top_enrichment(universe, universe.layer(d.held.attention, 0), "r", **settings)
    assert late.null.p == pytest.approx(1 / 200)
    assert early.null.p > 0.02


def test_a_top_is_never_more_than_a_tenth() -> None:
    assert top_size(1_000_000) == 1000
    assert top_size(5000) == 500
    assert top_size(3) == 1
