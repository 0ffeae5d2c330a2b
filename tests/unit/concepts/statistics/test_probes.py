"""Probes: planted labels are found, absent ones are not, donors are the unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from cellglass.concepts.statistics.probes import confusion_of, metrics, probe
from cellglass.errors import InputError

TYPES = np.array(["B", "NK", "T"])


def cells(
    n_donors: int = 8, per_donor: int = 30, gap: float = 2.0, seed: int = 0, noise: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells of three types; `noise` is how far donors lie apart."""
    rng = np.random.default_rng(seed)
    donors = np.repeat(np.arange(n_donors), per_donor)
    codes = rng.integers(3, size=len(donors))
    x = rng.normal(size=(len(donors), 6))
    x[:, :3] += gap * np.eye(3)[codes]
    x += noise * rng.normal(size=(n_donors, 6))[donors]
    return x, TYPES[codes], donors


@pytest.mark.parametrize("classifier", ["logistic", "knn"])
def test_planted_types_are_named(classifier: Any):
    found = probe(*cells(gap=4.0), classifier=classifier, seed=1, draws=200)
    assert found.balanced_accuracy > 0.9
    assert found.macro_f1 > 0.9
    assert found.null is not None
    assert found.null.p == pytest.approx(1 / 200)
    assert found.null.mean == pytest.approx(1 / 3, abs=0.03)
    assert not found.interval().excludes(found.balanced_accuracy)
    assert found.interval().unit == "donor"
    assert found.interval().n == 8
    assert found.notes == ()


def test_labels_that_are_not_there_are_not_named():
    found = probe(*cells(gap=0.0), seed=1, draws=200)
    assert found.balanced_accuracy == pytest.approx(1 / 3, abs=0.1)
    assert found.null is not None
    assert found.null.p > 0.05


def test_scores_agree_with_scikit_learn():
    from sklearn.metrics import balanced_accuracy_score, f1_score

    found = probe(*cells(), seed=1, draws=10, permutations=0)
    truth, named = found.design.codes, found.predicted
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(truth, named))
    assert found.macro_f1 == pytest.approx(f1_score(truth, named, average="macro"))
    assert found.null is None


def test_interval_is_the_bootstrap_over_donors():
    found = probe(*cells(), seed=1, draws=2000)
    rng = np.random.default_rng(9)
    groups = [np.flatnonzero(found.design.donors == d) for d in range(8)]
    slow = []
    for _ in range(2000):
        rows = np.concatenate([groups[d] for d in rng.integers(8, size=8)])
        counted = confusion_of(found.design.codes[rows], found.predicted[rows], 3)
        slow.append(metrics(counted)[0])
    assert found.bootstrap.draws[0].mean() == pytest.approx(np.mean(slow), abs=0.003)
    assert found.bootstrap.draws[0].std() == pytest.approx(np.std(slow), rel=0.1)


def test_few_donors_are_marked():
    found = probe(*cells(n_donors=3), seed=1, draws=50)
    assert found.interval().unit == "cell"
    assert any("conditional on the donors" in note for note in found.notes)
    assert "conditional on the donors" in found.to_row()["notes"]


def test_splitting_by_donor_does_not_reward_what_donors_share():
    """Labels that are the donors' own, with donor effects and nothing else."""
    x, _, donors = cells(n_donors=12, gap=0.0, noise=3.0, seed=3)
    labels = np.where(donors % 2, "ill", "well")
    honest = probe(x, labels, donors, classifier="knn", seed=1, draws=50)
    leaky = probe(x, labels, np.zeros(len(x)), classifier="knn", seed=1, draws=50)
    assert leaky.balanced_accuracy > 0.95
    assert honest.balanced_accuracy < 0.85
    assert honest.null is not None
    assert honest.null.p > 0.05


def test_refitted_and_held_out_nulls_agree():
    data = cells(n_donors=6, per_donor=20, gap=0.7)
    quick = probe(*data, seed=1, draws=10)
    slow = probe(*data, seed=1, draws=10, null="refit", permutations=20)
    assert quick.null is not None
    assert slow.null is not None
    assert slow.null.mean == pytest.approx(quick.null.mean, abs=0.04)


def test_majority_names_one_label():
    x, labels, donors = cells()
    labels[:] = np.where(np.arange(len(labels)) % 4 == 0, "rare", "common")
    found = probe(x, labels, donors, seed=1, draws=10)
    assert found.majority[0] == pytest.approx(0.5)
    assert found.majority[1] == pytest.approx(0.5 * 2 * 0.75 / 1.75, abs=0.01)


def test_one_feature_that_leaks_nothing_is_the_same_sparse_or_not():
    x, labels, donors = cells(gap=3.0)
    x = np.maximum(x, 0)
    dense = probe(x, labels, donors, classifier="knn", seed=1, draws=10)
    packed = probe(sparse.csr_matrix(x), labels, donors, classifier="knn", seed=1, draws=10)
    np.testing.assert_array_equal(dense.predicted, packed.predicted)


def test_fits_that_do_not_converge_are_told():
    found = probe(*cells(gap=1.0), seed=1, draws=10, steps=1)
    assert "5 fits had not converged after 1 steps" in found.notes


def test_same_seed_same_result():
    first, second = (probe(*cells(), seed=5, draws=20).to_row() for _ in range(2))
    assert first == second


def test_features_of_other_cells_are_refused():
    x, labels, donors = cells()
    with pytest.raises(InputError, match="239, 6"):
        probe(x[1:], labels, donors)
