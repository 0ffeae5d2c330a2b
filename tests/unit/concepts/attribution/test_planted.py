from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import planted_benchmark

SEEDS = (0, 1)


@pytest.fixture(scope="module")
def results():
    return [planted_benchmark(decoy_correlation=0.9, seed=s, n_prototypes=16, sanity=True)
            for s in SEEDS]  # fmt: skip


def test_attribution_finds_what_expression_cannot(results):
    for result in results:
        assert result.attribution_auroc >= 0.9
        assert result.attribution_auroc_all >= 0.9
        assert result.gradient_auroc >= 0.9
        assert result.de_auroc <= 0.7
        assert result.full_swap_error < 1e-5
        assert result.measured_correlation == pytest.approx(0.9, abs=0.02)


def test_expression_does_well_where_decoys_do_not_follow():
    result = planted_benchmark(decoy_correlation=0.3, seed=0, n_prototypes=12)
    assert result.de_auroc > 0.9
    assert result.attribution_auroc >= 0.9


@pytest.mark.parametrize("against", ["decoys", "read elsewhere", "all"])
def test_scores_collapse_without_training(results, against: str):
    found = [r.auroc("attribution", model=m, against=against, units="untrained model")
             for r in results for m in ("linear", "mlp")]  # fmt: skip
    assert 0.4 < np.mean(found) < 0.6
    assert max(found) < 0.75


def test_scores_collapse_for_random_directions(results):
    found = [r.auroc("attribution", model=m, against="read elsewhere", units="random directions")
             for r in results for m in ("linear", "mlp")]  # fmt: skip
    assert np.mean(found) < 0.7
    assert max(found) < 0.85


def test_all_methods_are_judged_on_the_same_genes(results):
    table = results[0].table
    sizes = table.groupby(["units", "model"]).size()
    assert (sizes == 6 * 3).all()
    assert table["auroc"].between(0, 1).all()
    lowest = min(results[0].auroc("attribution", model=m) for m in ("linear", "mlp"))
    assert results[0].attribution_auroc == lowest


def test_concepts_of_a_dictionary():
    result = planted_benchmark(seed=0, units="dictionary", n_prototypes=16)
    assert result.units == "dictionary"
    assert result.attribution_auroc >= 0.9
    assert result.de_auroc <= 0.7


def test_same_seed_same_table():
    a, b = (planted_benchmark(seed=5, n_prototypes=4) for _ in range(2))
    assert a.table.equals(b.table)
