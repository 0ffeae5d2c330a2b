"""Splits and resamples that probes share."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from cellglass.concepts.statistics.probe_design import ProbeDesign
from cellglass.errors import InputError


def design(n_donors: int, n: int = 240, labels: int = 3) -> ProbeDesign:
    rng = np.random.default_rng(n_donors)
    return ProbeDesign.make(
        rng.integers(labels, size=n).astype(str), np.arange(n) % n_donors, folds=5, seed=1
    )


@pytest.mark.parametrize("n_donors", [2, 4, 6, 9])
def test_no_donor_is_on_both_sides(n_donors: int):
    held = design(n_donors)
    seen = np.zeros(len(held), dtype=int)
    for train, test in held.splits():
        assert not set(held.donors[train]) & set(held.donors[test])
        seen[test] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize(("n_donors", "unit"), [(2, "cell"), (5, "cell"), (6, "donor")])
def test_few_donors_are_told(n_donors: int, unit: str):
    held = design(n_donors)
    assert held.unit == unit
    assert any("conditional on the donors" in n for n in held.notes) == (unit == "cell")


def test_a_single_donor_is_split_by_cell_and_told():
    held = design(1)
    assert not held.by_donor
    assert held.unit == "cell"
    assert "one donor" in held.notes[0]
    counts = [np.bincount(held.codes[held.fold == f], minlength=3) for f in range(5)]
    assert np.ptp(counts, axis=0).max() <= 1


def test_a_label_of_one_donor_is_left_out_and_told():
    labels = np.array(["a", "b"] * 60, dtype=object)
    donors = np.arange(120) // 20
    labels[donors == 3] = "odd"
    held = ProbeDesign.make(labels, donors, folds=6, seed=1)
    assert held.names == ("a", "b")
    assert any("left out" in n and "odd" in n for n in held.notes)
    assert not held.judged[labels == "odd"].any()
    assert all(held.judged[np.concatenate(s)].all() for s in held.splits())


def test_one_label_is_refused():
    with pytest.raises(InputError, match="1 labels"):
        ProbeDesign.make(["a"] * 12, np.arange(12) % 6, folds=3, seed=1)


def test_donors_are_resampled_whole():
    held = design(6)
    own = sparse.csr_matrix(np.eye(6)[held.donors])
    drawn = held.resample(own, draws=50, seed=3, task="t")
    sizes = np.bincount(held.donors)
    np.testing.assert_array_equal(drawn % sizes, 0)
    np.testing.assert_array_equal((drawn / sizes).sum(1), 6)
    assert np.ptp(drawn[:, 0]) > 0


def test_cells_are_resampled_one_by_one():
    held = design(3)
    counts = np.random.default_rng(0).random((len(held), 2))
    drawn = held.resample(counts, draws=400, seed=3, task="t")
    np.testing.assert_allclose(drawn.mean(0), counts.sum(0), rtol=0.02)
    # variance of a sum of n draws with replacement
    np.testing.assert_allclose(drawn.var(0), len(held) * counts.var(0), rtol=0.25)
    whole = held.resample(np.ones((len(held), 1)), draws=5, seed=3, task="t")
    np.testing.assert_array_equal(whole, len(held))


def test_resamples_are_those_of_seed_and_task():
    held = design(7)
    counts = np.random.default_rng(0).random((len(held), 2))
    first = held.resample(counts, draws=5, seed=3, task="t")
    np.testing.assert_array_equal(first, held.resample(counts, draws=5, seed=3, task="t"))
    assert (first != held.resample(counts, draws=5, seed=3, task="u")).any()


def test_labels_are_permuted_within_donors():
    held = design(4)
    new = held.permuted(1, "p")
    assert new is not None
    assert (new != held.codes).any()
    for donor in range(4):
        mine = held.donors == donor
        np.testing.assert_array_equal(np.sort(new[mine]), np.sort(held.codes[mine]))


def test_labels_of_donors_are_permuted_between_them():
    donors = np.arange(160) // 20
    held = ProbeDesign.make(np.where(donors < 4, "ill", "well"), donors, folds=4, seed=1)
    new = held.permuted(2, "p")
    assert new is not None
    assert all(len(set(new[donors == d])) == 1 for d in range(8))
    few = ProbeDesign.make(np.where(donors % 2, "ill", "well"), donors % 4, folds=4, seed=1)
    assert few.permuted(1, "p") is None


def test_cells_without_a_label_are_left_out_and_told():
    labels = np.array(["a", "b"] * 60, dtype=object)
    labels[[0, 7, 9, 10]] = [None, np.nan, "", "unlabelled"]
    held = ProbeDesign.make(labels, np.arange(120) // 20, folds=3, seed=1)
    assert held.names == ("a", "b")
    assert np.flatnonzero(~held.judged).tolist() == [0, 7, 9, 10]
    assert held.notes == ("4 cells without a label left out",)


@pytest.mark.parametrize(
    ("labels", "donors", "message"),
    [(["a", "b"], [None, "d"], "1 cells without a donor"), ([], [], "shape"),
     ("ab", ["d"], "shape"), (["a", "b"], ["d"], "shape")],
)  # fmt: skip
def test_what_names_no_cells_is_refused(labels, donors, message):
    with pytest.raises(InputError, match=message):
        ProbeDesign.make(labels, donors, folds=2, seed=1)


def test_an_empty_name_is_no_donor():
    labels = np.tile(["B", "T"], 30)
    held = ProbeDesign.make(labels, np.full(60, ""), folds=3, seed=1)
    assert not held.named
    assert (held.unit, held.by_donor) == ("cell", False)
    assert held.notes == (
        "no donors were given: split by cell, so a cell's neighbours are on both sides",
        "cells resampled",
    )
    assert ProbeDesign.make(labels, np.full(60, "d"), folds=3, seed=1).named
