"""Classical factorisations as units."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from cellglass.concepts import Transform
from cellglass.concepts.statistics.component_baselines import components
from cellglass.errors import InputError


@pytest.fixture
def cells() -> np.ndarray:
    """Three independent sparse sources, mixed."""
    rng = np.random.default_rng(1)
    sources = rng.laplace(size=(800, 3))
    mixing = np.array([[2.0, 0.3, 0.1], [0.4, 1.0, 0.2], [0.1, 0.6, 1.5], [0.3, 0.2, 0.9]]).T
    return sources @ mixing + 0.01 * rng.normal(size=(800, 4)) + 5.0


def test_pca_is_that_of_scikit_learn(cells: np.ndarray):
    t = Transform.fit(cells)
    found = components(cells, t, 0.1, method="pca")
    expected = PCA().fit(t(cells)).components_
    overlap = np.abs(np.sum(found.units.directions[0::2] * expected, axis=1))
    np.testing.assert_allclose(overlap, 1.0, atol=1e-4)
    assert found.units.names[:2] == ("PCA 0 +", "PCA 0 -")
    assert found.converged


def test_ica_reads_the_sources(cells: np.ndarray):
    t = Transform.fit(cells)
    found = components(cells, t, 0.1, method="ica", n=3)
    assert found.converged
    sources = np.random.default_rng(1).laplace(size=(800, 3))
    read = t(cells) @ found.units.directions[0::2].T
    correlation = np.abs(np.corrcoef(read.T, sources.T)[:3, 3:])
    assert (correlation.max(0) > 0.95).all()
    assert sorted(correlation.argmax(0)) == [0, 1, 2]


def test_fit_that_stops_early_is_told(cells: np.ndarray):
    found = components(cells, Transform.fit(cells), 0.1, method="ica", n=3, max_iterations=1)
    assert not found.converged
    assert found.note == "ICA of 800 cells; stopped after 1 steps before it converged"


@pytest.mark.parametrize("method", ["nmf", "kmeans"])
def test_groups_of_cells_are_found(method: str):
    rng = np.random.default_rng(2)
    centres = np.array([[6.0, 0, 0, 0], [0, -6.0, 0, 0], [0, 0, 6.0, 0], [0, 0, 0, -6.0]])
    group = rng.integers(0, 4, size=600)
    cells = centres[group] + rng.normal(size=(600, 4)) * 0.3
    t = Transform.fit(cells)
    units = components(cells, t, 0.2, method=method, n=4).units  # type: ignore[arg-type]
    active = units.activations(cells) > 0
    table = np.array([[active[group == g, j].mean() for j in range(len(units))] for g in range(4)])
    assert (table.max(1) > 0.6).all()
    assert sorted(table.argmax(1)) == [0, 1, 2, 3]


def test_same_seed_same_units(cells: np.ndarray):
    t = Transform.fit(cells)
    for method in ("ica", "nmf", "kmeans"):
        rows = [
            components(cells, t, 0.1, method=method, n=3, fit_cells=300, seed=4).units.directions
            for _ in range(2)
        ]
        np.testing.assert_array_equal(*rows)


def test_too_many_components_are_refused(cells: np.ndarray):
    t = Transform.fit(cells)
    with pytest.raises(InputError, match="5 components of 800 cells x 4"):
        components(cells, t, 0.1, method="ica", n=5)
    with pytest.raises(InputError, match="20 components of 20 cells"):
        components(cells, t, 0.1, method="kmeans", n=20, fit_cells=20)
    flat = np.c_[cells[:, :1], cells[:, :1] * 2]
    with pytest.raises(InputError, match="cells of rank 1"):
        components(flat, Transform.fit(flat), 0.1, method="pca")


def test_unknown_method_is_told(cells: np.ndarray):
    with pytest.raises(InputError, match="did you mean 'kmeans'"):
        components(cells, Transform.fit(cells), 0.1, method="kmean")  # type: ignore[arg-type]
