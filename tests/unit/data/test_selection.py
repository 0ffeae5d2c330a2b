from __future__ import annotations

import anndata
import numpy as np
import pytest

from cellglass.data.selection import largest_remainder, select_cells, stratified_sample
from cellglass.errors import InputError


@pytest.fixture
def adata() -> anndata.AnnData:
    out = anndata.AnnData(np.ones((100, 1), dtype=np.float32))
    out.obs["type"] = ["big"] * 80 + ["mid"] * 17 + ["rare"] * 3
    return out


def test_strata_keep_their_shares(adata: anndata.AnnData) -> None:
    chosen = select_cells(adata, 20, "type")
    assert np.array_equal(chosen, np.unique(chosen))
    kinds, sizes = np.unique(adata.obs["type"].to_numpy(dtype=str)[chosen], return_counts=True)
    assert dict(zip(kinds, sizes, strict=True)) == {"big": 16, "mid": 3, "rare": 1}


def test_the_seed_decides_and_nothing_else(adata: anndata.AnnData) -> None:
    first = select_cells(adata, 20, "type", seed=1)
    assert np.array_equal(first, select_cells(adata, 20, "type", seed=1))
    assert not np.array_equal(first, select_cells(adata, 20, "type", seed=2))


def test_choice_is_uniform_within_a_stratum(adata: anndata.AnnData) -> None:
    times = np.zeros(100)
    for seed in range(400):
        times[select_cells(adata, 20, "type", seed=seed)] += 1
    # each of the 80 "big" cells is drawn with probability 16/80: 80 times of 400, sd 8
    assert times[:80].min() > 80 - 4.5 * 8
    assert times[:80].max() < 80 + 4.5 * 8


def test_all_cells(adata: anndata.AnnData) -> None:
    assert len(select_cells(adata, None)) == len(select_cells(adata, 1000, "type")) == 100


def test_errors(adata: anndata.AnnData) -> None:
    with pytest.raises(InputError, match=r"no column 'typ'(?s:.*)'type'"):
        select_cells(adata, 5, "typ")
    with pytest.raises(InputError, match="max_cells is 0"):
        select_cells(adata, 0)
    with pytest.raises(InputError, match="one label per cell"):
        select_cells(adata, 5, ["a", "b"])


def test_largest_remainder_against_its_definition() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        sizes = rng.integers(1, 40, size=rng.integers(1, 8))
        total = int(rng.integers(1, sizes.sum() + 1))
        quota = largest_remainder(sizes, total)
        assert quota.sum() == total
        assert np.all(quota <= sizes)
        exact = sizes / sizes.sum() * total
        if total >= sizes.size:
            assert quota.min() >= 1
        if exact.min() >= 1:  # nothing is forced: the classical rule holds
            assert np.all(np.abs(quota - exact) < 1)


def test_labels_as_array() -> None:
    chosen = stratified_sample(np.array(["a"] * 6 + ["b"] * 4), 5)
    assert (chosen < 6).sum() == 3
