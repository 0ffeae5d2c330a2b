import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.cca import Cca
from cellglass.geometry.alignment.cca_similarity import (
    alignment_folds,
    held_out_cca,
    held_out_cca_of_pairings,
    svcca,
    svcca_of_pairings,
)
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.nulls.correspondence import CorrespondenceNull


def clouds(n=60, d=5, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, d))
    return Matched.of_arrays(
        first, first @ rng.normal(size=(d, d)) + noise * rng.normal(size=(n, d))
    )


def unrelated(n, d, seed):
    rng = np.random.default_rng(seed)
    return Matched.of_arrays(rng.normal(size=(n, d)), rng.normal(size=(n, d)))


def test_principal_angles_through_qr():
    matched = clouds()
    bases = [np.linalg.qr(s - s.mean(0))[0] for s in (matched.first, matched.second)]
    slow = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    assert np.allclose(svcca(matched, components=5), slow)


def test_components_hold_the_share_of_variance():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(200, 4)) * [10, 5, 1, 0.1]
    matched = Matched.of_arrays(first, rng.normal(size=(200, 4)))
    assert svcca(matched, variance=0.9).size == 2
    assert svcca(matched, variance=0.999).size == 3
    assert svcca(matched, components=1).size == 1


def test_a_pairing_is_like_new_data():
    matched = clouds()
    order = np.random.default_rng(1).permutation(60)
    assert svcca_of_pairings(matched)(order) == pytest.approx(svcca(matched.paired(order)).mean())
    folds = alignment_folds(matched, 5, 42)
    within = CorrespondenceNull.of(60, folds).draw(np.random.default_rng(1))
    moved = held_out_cca(matched.paired(within))
    assert held_out_cca_of_pairings(matched)(within) == pytest.approx(moved)


def test_in_sample_correlations_of_unrelated_clouds_are_high_and_held_out_ones_are_not():
    found = []
    for seed in range(8):
        matched = unrelated(100, 20, seed)
        found.append([svcca(matched, components=20).mean(), held_out_cca(matched, seed=seed)])
    in_sample, held_out = np.mean(found, axis=0)
    assert in_sample > 0.35
    assert abs(held_out) < 0.06


def test_held_out_correlation_against_a_loop():
    matched = clouds()
    folds, slow = alignment_folds(matched, 5, 42), []
    for fold in range(5):
        test = folds == fold
        fitted = Cca().fit(matched.first[~test], matched.second[~test])
        one, other = fitted.transform(matched.first[test], matched.second[test])
        slow.append(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(one.T, other.T, strict=True)]))
    assert held_out_cca(matched) == pytest.approx(np.mean(slow))
    assert held_out_cca(matched) > 0.3


def test_too_many_components_are_refused():
    with pytest.raises(InputError, match="otherwise some correlations are 1 by necessity"):
        svcca(unrelated(30, 20, 0))
    with pytest.raises(InputError, match="8 matched genes"):
        held_out_cca(unrelated(8, 2, 0))
    with pytest.raises(InputError, match="variance is 1"):
        svcca(clouds(), variance=1.0)
