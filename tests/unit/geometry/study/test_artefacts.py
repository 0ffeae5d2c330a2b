"""Published recipes on planted clouds: the defect shows where it is, and is caught."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.data import Network
from cellglass.geometry import PointCloud, degree_scores
from cellglass.geometry.pairs import Pairs
from cellglass.geometry.study import artefacts as a
from cellglass.stats import auroc

RNG = np.random.default_rng(4)


@pytest.fixture(scope="module")
def cloud() -> PointCloud:
    return PointCloud.of(RNG.normal(3.0, 1.0, size=(200, 30)), [f"G{i}" for i in range(200)])


@pytest.fixture(scope="module")
def network() -> Network:
    pairs = {(f"G{s}", f"G{t}") for s in range(20) for t in RNG.choice(200, 8) if s != t}
    table = pd.DataFrame(sorted(pairs), columns=["source", "target"])
    return Network.from_frame(table.assign(weight=np.resize([1.0, -1.0, np.nan], len(table))))


@pytest.fixture(scope="module")
def pairs(network: Network) -> Pairs:
    return Pairs.of_network(network, [f"G{i}" for i in range(200)])


def test_share_of_genes_that_a_sample_misses_is_counted():
    counts = sparse.csr_matrix(np.eye(400, 500))  # gene i is in cell i alone; 100 genes in none
    share = a.unseen_share(counts, 1)
    assert share == pytest.approx((400 - 256) / 400)
    assert a.unseen_share(sparse.csr_matrix(np.ones((10, 5))), 1) == 0.0


def test_what_is_shown_says_where_it_comes_from():
    assert a.shown_share(0.2)[0] == 0.2
    share, told = a.shown_share(0.001)
    assert share == a.PUBLISHED_SHARE
    assert "published tables" in told
    assert "0.1%" in told


def test_rows_of_zeros_make_loops_and_are_caught(cloud: PointCloud):
    recipe = a.zero_row_loops(cloud, 0.3, 1)
    assert (recipe.code, recipe.found) == ("G3", True)
    z = float(recipe.published_way.split("z = ")[1].split(",")[0])
    repaired = float(recipe.honest.split("z = ")[1].split(",")[0])
    assert z > 2 > abs(repaired)
    assert "zeros" in recipe.caught


def test_rows_of_zeros_make_geodesics_euclidean(cloud: PointCloud):
    recipe = a.silent_fallback(cloud, 0.3)
    assert recipe.found
    assert "Euclidean distances for all pairs" in recipe.published_way


def test_median_splits_share_regulators(pairs: Pairs):
    recipe = a.overlapping_splits(pairs)
    assert recipe.found
    assert "in training and in test" in recipe.caught


def test_signs_of_the_reference_are_refused_as_a_feature(pairs: Pairs, network: Network):
    recipe = a.leaked_labels(pairs, network, 0.55)
    assert recipe.found
    assert recipe.honest.startswith("refused")
    told = float(recipe.published_way.split("AUROC ")[1].split(",")[0])
    signed = 2 / 3  # of the rows carry a sign
    assert told == pytest.approx(signed + (1 - signed) * 0.55, abs=0.03)


def test_a_model_finds_itself_among_random_numbers_in_sample_only(cloud: PointCloud):
    recipe = a.in_sample_retrieval(cloud, 2)
    shown = float(recipe.published_way.split("%")[0])
    held_out = float(recipe.honest.split("held out ")[1].split("%")[0])
    assert recipe.found
    assert shown > 20 > 5 > held_out


def test_degrees_beat_a_distance_that_knows_nothing(pairs: Pairs):
    degrees = degree_scores(pairs)
    best = max(auroc(s, pairs.positive) for s in degrees.values())
    recipe = a.missing_baseline(pairs, best - 0.01, "euclidean distance")
    assert recipe.found
    assert f"{best:.3f}" in recipe.honest
    assert not a.missing_baseline(pairs, 0.99, "euclidean distance").found


def test_twenty_draws_are_too_few_for_twelve_layers():
    assert a.too_few_draws(0.05).found
    assert not a.too_few_draws(0.6 / 1.01).found
