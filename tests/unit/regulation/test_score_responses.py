"""Edge tables against a screen in Python: what a study says, without one."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.controls import Design, PlantedScreen, simulate_screen
from cellglass.data import EdgeTable, Network, log1p_cp10k
from cellglass.data.screens import Screen, open_screen
from cellglass.errors import InputError
from cellglass.regulation import score_responses, spearman
from cellglass.runs.sections import StatisticsConfig

QUICK = StatisticsConfig(draws=99, bootstrap=200, folds=3)
DESIGN = Design(n_cells=300, n_regulators=16, n_targets=100, edges_per_regulator=7)


@pytest.fixture(scope="module")
def planted() -> PlantedScreen:
    return simulate_screen("pairs", 3, DESIGN)


@pytest.fixture(scope="module")
def screen(planted) -> Screen:
    return open_screen(planted.screen, name="planted")


def correlations(planted: PlantedScreen, screen: Screen) -> EdgeTable:
    counts = screen.read(screen.controls(None, seed=1))
    values = log1p_cp10k(counts.matrix, counts.n_counts).toarray()
    n = len(planted.regulators)
    return EdgeTable(np.abs(spearman(values, np.arange(n))), planted.regulators, screen.genes)


def test_planted_responses_are_found_by_the_scores_behind_them(planted, screen):
    network = Network.from_frame(planted.responses, name="planted")
    found = score_responses(
        correlations(planted, screen), screen, name="rho", network=network, settings=QUICK,
        analyses=["response_baselines", "response"], seed=2,
    )  # fmt: skip
    (verdict,) = found["response_baselines"].verdicts
    assert verdict.state == "PASS"
    assert "The score 'rho'" in verdict.sentence
    assert verdict.tags["screen"] == "planted"
    assert "target out-degree" in set(found["response_baselines"].tables["baselines"]["ranking"])


def test_all_analyses_of_responses_run(planted, screen):
    found = score_responses(correlations(planted, screen), screen, settings=QUICK)
    assert set(found) >= {"response", "response_increment", "response_matched", "response_grid"}
    assert all(r.tables or r.verdicts for r in found.values())


def test_a_table_of_top_edges_and_sources_that_are_not_targets(planted, screen):
    scores = np.random.default_rng(0).random((3, 90))
    edges = EdgeTable(scores, planted.regulators[:3], screen.genes[26:])
    found = score_responses(edges, screen, analyses=["response"], settings=QUICK)
    assert len(found["response"].tables["by_perturbation"]) == 3


def test_names_that_do_not_match_and_unknown_analyses(planted, screen):
    edges = EdgeTable(np.ones((1, 2)), ("ENSG1",), ("ENSG2", "ENSG3"))
    with pytest.raises(InputError, match="0 of 16 perturbed genes are sources"):
        score_responses(edges, screen)
    with pytest.raises(InputError, match="no analysis 'respons'") as error:
        score_responses(edges, screen, analyses=["respons"])
    assert "response" in str(error.value)


@pytest.mark.parametrize(
    "changes",
    [{"edges": {}}, {"screen": "s.h5ad"}, {"network": "trrust"}, {"responses": {"min_cells": 3}},
     {"settings": {"draws": 9}}],
)  # fmt: skip
def test_arguments_of_another_type_are_told(planted, screen, changes):
    given = {"edges": correlations(planted, screen), "screen": screen, **changes}
    (name,) = changes
    with pytest.raises(InputError, match=rf"{name} is a (dict|str)\n  where: score_responses"):
        score_responses(**given)


def test_a_negative_seed_is_told(planted, screen):
    with pytest.raises(InputError, match="the seed is -1"):
        score_responses(correlations(planted, screen), screen, settings=QUICK, seed=-1)
