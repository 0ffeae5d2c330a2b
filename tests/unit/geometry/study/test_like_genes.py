"""Partners exchanged among like genes: kinds alone are not places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.geometry.alignment.cca import Cca
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.alignment.retrieval import held_out_retrieval
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.study.alignment_sides import statistics_of, without
from cellglass.geometry.study.like_genes import LikeGenes, kinds_of, like_genes
from cellglass.stats import NullDistribution

NAMES = tuple(f"g{i}" for i in range(150))


def judged(pair: Any, *, seed: int = 1, draws: int = 39) -> LikeGenes:
    matched = Matched(pair.first, pair.second, NAMES)
    kinds = tuple(kinds_of(PointCloud(s, NAMES), seed) for s in (pair.first, pair.second))
    return like_genes(matched, kinds, Cca(), folds=3, draws=draws, seed=seed)


def test_kinds_are_the_clumps(planting: Any):
    pair = planting.kinds(NAMES, spread=0.4)
    found = kinds_of(PointCloud(pair.first, NAMES), 1)
    group = np.arange(150) % 6
    assert sorted({*zip(group.tolist(), found.tolist(), strict=True)}) == [
        (g, found[g]) for g in range(6)
    ]


def test_places_are_found_beyond_kinds(planting: Any):
    found = judged(planting.shared(NAMES))
    assert found.null.p == pytest.approx(1 / 40)
    assert found.null.observed > 0.8 > 5 * found.null.mean
    assert found.sound


def test_kinds_alone_are_no_places(planting: Any):
    found = judged(planting.kinds(NAMES))
    assert found.kinds == (6, 6)
    assert found.null.observed > 3 / 50  # well above chance, which is 1 of 50
    assert found.null.p > 0.05
    assert found.null.mean == pytest.approx(found.null.observed, abs=0.04)


def test_the_observed_value_is_that_of_held_out_retrieval(planting: Any):
    pair = planting.shared(NAMES, noise=1.0)
    held = held_out_retrieval(
        Matched(pair.first, pair.second, NAMES), Cca(), folds=3, draws=0, in_sample=False, seed=1
    )
    worse = min(held.value("top1", d) for d in (0, 1))
    assert judged(pair, draws=19).null.observed == pytest.approx(worse)


def test_the_harder_of_both_models_counts(planting: Any):
    """Where one model has a single kind, only the kinds of the other explain retrieval."""
    pair = planting.kinds(NAMES)
    matched = Matched(pair.first, pair.second, NAMES)
    own, one = kinds_of(PointCloud(pair.first, NAMES), 1), np.zeros(150, dtype=np.int64)
    both = [
        like_genes(matched, k, Cca(), folds=3, draws=39, seed=1).null
        for k in ((own, own), (own, one), (one, own), (one, one))
    ]
    assert both[1].mean == pytest.approx(both[0].mean, abs=0.03)
    assert min(n.p for n in both[:3]) > 0.05 >= both[3].p


def test_genes_without_a_like_one_in_their_fold_keep_their_partner():
    rows = np.random.default_rng(0).normal(size=(60, 3))
    matched = Matched(rows, rows, tuple(f"g{i}" for i in range(60)))
    alone = np.arange(60)
    found = like_genes(matched, (alone, alone), Cca(), folds=3, draws=19, seed=1)
    assert found.movable == 0
    assert not found.sound
    assert found.null.p == 1.0  # nothing could be exchanged, and nothing is claimed


def test_most_genes_must_move():
    null = NullDistribution.of(1.0, np.zeros(19))
    assert LikeGenes(null, (3, 3), 0.5).sound
    assert not LikeGenes(null, (3, 3), 0.49).sound


def test_statistics_taken_out_within_kinds_make_no_place(planting: Any, cell_genes: Any):
    """Kinds alone, statistics taken out: p is small as often as it should be within kinds; taken
    out of all genes at once it is small far too often, which is why that is not judged."""
    names = tuple(cell_genes["gene"][:150])
    small = {"within": [], "pooled": []}
    for seed in range(24):
        pair = planting.kinds(names, seed=seed)
        known = statistics_of(cell_genes.sample(150, random_state=seed))
        sides = [PointCloud(s, names) for s in (pair.first, pair.second)]
        kinds = tuple(kinds_of(s, seed) for s in sides)
        for way, given in (("within", kinds), ("pooled", (None, None))):
            left = [without(s, known, k).points for s, k in zip(sides, given, strict=True)]
            found = like_genes(Matched(*left, names), kinds, Cca(), folds=3, draws=39, seed=seed)
            small[way].append(found.null.p <= 0.05)
    assert np.mean(small["within"]) <= 0.125
    assert np.mean(small["pooled"]) >= 0.2
