from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from cellglass.data.strata import UNLABELLED, cell_groups, column, replicate_blocks
from cellglass.errors import InputError


def test_column_of_real_cells(shared_data: Callable[[str], Path]) -> None:
    obs = anndata.read_h5ad(shared_data("single_cell/pbmc_kang2018_donors.h5ad")).obs
    labels = column(obs, "cell_type")
    assert len(labels.levels) == 5
    assert np.array_equal(labels.values, obs["cell_type"].astype(str))
    assert labels.sizes.sum() == len(obs)
    partly = anndata.read_h5ad(shared_data("single_cell/pbmc_kang2018_ifnb.h5ad")).obs
    labels = column(partly, "cell_type_partial")
    assert labels.levels[-1] == UNLABELLED
    assert labels.n_unlabelled == 2000 - 114
    with pytest.raises(InputError, match=r"column 'donor' has too few levels: the only label is"):
        column(
            anndata.read_h5ad(shared_data("single_cell/pbmc_zheng2017_donorA.h5ad")).obs,
            "donor",
            role="donor",
        )


@pytest.mark.parametrize(
    "missing",
    [None, np.nan, "", "nan", "NA", "n/a", "None", "Unlabelled"],
    ids=lambda m: repr(m),
)
def test_missing_labels_are_a_level_of_their_own(missing: object) -> None:
    labels = column(pd.DataFrame({"t": ["b", missing, "a", missing]}), "t")
    assert labels.levels == ("a", "b", UNLABELLED)
    assert labels.codes.tolist() == [1, 2, 0, 2]
    assert labels.to_dict() == {
        "name": "t",
        "sizes": {"a": 1, "b": 1, UNLABELLED: 2},
        "n_unlabelled": 2,
    }


def test_categories_and_numbers_are_labels() -> None:
    frame = pd.DataFrame({"c": pd.Categorical(["x", None, "y"]), "n": [3, 1, 3]})
    assert column(frame, "c").levels == ("x", "y", UNLABELLED)
    assert column(frame, "n").values.tolist() == ["3", "1", "3"]


def test_column_errors() -> None:
    frame = pd.DataFrame({"cell_type": ["a"] * 30, "id": [f"c{i}" for i in range(30)]})
    with pytest.raises(InputError, match=r"no column 'celltype'(?s:.*)'cell_type'"):
        column(frame, "celltype")
    with pytest.raises(InputError, match="the only label is 'a'; 0 cells have none"):
        column(frame, "cell_type")
    assert column(frame, "cell_type", min_levels=1).levels == ("a",)
    with pytest.raises(InputError, match="a label of its own for each"):
        column(frame, "id")
    with pytest.raises(InputError, match=r"too few levels: 0 labels; 2 cells have none"):
        column(pd.DataFrame({"t": [None, ""]}), "t")


def test_donors_are_blocks() -> None:
    obs = pd.DataFrame({"donor": ["d2", "d1", "d2", None]})
    blocks = replicate_blocks(obs, "donor")
    assert (blocks.unit, blocks.names) == ("donor", ("d1", "d2", UNLABELLED))
    assert blocks.codes.tolist() == [1, 0, 1, 2]


def test_folds_are_balanced_random_and_seeded() -> None:
    obs = pd.DataFrame(index=range(103))
    blocks = replicate_blocks(obs, n_folds=5, seed=1)
    assert blocks.unit == "fold of cells"
    assert sorted(blocks.sizes.tolist()) == [20, 20, 21, 21, 21]
    assert np.array_equal(blocks.codes, replicate_blocks(obs, n_folds=5, seed=1).codes)
    assert not np.array_equal(blocks.codes, replicate_blocks(obs, n_folds=5, seed=2).codes)
    assert len(set(blocks.codes[:21])) > 1  # not the cells in their order
    with pytest.raises(InputError, match="3 cells cannot form 5 folds"):
        replicate_blocks(pd.DataFrame(index=range(3)))


def check_groups(strata: np.ndarray, blocks: np.ndarray, size: int, leave_out: float) -> int:
    """Every promise of `cell_groups`; returns the cells left out."""
    found = cell_groups(strata, blocks, size, leave_out=leave_out)
    for g in range(len(found.stratum)):
        members = found.group == g
        assert members.sum() == found.sizes[g] > 0
        assert set(strata[members]) == {found.stratum[g]}
        assert set(blocks[members]) == {found.block[g]}
    for s in np.unique(strata):
        sizes = found.sizes[found.stratum == s]
        if len(sizes):
            assert sizes.max() - sizes.min() <= 1
            assert sizes.max() <= size + 1
        left = ((found.group < 0) & (strata == s)).sum()
        assert left <= leave_out * (strata == s).sum()
    return found.n_left_out


def test_groups_keep_every_promise_on_random_cells() -> None:
    rng = np.random.default_rng(0)
    for _ in range(80):
        n = int(rng.integers(1, 200))
        strata, blocks = rng.integers(0, 4, n), rng.integers(0, 3, n)
        size = int(rng.integers(1, 30))
        assert check_groups(strata, blocks, size, 0.0) == 0
        check_groups(strata, blocks, size, 0.2)


def test_groups_are_as_large_as_wanted_where_blocks_allow() -> None:
    found = cell_groups(np.zeros(1000, int), np.repeat([0, 1], 500), 20)
    assert set(found.sizes) == {20}
    assert cell_groups(np.zeros(21, int), np.zeros(21, int), 20).sizes.tolist() == [21]


def test_leaving_cells_out_allows_larger_groups() -> None:
    strata, blocks = np.zeros(101, int), np.array([0] * 100 + [1])
    assert cell_groups(strata, blocks, 10).sizes.max() <= 2  # one lone cell forces this
    loose = cell_groups(strata, blocks, 10, leave_out=0.05)
    assert (loose.sizes.min(), loose.n_left_out, loose.group[-1]) == (10, 1, -1)


def test_groups_do_not_depend_on_other_strata() -> None:
    strata, blocks = np.repeat([0, 1], 40), np.zeros(80, int)
    both, one = cell_groups(strata, blocks, 8), cell_groups(strata[:40], blocks[:40], 8)
    assert np.array_equal(both.group[:40], one.group)


def test_group_errors() -> None:
    with pytest.raises(InputError, match="size is 0"):
        cell_groups([0], [0], 0)
    with pytest.raises(InputError, match="one code per cell"):
        cell_groups([0, 1], [0], 2)
    with pytest.raises(InputError, match="negative"):
        cell_groups([0, -1], [0, 0], 2)
