"""The latent model of simulated cells."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cellglass.controls.latent import ALL_STATES, Design, counts, driven, standardised, state_levels

DESIGN = Design(n_cells=6000, n_regulators=2, n_targets=2)
NAMES = ["REG1", "REG2", "GENE1", "GENE2"]


def latent(rows: list[tuple[str, str, int]]) -> tuple[np.ndarray, np.ndarray]:
    state = np.arange(DESIGN.n_cells) % DESIGN.n_states
    network = pd.DataFrame(rows, columns=["source", "target", "state"])
    return driven(network, NAMES, state, DESIGN, np.random.default_rng(0)), state


def correlation(values: np.ndarray, a: int, b: int) -> float:
    return float(np.corrcoef(values[:, a], values[:, b])[0, 1])


def test_an_edge_correlates_in_its_state_with_the_effect_of_the_design():
    values, state = latent([("REG1", "GENE1", 1)])
    assert abs(correlation(values[state == 1], 0, 2) - DESIGN.effect) < 0.05
    assert abs(correlation(values[state != 1], 0, 2)) < 0.05


def test_an_edge_of_all_states_correlates_in_every_one():
    values, state = latent([("REG1", "GENE1", ALL_STATES)])
    for s in range(DESIGN.n_states):
        assert abs(correlation(values[state == s], 0, 2) - DESIGN.effect) < 0.07


def test_the_variance_of_a_target_does_not_tell_how_many_edges_it_has():
    values, _ = latent([("REG1", "GENE1", -1), ("REG2", "GENE1", -1), ("REG1", "GENE2", -1)])
    np.testing.assert_allclose(values.std(0), 1.0, atol=0.04)


def test_markers_are_levels_of_states_and_other_genes_have_none():
    state = np.arange(9) % 3
    design = Design(n_cells=9, marker_share=0.5)
    levels = state_levels(state, 400, design, np.random.default_rng(1))
    assert (levels[0] == levels[3]).all()
    assert abs((levels != 0).any(0).mean() - 0.5) < 0.1


def test_counts_follow_rates_and_depth():
    design = Design(n_cells=4000, depth=1000.0)
    log_rate = np.log(np.array([1.0, 3.0]))
    drawn = counts(log_rate, np.zeros((4000, 2)), design, np.random.default_rng(2))
    assert abs(drawn.sum(1).mean() - 1000 * np.exp(0.25**2 / 2)) < 30
    assert abs(drawn[:, 1].sum() / drawn[:, 0].sum() - 3.0) < 0.05


def test_standardised():
    values = standardised(np.array([1.0, 2.0, 6.0]))
    np.testing.assert_allclose([values.mean(), values.std()], [0.0, 1.0], atol=1e-12)
