import numpy as np
import pytest
from scipy.stats import binom

from cellglass.errors import InputError, ResourceError
from cellglass.geometry.alignment.cca import Cca
from cellglass.geometry.alignment.gromov_wasserstein import GromovWasserstein
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.alignment.pair_ranks import MEASURES
from cellglass.geometry.alignment.pca_only import PcaOnly
from cellglass.geometry.alignment.procrustes import Procrustes
from cellglass.geometry.alignment.retrieval import held_out_retrieval
from cellglass.geometry.alignment.ridge_map import RidgeMap

TRAINED = [Procrustes(), Cca(), RidgeMap()]


def shared(n=100, d=10, noise=0.5, seed=0):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, d)) * np.linspace(2, 0.5, d)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return Matched.of_arrays(first, first @ turn + noise * rng.normal(size=(n, d)))


def unrelated(n=100, d=10, seed=0):
    rng = np.random.default_rng(seed)
    return Matched.of_arrays(rng.standard_t(4, size=(n, d)), rng.standard_t(4, size=(n, d)))


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.name)
def test_planted_correspondence_is_found_on_held_out_genes(method):
    found = held_out_retrieval(shared(), method, draws=19)
    for direction in (0, 1):
        assert found.value("top1", direction) > 0.6
        assert found.value("top1", direction, "chance") == pytest.approx(0.05)
        assert found.value("top1", direction, "low") > 0.5
        for column in ("p", "identity_p"):
            assert found.value("top1", direction, column) == 0.05
            assert found.value("rank_share", direction, column) == 0.05
        assert found.value("top1", direction, "null_mean") < 0.12
        assert found.value("rank_share", direction, "null_mean") == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.name)
def test_unrelated_models_are_at_chance_held_out_and_not_in_sample(method):
    hits, in_sample = 0.0, []
    for seed in range(6):
        found = held_out_retrieval(unrelated(60, 30, seed), method, draws=0, seed=seed)
        hits += 60 * found.value("top1")
        in_sample.append(found.value("top1", column="in_sample"))
    low, high = binom(360, 1 / 12).ppf([0.001, 0.999])
    assert low <= hits <= high
    if method.name != "ridge":  # whose penalty, chosen within, maps unrelated genes to the middle
        assert np.mean(in_sample) > 0.2


def test_the_in_sample_null_contains_the_overfit():
    found = held_out_retrieval(unrelated(60, 30), Cca(), draws=19)
    in_sample = found.value("top1", column="in_sample")
    assert in_sample > 0.1
    assert found.value("top1", column="in_sample_null_mean") == pytest.approx(in_sample, rel=0.5)
    assert found.value("top1", column="p") > 0.05


@pytest.mark.parametrize("method", TRAINED, ids=lambda m: m.name)
def test_exchanging_the_models_exchanges_the_directions(method):
    matched = shared(50, noise=1.0)
    one = held_out_retrieval(matched, method, draws=3, labels=("a", "b"))
    other = held_out_retrieval(matched.swapped(), method, draws=0, labels=("b", "a"))
    assert one.directions == ("a -> b", "b -> a") == other.directions[::-1]
    for measure in ("top1", "top5", "reciprocal_rank", "rank_share", "mutual"):
        for column in ("value", "in_sample"):
            if measure == "mutual" and column == "in_sample":
                continue
            for d in (0, 1):
                assert one.value(measure, d, column) == pytest.approx(
                    other.value(measure, 1 - d, column)
                )


def test_the_order_of_genes_does_not_matter():
    matched = shared(50, noise=1.0)
    order = np.random.default_rng(1).permutation(50)
    one = held_out_retrieval(matched, Procrustes(), draws=0)
    other = held_out_retrieval(matched.take(order), Procrustes(), draws=0)
    assert np.allclose(one.table["value"], other.table["value"])
    assert np.allclose(one.ranks, other.ranks.loc[one.ranks.index])


def test_gromov_wasserstein_is_judged_on_all_genes_without_a_fit():
    matched = shared(40, noise=0.1)
    found = held_out_retrieval(matched, GromovWasserstein(), draws=19)
    assert found.n_held_out == 40
    assert found.value("top1") > 0.8
    assert found.value("top1", column="p") == 0.05
    assert np.isnan(found.value("top1", column="identity_p"))
    assert np.isnan(found.value("top1", column="in_sample"))


def test_pca_alone_has_no_identity_null():
    found = held_out_retrieval(shared(), PcaOnly(), draws=5)
    assert np.isnan(found.value("top1", column="identity_p"))
    assert not np.isnan(found.value("top1", column="p"))


@pytest.mark.parametrize("metric", ["cosine", "csls"])
def test_other_metrics_find_it_too(metric):
    found = held_out_retrieval(shared(), Procrustes(), metric=metric, draws=0)
    assert found.metric == metric
    assert found.value("top1") > 0.6


def test_repeats_average_partitions_and_keep_the_null_exact_in_form():
    matched = shared(40, 4, noise=1.0)
    once = held_out_retrieval(matched, Procrustes(), draws=9)
    twice = held_out_retrieval(matched, Procrustes(), draws=9, repeats=2)
    assert twice.repeats == 2
    assert twice.value("reciprocal_rank") != once.value("reciprocal_rank")
    assert twice.value("reciprocal_rank", column="p") == 0.1
    assert twice.value("reciprocal_rank", column="null_sd") > 0
    # the first partition is the same, and so is what is told of it alone
    assert twice.value("top1", column="identity_null_mean") == pytest.approx(
        once.value("top1", column="identity_null_mean")
    )


def test_results_are_told_by_gene_and_measure():
    found = held_out_retrieval(shared(30), Procrustes(), draws=0)
    assert len(found.table) == 2 * len(MEASURES)
    assert found.ranks.shape == (30, 2)
    assert found.ranks.mean().to_list() == pytest.approx(
        [found.value("rank_share", 0), found.value("rank_share", 1)]
    )
    assert (found.table["low"] <= found.table["value"]).all()
    assert (found.table["high"] >= found.table["value"]).all()
    assert found.table["p"].isna().all()
    with pytest.raises(InputError, match="no value of 'top2'"):
        found.value("top2")


def test_a_seed_gives_the_same_table():
    one, other, third = (
        held_out_retrieval(shared(40), Cca(), draws=4, seed=seed).table for seed in (1, 1, 2)
    )
    assert one.equals(other)
    assert not one.equals(third)


@pytest.mark.parametrize("n", [8, 24])
def test_too_few_genes_are_refused(n):
    with pytest.raises(InputError, match=f"{n} matched genes"):
        held_out_retrieval(shared(n), Procrustes())


def test_more_dimensions_than_genes():
    found = held_out_retrieval(unrelated(30, 80), Cca(), draws=0)
    assert found.value("top1", column="in_sample") > 0.9
    assert found.value("top1") < 0.5


def test_bad_numbers_are_refused():
    with pytest.raises(InputError, match="0 repeats"):
        held_out_retrieval(shared(), Procrustes(), repeats=0)
    with pytest.raises(ResourceError, match="at least 999 draws"):
        held_out_retrieval(shared(), Procrustes(), draws=99, level=0.001)


@pytest.mark.long
@pytest.mark.parametrize("method", [Procrustes(), RidgeMap(penalty=0.1)], ids=lambda m: m.name)
def test_calibration_of_the_refit_null(method):
    """p of the permuted pairing is uniform for unrelated models, heavy tails and all."""
    p = []
    for seed in range(250):
        found = held_out_retrieval(
            unrelated(40, 4, seed), method, draws=19, in_sample=False, seed=seed
        )
        p.append(found.value("reciprocal_rank", column="p"))
    for level in (0.05, 0.1, 0.2, 0.5):
        hits = int((np.array(p) <= level + 1e-9).sum())
        low, high = binom(250, level).ppf([0.0005, 0.9995])
        assert low <= hits <= high
