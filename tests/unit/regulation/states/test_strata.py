import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors

from cellglass.errors import InputError
from cellglass.regulation.states import strata as module
from cellglass.regulation.states.strata import (
    MIN_CELLS,
    Strata,
    find_strata,
    given_strata,
    large_strata,
)


def blobs(n: int, cells: int = 60, spread: float = 0.1, seed: int = 0):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(n), cells)
    return np.eye(n)[codes] + spread * rng.normal(size=(n * cells, n)), codes


def test_smallest_strata_are_those_of_the_specification():
    assert dict(MIN_CELLS) == {"synthetic": 5, "structured": 20, "attention": 50}


def test_states_of_an_embedding_are_found():
    embedding, truth = blobs(6)
    found = find_strata(embedding, n_strata=(5, 7))
    assert adjusted_rand_score(truth, found.codes) > 0.99
    assert found.sizes.tolist() == [60] * 6
    assert "Leiden on the graph of 15 cosine neighbours" in found.source


def test_the_resolution_is_tuned_towards_the_number_asked_for():
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 500)  # a ring has no number of its own
    embedding = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    coarse = find_strata(embedding, n_strata=(4, 6), min_cells=5)
    fine = find_strata(embedding, n_strata=(12, 15), min_cells=5)
    assert 4 <= len(coarse.names) <= 6
    assert 12 <= len(fine.names) <= 15
    assert fine.resolution > coarse.resolution


def test_a_number_that_cannot_be_had_gives_the_nearest_one():
    embedding, _ = blobs(4)
    found = find_strata(embedding, n_strata=(30, 30), min_cells=20)
    assert 4 <= len(found.names) < 30


def test_small_communities_get_no_stratum():
    embedding, truth = blobs(3)
    embedding = np.concatenate([embedding, -np.ones((30, 3)) + 0.01 * embedding[:30]])
    found = find_strata(embedding, resolution=0.5, min_cells=40)
    assert (found.codes[180:] == -1).all()
    assert adjusted_rand_score(truth, found.codes[:180]) > 0.99


def test_equal_seeds_give_equal_strata_and_lengths_do_not_matter_to_the_cosine():
    embedding, _ = blobs(5, spread=0.3, seed=2)
    first = find_strata(embedding, seed=3)
    assert np.array_equal(first.codes, find_strata(embedding, seed=3).codes)
    longer = embedding * np.random.default_rng(0).uniform(1, 9, (len(embedding), 1))
    assert np.array_equal(first.codes, find_strata(longer, seed=3).codes)


OTHER_PROCESS = """
import numpy as np
from cellglass.regulation.states.strata import find_strata
find_strata(np.random.default_rng(1).normal(size=(100, 4)), seed=8, min_cells=5)
cloud = np.random.default_rng(0).normal(size=(300, 20))
print(*find_strata(cloud, seed=3, min_cells=5).codes)
"""


def test_strata_are_the_same_in_another_process_whatever_ran_before():
    """Not so by scikit-network's Leiden, which draws from a state that the process goes on from."""
    cloud = np.random.default_rng(0).normal(size=(300, 20))  # many partitions are about as good
    first, again, *others = (
        find_strata(cloud, seed=s, min_cells=5).codes.tolist() for s in (3, 3, 4, 5, 6)
    )
    assert first == again
    assert any(first != other for other in others)
    code = [sys.executable, "-c", OTHER_PROCESS]
    done = subprocess.run(code, capture_output=True, text=True, check=True)
    assert [int(c) for c in done.stdout.split()] == first


def test_the_graph_joins_cells_where_either_is_a_neighbour():
    embedding, _ = blobs(3, cells=10)
    graph = module._neighbours(embedding, 4, "euclidean").toarray()
    _, near = NearestNeighbors(n_neighbors=4).fit(embedding).kneighbors()
    expected = np.zeros((30, 30))
    for cell, others in enumerate(near):
        for other in others:
            expected[cell, other] = expected[other, cell] = 1.0
    np.testing.assert_array_equal(graph, expected)


def test_cells_without_states_are_told_so():
    with pytest.raises(InputError, match="homogeneous cells have no states"):
        find_strata(np.random.default_rng(0).normal(size=(80, 10)), resolution=0.01)


def test_bad_embeddings_are_refused():
    with pytest.raises(InputError, match="more than 15 cells"):
        find_strata(np.zeros((10, 3)))
    broken = np.ones((50, 3))
    broken[2, 1] = np.nan
    with pytest.raises(InputError, match="1 cells have values that are not finite"):
        find_strata(broken)
    with pytest.raises(InputError, match=r"\(fewest, most\)"):
        find_strata(blobs(3)[0], n_strata=(5, 3))


def test_labels_of_any_kind_are_taken():
    assert given_strata(pd.Series(["b", None, "a"], dtype="category")).codes.tolist() == [1, -1, 0]
    numbers = given_strata(np.array([10, 2, -1, 10]))
    assert numbers.names == ("2", "10")
    assert numbers.codes.tolist() == [1, 0, -1, 1]
    assert given_strata(["x", float("nan")]).codes.tolist() == [0, -1]
    with pytest.raises(InputError, match="one label a cell"):
        given_strata(np.zeros((3, 2)))


def test_large_strata_keep_their_names():
    strata = Strata(np.array([0] * 3 + [1] * 9 + [2] * 5 + [-1]), ("a", "b", "c"), "given")
    found = large_strata(strata, 4)
    assert found.names == ("b", "c")
    assert found.codes.tolist() == [-1] * 3 + [0] * 9 + [1] * 5 + [-1]
    assert found.sizes.tolist() == [9, 5]
    with pytest.raises(InputError, match=r"1 strata have 6 cells or more \(sizes \[3, 9, 5\]\)"):
        large_strata(strata, 6)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_cells_that_are_all_alike_hold_no_communities(metric):
    with pytest.raises(InputError, match="in all 600 cells: it holds no communities"):
        find_strata(np.full((600, 3), 0.7), metric=metric)
    with pytest.raises(InputError, match="it holds no communities"):
        find_strata(np.zeros((100, 3)), metric=metric)
    with pytest.raises(InputError, match="one or more"):
        find_strata(np.ones((100, 0)), metric=metric)
