import numpy as np
import pytest
from sklearn.linear_model import Ridge

from cellglass.errors import InputError
from cellglass.geometry.alignment.ridge_map import PENALTIES, RidgeMap


def sides(n=50, seed=0, noise=0.3):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, 6)) * np.arange(6, 0, -1)
    second = first @ rng.normal(size=(6, 4)) + noise * rng.normal(size=(n, 4))
    return first - first.mean(0), second - second.mean(0)


def test_against_scikit_learn():
    first, second = sides()
    unit = (np.linalg.svd(first, compute_uv=False) ** 2).mean()
    left, right = RidgeMap(penalty=0.2).couple(first, second)
    other = Ridge(alpha=0.2 * unit, fit_intercept=False).fit(first, second)
    assert np.allclose(left, other.coef_.T)
    assert np.array_equal(right, np.eye(4))


def test_the_penalty_is_that_of_least_gcv():
    first, second = sides(noise=30.0)
    unit = (np.linalg.svd(first, compute_uv=False) ** 2).mean()
    scores = []
    for penalty in PENALTIES:
        hat = first @ np.linalg.solve(first.T @ first + penalty * unit * np.eye(6), first.T)
        residual = second - hat @ second
        scores.append(50 * (residual**2).sum() / (50 - 1 - np.trace(hat)) ** 2)
    best = PENALTIES[int(np.argmin(scores))]
    assert PENALTIES[0] < best < PENALTIES[-1]
    chosen, fixed = RidgeMap(), RidgeMap(penalty=best)
    assert np.allclose(chosen.couple(first, second)[0], fixed.couple(first, second)[0])


def test_unrelated_sides_are_mapped_to_the_middle():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(100, 20)), rng.normal(size=(100, 20))
    mapped, target = RidgeMap().fit(first, second).transform(first, second)
    assert np.linalg.norm(mapped) < 0.1 * np.linalg.norm(target)


def test_it_has_a_direction_and_no_negative_penalty():
    assert not RidgeMap().symmetric
    with pytest.raises(InputError, match="penalty -1"):
        RidgeMap(penalty=-1.0)
