import numpy as np
import pytest
from scipy.stats import binom

from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.recipes.published_alignment import published_cca, published_procrustes


def unrelated(seed, n=320, d=48):
    rng = np.random.default_rng(seed)
    return Matched.of_arrays(rng.normal(size=(n, d)), rng.normal(size=(n, d)))


def test_in_sample_cca_of_independent_matrices_is_an_artefact():
    """Specification 7.5: 320 x 48, in-sample top-1 about 0.29, mean correlation about 0.53."""
    hits, tops, correlations = 0.0, [], []
    for seed in range(6):
        found = published_cca(unrelated(seed), draws=1)
        table = found.table.set_index("measure")["in_sample"]
        tops.append(table["top1"])
        correlations.append(table["canonical_correlation"])
        hits += 320 * found.held_out_top1
        assert found.chance == pytest.approx(1 / 64)
    assert all(0.22 < top < 0.36 for top in tops)
    assert all(0.48 < value < 0.58 for value in correlations)
    assert np.mean(tops) == pytest.approx(0.29, abs=0.03)
    assert np.mean(correlations) == pytest.approx(0.53, abs=0.02)
    low, high = binom(6 * 320, 1 / 64).ppf([0.001, 0.999])
    assert low <= hits <= high


def test_the_refit_null_shows_the_artefact():
    found = published_cca(unrelated(0), draws=9)
    table = found.table.set_index("measure")
    for measure in ("canonical_correlation", "top1", "distance_rho", "cka_of_unit_rows"):
        row = table.loc[measure]
        assert row["null_mean"] == pytest.approx(row["in_sample"], rel=0.25)
    assert table.loc["knn_jaccard", "null_mean"] > 0.03  # 0.016 by chance
    assert found.n_genes == 320


def test_the_published_procrustes_null_is_beaten_by_unrelated_clouds():
    tables = [published_procrustes(unrelated(seed, 200, 48), draws=19).table for seed in range(4)]
    published, right = (np.array([t["p"].iloc[row] for t in tables]) for row in (0, 1))
    assert (published == 0.05).all()
    assert (right > 0.05).all()
    means = np.array([t["null_mean"] for t in tables]).mean(0)
    assert means[0] < 0.02
    assert means[1] > 10 * means[0]


def test_a_shared_geometry_passes_both_nulls_and_holds_out():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(100, 10))
    turn = np.linalg.qr(rng.normal(size=(10, 10)))[0]
    matched = Matched.of_arrays(first, first @ turn + 0.3 * rng.normal(size=(100, 10)))
    for recipe in (published_cca, published_procrustes):
        found = recipe(matched, draws=19)
        assert found.held_out_top1 > 0.8
        assert (found.table.loc[found.table["measure"] == "top1", "p"] == 0.05).all()


def test_the_assignment_without_a_map_is_at_chance():
    table = published_procrustes(unrelated(1, 200, 48), draws=19).table
    row = table[table["measure"] == "assignment_top1"].iloc[0]
    assert row["in_sample"] < 0.04
    assert row["null_mean"] == pytest.approx(1 / 200, abs=0.005)
    assert row["p"] > 0.05
