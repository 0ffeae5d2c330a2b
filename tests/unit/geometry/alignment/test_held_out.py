import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.cca import Cca
from cellglass.geometry.alignment.held_out import AllGenes, HeldOut, InSample
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.alignment.procrustes import Procrustes
from cellglass.geometry.alignment.ridge_map import RidgeMap
from cellglass.geometry.nulls.correspondence import CorrespondenceNull

FOLDS = np.arange(40) % 4


def clouds(n=40, d=6, seed=0, noise=0.5):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, d))
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return Matched.of_arrays(first, first @ turn + noise * rng.normal(size=(n, d)))


@pytest.mark.parametrize("method", [Procrustes(), Cca(), RidgeMap()], ids=lambda m: m.name)
def test_against_a_plain_loop_over_folds(method):
    """Fit on training genes through `fit`, seek each held-out gene among them."""
    matched = clouds()
    found = HeldOut(matched, method, FOLDS).values(None, np.random.default_rng(0))
    assert np.array_equal(found[0], found[1])
    for fold in range(4):
        test = np.flatnonzero(np.equal(FOLDS, fold))
        train = np.setdiff1d(np.arange(40), test)
        forth = method.fit(matched.first[train], matched.second[train])
        costs = forth.costs(matched.first[test], matched.second[test])
        assert np.array_equal(found[0, 0, 0, test], costs.argmin(1) == np.arange(10))
        back = method.fit(matched.second[train], matched.first[train])
        costs = back.costs(matched.second[test], matched.first[test])
        assert np.array_equal(found[0, 1, 0, test], costs.argmin(1) == np.arange(10))


@pytest.mark.parametrize("method", [Procrustes(), RidgeMap()], ids=lambda m: m.name)
def test_a_pairing_within_folds_is_like_new_data(method):
    """Permuting pairs must give what permuted data give, reductions and all."""
    matched = clouds()
    pairing = CorrespondenceNull.of(40, FOLDS).draw(np.random.default_rng(3))
    judge = HeldOut(matched, method, FOLDS)
    own, identity = judge.values(pairing, np.random.default_rng(0), one_to_one=False)
    anew = HeldOut(matched.paired(pairing), method, FOLDS)
    assert np.allclose(own, anew.values(None, np.random.default_rng(0), one_to_one=False)[0])
    # judged by the true pairs: the same maps, the truth as it came
    for fold, forth, _, _ in judge.fits(pairing):
        costs = forth.costs(matched.first[fold.test], matched.second[fold.test])
        assert np.array_equal(identity[0, 0, fold.test], costs.argmin(1) == np.arange(10))


def test_the_sides_may_be_exchanged():
    matched = clouds()
    for method in (Procrustes(), Cca(), RidgeMap()):
        one = HeldOut(matched, method, FOLDS).values(None, np.random.default_rng(0))
        other = HeldOut(matched.swapped(), method, FOLDS).values(None, np.random.default_rng(0))
        assert np.allclose(one[0, ::-1], other[0])


def test_held_out_genes_never_reach_the_fit():
    """Ruin one fold's rows: the maps that judge it must not change."""
    matched = clouds()
    first = matched.first.copy()
    first[FOLDS == 2] = 1e6 + np.random.default_rng(0).normal(size=(10, 6))
    ruined = Matched(first, matched.second, matched.names)
    plain = [f for _, f, _, _ in HeldOut(matched, Cca(), FOLDS).fits()]
    other = [f for _, f, _, _ in HeldOut(ruined, Cca(), FOLDS).fits()]
    assert np.array_equal(plain[2].left, other[2].left)
    assert np.array_equal(plain[2].first.mean, other[2].first.mean)
    assert not np.allclose(plain[0].first.mean, other[0].first.mean)


def test_a_pairing_across_folds_is_refused():
    judge = HeldOut(clouds(), Procrustes(), FOLDS)
    pairing = np.roll(np.arange(40), 1)
    with pytest.raises(InputError, match="out of their fold"):
        judge.values(pairing, np.random.default_rng(0))


def test_small_folds_are_refused():
    with pytest.raises(InputError, match="10 folds, the smallest of 4"):
        HeldOut(clouds(), Procrustes(), np.arange(40) % 10)
    with pytest.raises(InputError, match="1 folds"):
        HeldOut(clouds(), Procrustes(), np.zeros(40, dtype=int))


def test_in_sample_is_the_fit_itself():
    matched = clouds()
    for method in (Procrustes(), RidgeMap()):
        found = InSample(matched, method).values(None, np.random.default_rng(0))[0]
        forth = method.fit(matched.first, matched.second).costs(matched.first, matched.second)
        back = method.fit(matched.second, matched.first).costs(matched.second, matched.first)
        assert np.array_equal(found[0, 0], forth.argmin(1) == np.arange(40))
        assert np.array_equal(found[1, 0], back.argmin(1) == np.arange(40))
        pairing = np.random.default_rng(1).permutation(40)
        own = InSample(matched, method).values(pairing, np.random.default_rng(0))[0]
        anew = InSample(matched.paired(pairing), method).values(None, np.random.default_rng(0))
        assert np.allclose(own, anew[0])


def test_all_genes_judges_given_costs():
    class Known:
        name, trained = "known", False

        def costs(self, first, second, metric="euclidean"):
            return np.abs(first - second.T)

    rows = np.array([[1.0], [2.0], [4.0]])
    judge = AllGenes(Matched.of_arrays(rows, rows), Known())
    assert judge.sizes.tolist() == [3, 3, 3]
    own, identity = judge.values(np.array([1, 0, 2]), np.random.default_rng(0))
    assert own[0, 0].tolist() == [0, 0, 1]
    assert identity[0, 0].tolist() == [1, 1, 1]
