import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.knn_overlap import (
    chance_overlap,
    knn_overlap,
    knn_overlap_of_pairings,
)
from cellglass.geometry.alignment.matched import Matched


def clouds(n=40, seed=0, noise=0.5):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, 3))
    return Matched.of_arrays(first, first + noise * rng.normal(size=(n, 3)))


def neighbours(side, k):
    distance = np.linalg.norm(side[:, None] - side[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return [set(row[:k].tolist()) for row in np.argsort(distance, axis=1)]


def test_against_sets():
    matched = clouds()
    found = knn_overlap(matched, 5)
    pairs = list(zip(neighbours(matched.first, 5), neighbours(matched.second, 5), strict=True))
    assert found.per_gene.tolist() == pytest.approx([len(a & b) / 5 for a, b in pairs])
    assert found.overlap == pytest.approx(np.mean([len(a & b) / 5 for a, b in pairs]))
    assert found.jaccard == pytest.approx(np.mean([len(a & b) / len(a | b) for a, b in pairs]))
    assert found.overlap > 2 * found.chance_overlap


def test_chance_is_the_mean_of_random_pairings():
    matched = clouds(30)
    rng = np.random.default_rng(1)
    orders = [rng.permutation(30) for _ in range(300)]
    for jaccard in (True, False):
        statistic = knn_overlap_of_pairings(matched, 4, jaccard=jaccard)
        chance = chance_overlap(30, 4)[int(jaccard)]
        assert np.mean([statistic(order) for order in orders]) == pytest.approx(chance, rel=0.03)


def test_pairings_move_the_graph():
    matched = clouds()
    order = np.random.default_rng(2).permutation(40)
    moved = knn_overlap(matched.paired(order), 6)
    assert knn_overlap_of_pairings(matched, 6)(order) == pytest.approx(moved.jaccard)
    assert knn_overlap_of_pairings(matched, 6, jaccard=False)(order) == pytest.approx(moved.overlap)


def test_all_others_as_neighbours_overlap_fully():
    found = knn_overlap(clouds(10), 9)
    assert (found.overlap, found.chance_overlap, found.chance_jaccard) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("k", [0, 40])
def test_more_neighbours_than_genes_are_refused(k):
    with pytest.raises(InputError, match=f"{k} neighbours of 40 genes"):
        knn_overlap(clouds(), k)
