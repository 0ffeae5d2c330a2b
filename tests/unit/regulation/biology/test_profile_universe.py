from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.regulation.biology.profile_universe import (
    directed_universe,
    row_genes,
    undirected_universe,
)
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.study_edges import network_pairs


@pytest.fixture
def undirected(deep: Any) -> Any:
    d = deep()
    rows = row_genes(d.held, 1)
    return d, undirected_universe(d.held, rows, {"friends": d.square})


def test_unordered_pairs_stand_once_and_join_both_directions(undirected: Any) -> None:
    d, universe = undirected
    n = universe.n_genes
    assert universe.first.size == n * (n - 1) // 2
    assert (universe.first < universe.second).all()
    one = d.held.attention.layer(3).scores
    both = np.stack([one, one.T])[:, universe.first, universe.second]
    np.testing.assert_allclose(universe.layer(d.held.attention, 3), both.max(0))
    np.testing.assert_allclose(universe.layer(d.held.attention, 3, "mean"), both.mean(0))
    np.testing.assert_array_equal(
        universe.labels["friends"], d.square[universe.first, universe.second]
    )
    assert (universe.units.name, universe.units.n) == ("gene", n)


def test_pairs_seen_in_one_direction_only_are_left_out(deep: Any) -> None:
    d = deep()
    d.held.attention.counts[:, 2, 7] = 0
    universe = undirected_universe(d.held, row_genes(d.held, 1), {"f": d.square})
    assert not ((universe.first == 2) & (universe.second == 7)).any()
    assert universe.first.size == universe.n_genes * (universe.n_genes - 1) // 2 - 1


def test_rows_that_are_not_all_genes_are_pairs_of_rows(made: Any) -> None:
    m = made(0.0)
    rows = row_genes(m.held, 1)
    square = np.zeros((16, 16), bool)
    universe = undirected_universe(m.held, rows, {"f": square})
    assert universe.first.size == 16 * 15 // 2
    scores = m.held.attention.layer(0).scores[:, m.held.rows]
    expected = np.maximum(scores, scores.T)[universe.first, universe.second]
    np.testing.assert_allclose(universe.layer(m.held.attention, 0), expected)


def test_many_rows_are_drawn_by_the_seed(deep: Any) -> None:
    held = deep().held
    assert len(row_genes(held, 1, limit=10)) == 10
    assert row_genes(held, 1, limit=10).tolist() == row_genes(held, 1, limit=10).tolist()
    assert row_genes(held, 1, limit=10).tolist() != row_genes(held, 2, limit=10).tolist()


def test_directed_pairs_are_those_of_the_network(deep: Any) -> None:
    d = deep()
    pairs, rows = network_pairs(d.held, d.regulation, "r", 3)
    universe = directed_universe(d.held, pairs, rows, "r")
    assert universe.units.name == "regulator"
    np.testing.assert_array_equal(universe.labels["r"], pairs.labels[pairs.mask])
    expected = d.held.attention.layer(2).scores[rows][pairs.mask]
    np.testing.assert_allclose(universe.layer(d.held.attention, 2), expected)


def test_what_stands_beside_is_of_the_same_pairs(undirected: Any) -> None:
    d, universe = undirected
    beside = universe.beside
    correlation = np.abs(spearman(d.held.expression))[universe.first, universe.second]
    np.testing.assert_allclose(beside["|Spearman|"], correlation)
    mean = d.held.genes["mean"].to_numpy()
    np.testing.assert_allclose(beside["mean product"], mean[universe.first] * mean[universe.second])
