import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.cka import cka, cka_of_pairings
from cellglass.geometry.alignment.matched import Matched


def clouds(n=25, d=6, e=4, seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, d))
    return Matched.of_arrays(
        first, first @ rng.normal(size=(d, e)) + noise * rng.normal(size=(n, e))
    )


def biased_by_svd(matched):
    """Sum over pairs of left singular vectors of squared cosines, weighted by both spectra."""
    u, s, _ = np.linalg.svd(matched.first - matched.first.mean(0), full_matrices=False)
    v, t, _ = np.linalg.svd(matched.second - matched.second.mean(0), full_matrices=False)
    weights = np.outer(s**2, t**2) * (u.T @ v) ** 2
    return weights.sum() / np.sqrt((s**4).sum() * (t**4).sum())


def hsic_unbiased(k, m):
    n = len(k)
    k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    one = np.ones(n)
    first = np.trace(k @ m)
    second = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
    third = 2 * (one @ k @ m @ one) / (n - 2)
    return (first + second - third) / (n * (n - 3))


def rbf(side, bandwidth):
    squared = ((side[:, None] - side[None]) ** 2).sum(-1)
    width = bandwidth * np.median(np.sqrt(squared[np.triu_indices(len(side), 1)]))
    return np.exp(-squared / (2 * width**2))


def test_biased_against_the_singular_values():
    matched = clouds()
    assert cka(matched, unbiased=False) == pytest.approx(biased_by_svd(matched), abs=1e-12)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_unbiased_against_the_formula(kernel):
    matched = clouds()
    k, m = (side @ side.T if kernel == "linear" else rbf(side, 0.5)
            for side in (matched.first, matched.second))  # fmt: skip
    slow = hsic_unbiased(k, m) / np.sqrt(hsic_unbiased(k, k) * hsic_unbiased(m, m))
    assert cka(matched, kernel=kernel) == pytest.approx(slow, abs=1e-12)


def test_biased_rbf_against_the_formula():
    matched = clouds()
    centre = np.eye(25) - 1 / 25
    k, m = (centre @ rbf(side, 0.8) @ centre for side in (matched.first, matched.second))
    slow = np.trace(k @ m) / np.sqrt(np.trace(k @ k) * np.trace(m @ m))
    found = cka(matched, kernel="rbf", unbiased=False, bandwidth=0.8)
    assert found == pytest.approx(slow, abs=1e-12)


def test_rotation_shift_and_scale_do_not_matter():
    rng = np.random.default_rng(0)
    rows, turn = rng.normal(size=(30, 5)), np.linalg.qr(rng.normal(size=(5, 5)))[0]
    matched = Matched.of_arrays(rows, 3 * rows @ turn + 7)
    for kernel in ("linear", "rbf"):
        for unbiased in (True, False):
            assert cka(matched, kernel=kernel, unbiased=unbiased) == pytest.approx(1)


def test_unrelated_clouds_few_genes_many_dimensions():
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        matched = Matched.of_arrays(rng.normal(size=(40, 60)), rng.normal(size=(40, 60)))
        found.append([cka(matched, unbiased=False), cka(matched)])
    biased, unbiased = np.mean(found, axis=0)
    assert biased > 0.5  # the trap
    assert abs(unbiased) < 0.02


def test_pairings_move_rows_and_columns():
    matched = clouds()
    order = np.random.default_rng(1).permutation(25)
    moved = cka_of_pairings(matched)(order)
    assert moved == pytest.approx(cka(matched.paired(order)))


def test_bad_input_is_refused():
    rows = np.arange(1.0, 6.0)[:, None]
    with pytest.raises(InputError, match="3 matched genes"):
        cka(Matched.of_arrays(rows[:3], rows[:3]))
    with pytest.raises(InputError, match="kernel 'poly'"):
        cka(Matched.of_arrays(rows, rows), kernel="poly")
    with pytest.raises(InputError, match="bandwidth 0"):
        cka(Matched.of_arrays(rows, rows), kernel="rbf", bandwidth=0.0)
    flat = Matched(rows, np.zeros((5, 1)), tuple("ABCDE"))
    with pytest.raises(InputError, match="second side does not vary"):
        cka(flat)
    with pytest.raises(InputError, match="most points are at distance 0"):
        cka(flat, kernel="rbf")
