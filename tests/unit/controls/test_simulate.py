"""What each kind of simulation plants, and what it does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cellglass.controls.latent import Design
from cellglass.controls.run import _universe
from cellglass.controls.simulate import simulate
from cellglass.data import log1p_cp10k
from cellglass.regulation.coexpression import spearman
from cellglass.stats import auroc

SEEDS = (1, 2, 3)


def expression(cells) -> np.ndarray:
    return log1p_cp10k(cells.X, np.asarray(cells.X.sum(1)).ravel()).toarray()


def correlations(planted, cells=None) -> np.ndarray:
    return np.abs(spearman(expression(planted.cells), np.arange(40), cells=cells))


def judge(planted, scores: np.ndarray) -> float:
    pairs, _ = _universe(planted)
    return auroc(scores[pairs.mask], pairs.labels[pairs.mask])


def baselines(planted) -> pd.Series:
    _, statistics = _universe(planted)
    return pd.Series({k: judge(planted, v) for k, v in statistics.scores().items()})


@pytest.mark.parametrize("seed", SEEDS)
def test_pairs_carry_signal_that_no_gene_does(seed):
    planted = simulate("pairs", seed)
    assert judge(planted, correlations(planted)) > 0.75
    assert (baselines(planted) - 0.5).abs().max() < 0.07


def test_an_edge_is_there_in_its_own_state_only():
    planted = simulate("pairs", 1)
    state = planted.cells.obs["state"].cat.codes.to_numpy()
    genes = {g: i for i, g in enumerate(planted.cells.var_names)}
    own, other = [], []
    by_state = [correlations(planted, np.flatnonzero(state == s)) for s in range(3)]
    for source, target, active in planted.network.itertuples(index=False):
        for s in range(3):
            (own if s == active else other).append(by_state[s][genes[source], genes[target]])
    assert np.mean(own) > 0.25 > 0.12 > np.mean(other)


@pytest.mark.parametrize("seed", SEEDS)
def test_prominence_is_told_by_mean_and_variance_and_baits_correlation(seed):
    planted = simulate("prominence", seed)
    found = baselines(planted)
    assert found["target mean"] > 0.7
    assert found["target variance"] > 0.65
    assert judge(planted, correlations(planted)) > 0.6


@pytest.mark.parametrize("seed", SEEDS)
def test_prominence_holds_no_pair(seed):
    """Once the gene effects are out, correlation says nothing of the reference."""
    from cellglass.regulation.networks.pairwise import pairwise_part

    planted = simulate("prominence", seed)
    pairs, _ = _universe(planted)
    left = pairwise_part(correlations(planted), pairs.mask)
    within = [auroc(left[i, m], pairs.labels[i, m]) for i, m in enumerate(pairs.mask)]
    assert abs(np.mean(within) - 0.5) < 0.04


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_predicts_nothing_though_edges_are_there(seed):
    planted = simulate("nothing", seed)
    assert abs(judge(planted, correlations(planted)) - 0.5) < 0.05
    assert (baselines(planted) - 0.5).abs().max() < 0.07
    columns = ["source", "target"]
    shared = planted.network[columns].merge(planted.reference[columns])
    assert 0 < len(shared) < 40  # chance alone: 400 x 10 / 260


def test_cells_are_counts_of_the_design():
    design = Design(n_cells=90, n_targets=50, depth=500.0)
    planted = simulate("pairs", 4, design)
    counts = planted.cells.X.toarray()
    assert counts.shape == (90, 90)
    assert (counts == counts.round()).all()
    assert (counts >= 0).all()
    assert counts.sum(1).mean() == pytest.approx(500, rel=0.1)
    assert planted.cells.obs["state"].value_counts().tolist() == [30, 30, 30]
    assert (planted.network.groupby("source").size() == design.edges_per_regulator).all()


def test_the_seed_decides():
    first, again, other = simulate("pairs", 1), simulate("pairs", 1), simulate("pairs", 2)
    assert (first.cells.X != again.cells.X).nnz == 0
    pd.testing.assert_frame_equal(first.network, again.network)
    assert not first.network.equals(other.network)
