"""Shuffled expression keeps what it says and nothing else."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.concepts.statistics.shuffled_expression import shuffled_expression
from cellglass.errors import InputError


@pytest.fixture
def cells() -> anndata.AnnData:
    rng = np.random.default_rng(1)
    program = rng.gamma(1.0, size=(300, 1)) * 4
    rate = np.hstack([program * [1.0, 0.8, 1.2], rng.gamma(2.0, size=(1, 5)).repeat(300, axis=0)])
    obs = pd.DataFrame({"donor": np.repeat(["a", "b", "c"], 100)}, index=map(str, range(300)))
    counts = rng.poisson(rate).astype(np.float32)
    counts[100:200] *= 2
    held = anndata.AnnData(sparse.csr_matrix(counts), obs=obs)
    held.layers["counts"] = held.X.copy()
    return held


def dense(cells: anndata.AnnData) -> np.ndarray:
    return cells.X.toarray()


def test_genes_keep_their_distribution_and_lose_one_another(cells: anndata.AnnData):
    before = dense(cells).copy()
    mixed = shuffled_expression(cells, 1)
    after = dense(mixed)
    np.testing.assert_array_equal(np.sort(after, axis=0), np.sort(before, axis=0))
    assert np.corrcoef(before.T)[0, 1] > 0.6
    assert abs(np.corrcoef(after.T)[0, 1]) < 0.2
    np.testing.assert_array_equal(dense(cells), before)
    assert after.sum(1).std() < before.sum(1).std()
    assert mixed.X.dtype == np.float32
    assert list(mixed.obs_names) == list(cells.obs_names)


def test_any_cell_may_get_any_count():
    """Each of the six orders of three values comes about as often as the others."""
    held = anndata.AnnData(np.tile(np.array([[1.0], [2.0], [0.0]], np.float32), (1, 3000)))
    after = dense(shuffled_expression(held, 2))
    orders, times = np.unique(after, axis=1, return_counts=True)
    assert orders.shape == (3, 6)
    assert times.min() > 420 < times.max() < 580


def test_margins_stay_to_the_last_molecule(cells: anndata.AnnData):
    before, after = dense(cells), dense(shuffled_expression(cells, 1, keep="margins"))
    np.testing.assert_array_equal(after.sum(0), before.sum(0))
    np.testing.assert_array_equal(after.sum(1), before.sum(1))
    share = after[:, 0] / after.sum(1)
    other = after[:, 1] / after.sum(1)
    # shares of a fixed total repel one another a little, at most
    assert abs(np.corrcoef(share, other)[0, 1]) < 0.2


@pytest.mark.parametrize("keep", ["genes", "margins"])
def test_donors_stay_apart(cells: anndata.AnnData, keep: str):
    mixed = shuffled_expression(cells, 3, keep=keep, within="donor")  # type: ignore[arg-type]
    for start in (0, 100, 200):
        part = slice(start, start + 100)
        np.testing.assert_array_equal(dense(mixed)[part].sum(0), dense(cells)[part].sum(0))
    assert (dense(mixed) != dense(cells)).any()


def test_same_seed_same_cells(cells: anndata.AnnData):
    first, second = (dense(shuffled_expression(cells, 5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (first != dense(shuffled_expression(cells, 6))).any()


def test_unusable_requests_are_told(cells: anndata.AnnData):
    with pytest.raises(InputError, match="did you mean 'donor'"):
        shuffled_expression(cells, within="donors")
    with pytest.raises(InputError, match="no layer 'count'"):
        shuffled_expression(cells, layer="count")
    cells.X = cells.X * 0.5
    with pytest.raises(InputError, match="not whole numbers"):
        shuffled_expression(cells, keep="margins")
    assert shuffled_expression(cells, keep="margins", layer="counts").n_obs == 300
