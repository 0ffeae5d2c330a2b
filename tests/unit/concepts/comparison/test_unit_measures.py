"""Measures by label: chosen on some cells, judged on others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.concepts.comparison.unit_measures import LABEL_AUROC, PURITY, label_measures
from cellglass.errors import InputError
from cellglass.stats import auroc

N = 400


def measured(table: pd.DataFrame, measure: str) -> pd.Series:
    return table[table["measure"] == measure].set_index("name")["value"]


def random_units(n_units: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random((N, n_units)) < 0.3, rng.random((N, n_units)), 0.0)


@pytest.mark.parametrize("n_labels", [2, 5, 20])
def test_random_units_stay_at_one_half_however_many_labels(n_labels):
    rng = np.random.default_rng(n_labels)
    z, label = random_units(200), rng.integers(n_labels, size=N).astype(str)
    names = [f"u{i}" for i in range(200)]
    found = measured(label_measures(z, label, np.arange(N) < N // 2, names), LABEL_AUROC)
    assert found.mean() == pytest.approx(0.5, abs=4 * found.std() / np.sqrt(200))
    if n_labels == 20:
        # on the same cells the best of twenty labels would look like a finding
        same = label_measures(np.vstack([z, z]), np.r_[label, label], np.arange(2 * N) < N, names)
        assert measured(same, LABEL_AUROC).mean() > 0.56


def test_planted_unit_finds_its_label_and_oracles_agree():
    rng = np.random.default_rng(1)
    label = np.array(["B", "T", "NK"])[rng.integers(3, size=N)]
    choosing = rng.random(N) < 0.5
    z = random_units(2)
    z[:, 0] = (label == "NK") * rng.uniform(1, 2, N) + (rng.random(N) < 0.1) * 0.5
    table = label_measures(sparse.csr_matrix(z), label, choosing, ["nk", "noise"])
    judged, own = label[~choosing], z[~choosing, 0]
    chosen = table[table["measure"] == LABEL_AUROC].set_index("name")["label"]
    assert chosen["nk"] == "NK"
    assert measured(table, LABEL_AUROC)["nk"] == pytest.approx(auroc(own, judged == "NK"))
    assert measured(table, LABEL_AUROC)["nk"] > 0.95

    def entropy(labels: np.ndarray) -> float:
        share = np.unique(labels, return_counts=True)[1] / len(labels)
        return float(-(share * np.log2(share)).sum())

    expected = 1 - entropy(judged[own > 0]) / entropy(judged)
    assert measured(table, PURITY)["nk"] == pytest.approx(expected)
    assert measured(table, PURITY)["noise"] < 0.1 < 0.4 < expected


def test_cells_that_judge_do_not_choose():
    # the unit marks B among the cells that choose and T among those that judge
    label = np.array(["B", "T"] * 50)
    choosing = np.arange(100) < 50
    z = (((label == "B") & choosing) | ((label == "T") & ~choosing)).astype(float)[:, None]
    table = label_measures(z, label, choosing, ["turncoat"])
    assert table.loc[0, "label"] == "B"
    assert measured(table, LABEL_AUROC)["turncoat"] == 0.0


def test_silent_units_have_no_purity_and_no_better_than_one_half():
    label = np.array(["B", "T"] * 20)
    table = label_measures(np.zeros((40, 1)), label, np.arange(40) < 20, ["silent"])
    assert measured(table, LABEL_AUROC)["silent"] == 0.5
    assert np.isnan(measured(table, PURITY)["silent"])


def test_cells_without_a_label_and_labels_on_one_side_are_left_out():
    label = np.array(["B", "T"] * 20 + [""] * 10 + ["only here"] * 5)
    choosing = np.r_[np.arange(40) < 20, np.arange(10) < 5, np.ones(5, bool)]
    z = np.r_[np.tile([1.0, 0.0], 20), np.full(15, 9.0)][:, None]
    table = label_measures(z, label, choosing, ["b"])
    assert table["value"].tolist() == [1.0, 1.0]
    assert table.loc[0, "label"] == "B"


def test_one_label_on_a_side_is_refused():
    with pytest.raises(InputError, match="1 label"):
        label_measures(np.ones((4, 1)), ["B", "T", "B", "B"], [True, True, False, False], ["a"])


def test_names_that_do_not_fit_are_refused():
    with pytest.raises(InputError):
        label_measures(np.ones((4, 2)), ["B", "T"] * 2, [True, True, False, False], ["a"])
