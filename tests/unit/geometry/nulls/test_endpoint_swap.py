"""Targets exchanged within bins of distance."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.nulls.endpoint_swap import EndpointSwap
from cellglass.geometry.pairs import Pairs


def planted(seed=0, sources=8, targets=30, judged=0.4):
    rng = np.random.default_rng(seed)
    genes = tuple(f"g{i}" for i in range(targets))
    mask = rng.random((sources, targets)) < judged
    mask[np.arange(sources), np.arange(sources)] = False  # a source is a target too
    labels = mask & (rng.random(mask.shape) < 0.3)
    return Pairs(genes[:sources], genes, labels, mask, "n"), rng.random(mask.shape)


def test_keeps_sources_and_how_often_each_gene_is_a_target_in_each_bin():
    pairs, distance = planted()
    null = EndpointSwap(pairs, distance, bins=4)
    rows, columns = null.draw(np.random.default_rng(0))
    assert np.array_equal(rows, pairs.index[0])
    for b in range(4):
        inside = null.bins == b
        assert Counter(columns[inside]) == Counter(pairs.index[1][inside])
    assert null.changed((rows, columns)) > 0.8
    edges = np.quantile(distance[pairs.mask], [0.25, 0.5, 0.75])
    assert np.array_equal(null.bins, np.digitize(distance[pairs.mask], edges))


def test_never_pairs_a_gene_with_itself():
    pairs, distance = planted(judged=0.9)
    null = EndpointSwap(pairs, distance, bins=1)
    for seed in range(30):
        rows, columns = null.draw(np.random.default_rng(seed))
        assert (rows != columns).all()  # source i is target i


def test_draws_are_uniform_over_all_allowed_exchanges():
    # 3 sources that are targets too, each with one pair to each other gene it may regulate
    genes = ("a", "b", "c", "d")
    mask = np.array([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]], bool)
    pairs = Pairs(genes[:3], genes, mask & False, mask, "n")
    null = EndpointSwap(pairs, mask * 1.0, bins=1)
    rows, columns = pairs.index
    allowed = {
        tuple(columns[list(p)].tolist())
        for p in permutations(range(4))
        if (columns[list(p)] != rows).all()
    }
    rng = np.random.default_rng(0)
    counts = Counter(tuple(null.draw(rng)[1].tolist()) for _ in range(4000))
    assert set(counts) == allowed
    expected = 4000 / len(allowed)
    assert max(abs(c - expected) for c in counts.values()) < 5 * np.sqrt(expected)


def test_repeats_are_counted():
    pairs, distance = planted()
    null = EndpointSwap(pairs, distance)
    assert null.repeats(null.observed) == 0
    rows, columns = null.draw(np.random.default_rng(0))
    drawn = Counter(zip(rows.tolist(), columns.tolist(), strict=True))
    assert null.repeats((rows, columns)) == sum(c - 1 for c in drawn.values())


def test_check_fails_where_bins_hold_one_pair_each():
    pairs, distance = planted()
    check = EndpointSwap(pairs, distance, bins=10_000).check()
    assert not check.passed
    assert "equal the data" in check.messages[0]
    assert EndpointSwap(pairs, distance).check().passed


def test_refuses_distances_that_do_not_fit():
    pairs, distance = planted()
    with pytest.raises(InputError, match="shape"):
        EndpointSwap(pairs, distance[:2])
    with pytest.raises(InputError, match="no finite value"):
        EndpointSwap(pairs, distance * np.nan)
