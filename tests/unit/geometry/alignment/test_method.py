import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.cca import Cca
from cellglass.geometry.alignment.method import principal_axes, widen
from cellglass.geometry.alignment.pca_only import PcaOnly
from cellglass.geometry.alignment.procrustes import Procrustes
from cellglass.geometry.alignment.ridge_map import RidgeMap

METHODS = [PcaOnly(), Procrustes(), Procrustes(scaling=True), Cca(), RidgeMap()]


def test_axes_are_those_of_the_covariance():
    rows = np.random.default_rng(0).normal(size=(40, 6)) * [5, 4, 3, 2, 1, 0.5]
    found = principal_axes(rows, 4)
    values, vectors = np.linalg.eigh(np.cov(rows.T))
    assert found.axes.shape == (6, 4)
    assert np.allclose(np.abs(found.axes.T @ vectors[:, ::-1][:, :4]), np.eye(4), atol=1e-8)
    assert np.allclose(found.apply(rows).var(0, ddof=1), values[::-1][:4])


def test_directions_without_variance_are_left_out():
    rows = np.random.default_rng(0).normal(size=(10, 2))
    padded = np.column_stack([rows, np.full(10, 1e6), rows[:, 0]])
    assert principal_axes(padded, 4).axes.shape == (4, 2)
    assert principal_axes(np.random.default_rng(1).normal(size=(5, 30)), 20).axes.shape == (30, 4)


def test_the_sign_of_an_axis_does_not_depend_on_the_solver():
    rows = np.random.default_rng(0).normal(size=(20, 3)) * [3, 2, 1]
    one, other = principal_axes(rows, 3), principal_axes(rows[::-1], 3)
    assert np.allclose(one.axes, other.axes)


def test_rows_that_are_all_equal_are_refused():
    with pytest.raises(InputError, match="4 rows that are all equal"):
        principal_axes(np.full((4, 3), 0.3), 2)
    with pytest.raises(InputError, match="0 components"):
        principal_axes(np.eye(4), 0)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_held_out_rows_change_nothing_of_the_fit(method):
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(60, 12)), rng.normal(size=(60, 9))
    fitted = method.fit(first[:40], second[:40])
    alone = fitted.transform(first[40:41], second[40:41])
    among = fitted.transform(first[40:], second[40:])
    assert alone[0].shape[1] == alone[1].shape[1]
    assert np.allclose(alone[0][0], among[0][0])
    assert np.allclose(alone[1][0], among[1][0])
    again = method.fit(first[:40].copy(), second[:40].copy())
    assert np.array_equal(fitted.left, again.left)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_more_dimensions_than_genes(method):
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(20, 100)), rng.normal(size=(20, 80))
    one, other = method.fit(first, second).transform(first[:3], second[:3])
    assert np.isfinite(one).all()
    assert np.isfinite(other).all()


@pytest.mark.parametrize("method", [m for m in METHODS if m.symmetric], ids=lambda m: m.name)
def test_a_symmetric_method_gives_the_same_distances_either_way(method):
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(50, 8)), rng.normal(size=(50, 5))
    forth = method.fit(first, second).costs(first, second)
    back = method.fit(second, first).costs(second, first)
    assert np.allclose(forth, back.T)


def test_unequal_numbers_of_rows_are_refused():
    with pytest.raises(InputError, match="5 and 4 training rows"):
        Procrustes().fit(np.eye(5), np.eye(4))


def test_widen_fills_with_zeros():
    one, other = widen(np.ones((2, 1)), np.ones((2, 3)))
    assert one.tolist() == [[1, 0, 0], [1, 0, 0]]
    assert other.shape == (2, 3)
