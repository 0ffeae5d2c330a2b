"""No donor on both sides; with too few donors that is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.embeddings.splits import Split, donor_folds, donor_split
from cellglass.errors import InputError


def cells(n_donors: int, n: int = 240, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    donor = np.concatenate([np.arange(n_donors), rng.integers(n_donors, size=n - n_donors)])
    label = rng.choice(["T", "B", "NK"], size=n, p=[0.7, 0.2, 0.1])
    return pd.DataFrame({"donor": [f"D{i}" for i in donor], "label": label})


def parts(split: Split) -> tuple[np.ndarray, ...]:
    return split.train, split.validation, split.test


@pytest.mark.parametrize("n_donors", [6, 7, 12, 60])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_donor_is_on_two_sides(n_donors: int, seed: int):
    obs = cells(n_donors)
    split = donor_split(obs, "donor", seed=seed)
    assert (np.sum(parts(split), axis=0) == 1).all()
    donors = [set(obs["donor"][p]) for p in parts(split)]
    assert not donors[0] & donors[1]
    assert not donors[0] & donors[2]
    assert not donors[1] & donors[2]
    assert len(donors[2]) == pytest.approx(0.3 * n_donors, abs=0.06 * n_donors + 0.5)
    assert all(p.any() for p in parts(split))
    assert (split.unit, split.applicable, split.conditional_on_donors) == ("donor", True, False)
    assert f"{len(donors[2])} of {n_donors} donors" in split.note


def test_other_seeds_hold_out_other_donors():
    obs = cells(12)
    held = {tuple(sorted(set(obs["donor"][donor_split(obs, "donor", seed=s).test])))
            for s in range(8)}  # fmt: skip
    assert len(held) > 4
    a, b = (donor_split(obs, "donor", seed=3) for _ in range(2))
    assert (a.test == b.test).all()


def test_a_large_donor_is_held_out_as_often_as_its_turn_comes():
    obs = cells(8)
    large = pd.concat([obs, pd.DataFrame({"donor": ["D0"] * 400, "label": ["T"] * 400})])
    held = [
        "D0" in set(large["donor"][donor_split(large, "donor", seed=s).test]) for s in range(60)
    ]
    assert 0.1 < np.mean(held) < 0.5  # 2 of 8 parts are the test


@pytest.mark.parametrize(
    ("n_donors", "words"), [(1, "one donor"), (2, "There are 2 donors"), (5, "There are 5 donors")]
)
def test_fewer_than_six_donors_are_not_applicable(n_donors: int, words: str):
    obs = cells(n_donors)
    split = donor_split(obs, "donor", stratify="label", seed=1)
    assert (split.unit, split.applicable, split.conditional_on_donors) == ("cell", False, True)
    assert words in split.note
    assert "NOT APPLICABLE" in split.note
    assert "conditional on" in split.note
    assert (np.sum(parts(split), axis=0) == 1).all()
    for part, share in zip(parts(split), (0.6, 0.1, 0.3), strict=True):
        assert part.mean() == pytest.approx(share, abs=0.01)
    for name in ("donor", "label"):
        whole = obs[name].value_counts(normalize=True)
        test = obs[name][split.test].value_counts(normalize=True)
        assert (whole - test.reindex(whole.index, fill_value=0)).abs().max() < 0.03


def test_cells_without_a_label_are_a_stratum():
    obs = cells(2).assign(label=lambda o: o["label"].where(o["label"] != "T"))
    test = donor_split(obs, "donor", stratify="label").test
    assert obs["label"][test].isna().mean() == pytest.approx(obs["label"].isna().mean(), abs=0.03)


def test_without_a_column_of_donors():
    split = donor_split(cells(9), None, seed=1)
    assert split.unit == "cell"
    assert split.note.startswith("No donor is named")


def test_tokens_of_a_cell_stay_together():
    obs = cells(2, n=30).loc[np.repeat(np.arange(30), 5)].reset_index(drop=True)
    obs["cell"] = np.repeat([f"c{i}" for i in range(30)], 5)
    for split in (donor_split(obs, "donor", seed=0), *donor_folds(obs, "donor").splits()):
        assert not set(obs["cell"][split.train]) & set(obs["cell"][split.test])
    alone = donor_split(obs.drop(columns="cell"), "donor", seed=0)
    assert set(obs["cell"][alone.train]) & set(obs["cell"][alone.test])


@pytest.mark.parametrize("n_donors", [3, 8])
def test_folds_cover_every_row_once(n_donors: int):
    obs = cells(n_donors)
    folds = donor_folds(obs, "donor", n_folds=4, stratify=["label"], seed=2)
    assert folds.n_folds == 4
    splits = list(folds.splits())
    assert (np.sum([s.test for s in splits], axis=0) == 1).all()
    assert all((s.train == ~s.test).all() and not s.validation.any() for s in splits)
    assert folds.applicable == (n_donors >= 6)
    assert folds.conditional_on_donors == (n_donors < 6)
    if n_donors >= 6:
        assert all(len(set(folds.fold[obs["donor"] == d])) == 1 for d in obs["donor"].unique())
    else:
        assert np.ptp(np.bincount(folds.fold)) <= 1
        counts = pd.crosstab(obs["label"], folds.fold)
        assert (counts.max(axis=1) - counts.min(axis=1)).max() <= n_donors


def test_bad_columns_and_shares_are_refused():
    obs = cells(8)
    with pytest.raises(InputError, match="did you mean 'donor'"):
        donor_split(obs, "doner")
    missing = obs.assign(donor=obs["donor"].where(obs["donor"] != "D0"))
    with pytest.raises(InputError, match="rows have no value"):
        donor_split(missing, "donor")
    with pytest.raises(InputError, match=r"test=0.6, validation=0.5"):
        donor_split(obs, "donor", test=0.6, validation=0.5)
    with pytest.raises(InputError, match="there are no rows"):
        donor_split(obs.iloc[:0], "donor")
    with pytest.raises(InputError, match="9 folds of 8 groups"):
        donor_folds(obs, "donor", n_folds=9)
    with pytest.raises(InputError, match="5 folds of 3 cells"):
        donor_folds(obs.iloc[:3], None)
    with pytest.raises(InputError, match="2 cells to split"):
        donor_split(obs.iloc[:2], None)


def test_smallest_split_leaves_a_cell_for_each_part():
    split = donor_split(cells(1, n=3), "donor")
    assert [int(p.sum()) for p in parts(split)] == [1, 1, 1]
