"""What a planted screen makes respond, and what it does not."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.controls.latent import Design
from cellglass.controls.screen import CONTROL, PERTURBATION, PlantedScreen, simulate_screen
from cellglass.data import log1p_cp10k
from cellglass.data.screens import open_screen
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.responses.calls import call_responses
from cellglass.regulation.responses.measured import measure
from cellglass.runs.sections import ResponsesConfig
from cellglass.stats import auroc

DESIGN = Design(n_cells=500, n_regulators=20, n_targets=130, edges_per_regulator=8)
KINDS = ("pairs", "prominence", "nothing")


@pytest.fixture(scope="module")
def planted() -> dict[str, PlantedScreen]:
    return {kind: simulate_screen(kind, 4, DESIGN) for kind in KINDS}


def called(screen: PlantedScreen) -> set[tuple[str, str]]:
    opened = open_screen(screen.screen, name="planted")
    measured = measure(opened, ResponsesConfig(), seed=1)
    found = call_responses(measured, ResponsesConfig())
    rows, columns = np.nonzero(found.responds)
    return {(found.targets[r][0], found.genes[c]) for r, c in zip(rows, columns, strict=True)}


def recovered(screen: PlantedScreen) -> float:
    """AUROC of |Spearman| in controls for the genes that were made to respond."""
    controls = screen.screen[(screen.screen.obs[PERTURBATION] == CONTROL).to_numpy()]
    genes = [str(g) for g in controls.var_names]
    expression = log1p_cp10k(controls.X, np.asarray(controls.X.sum(1)).ravel()).toarray()
    n = len(screen.regulators)
    truth = np.zeros((n, len(genes)), bool)
    for source, target in screen.responses.itertuples(index=False):
        truth[screen.regulators.index(source), genes.index(target)] = True
    mask = ~np.eye(n, len(genes), dtype=bool)
    return auroc(np.abs(spearman(expression, np.arange(n)))[mask], truth[mask])


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_made_to_respond_is_called(planted, kind):
    truth = set(planted[kind].responses.itertuples(index=False, name=None))
    found = called(planted[kind])
    assert len(truth & found) > 0.85 * len(truth)
    assert len(found - truth) < 0.1 * len(truth)


def test_responses_follow_correlation_where_they_go_through_edges(planted):
    assert recovered(planted["pairs"]) > 0.9
    assert abs(recovered(planted["nothing"]) - 0.5) < 0.06
    assert recovered(planted["prominence"]) > 0.6  # the bait


def test_without_edges_there_is_no_network(planted):
    assert planted["prominence"].network.empty
    shared = planted["nothing"].network[["source", "target"]].merge(planted["nothing"].responses)
    assert len(shared) < 30  # chance alone: 160 x 8 / 130


def test_every_regulator_is_knocked_down(planted):
    screen = planted["pairs"].screen
    labels = screen.obs[PERTURBATION].to_numpy()
    for i, name in enumerate(planted["pairs"].regulators):
        own = screen.X[labels == name][:, i].mean()
        assert own < 0.4 * screen.X[labels == CONTROL][:, i].mean()
    assert (screen.obs["perturbation_type"] == "CRISPRi").all()


def test_the_seed_decides():
    first, again, other = (simulate_screen("pairs", s, DESIGN) for s in (1, 1, 2))
    assert (first.screen.X != again.screen.X).nnz == 0
    assert first.responses.equals(again.responses)
    assert not first.responses.equals(other.responses)
