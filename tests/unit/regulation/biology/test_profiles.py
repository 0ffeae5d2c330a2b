from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.regulation.biology.profile_universe import row_genes, undirected_universe
from cellglass.regulation.biology.profiles import directions_table, profile, profile_table
from cellglass.stats import auroc


@pytest.fixture(scope="module")
def profiles(deep: Any) -> Any:
    d = deep()
    other = np.random.default_rng(9).random(d.square.shape) < 0.1
    squares = {"friends": d.square, "nothing": other | other.T}
    universe = undirected_universe(d.held, row_genes(d.held, 1), squares)
    return profile(universe, draws=60, seed=1, task="t")


def test_aurocs_are_those_of_every_layer_alone(profiles: Any) -> None:
    universe = profiles.universe
    held = universe.held
    table = profile_table(profiles).set_index(["reference", "score"])
    for layer in held.attention.layers:
        scores, truth = universe.layer(held.attention, layer), universe.labels["friends"]
        found = table.loc[("friends", f"layer {layer}"), "auroc"]
        assert found == pytest.approx(roc_auc_score(truth, scores))
        copy = table.loc[("friends", f"untrained: layer {layer}"), "auroc"]
        assert copy == pytest.approx(auroc(universe.layer(held.untrained, layer), truth))


def test_what_is_planted_fades_with_depth_and_nothing_else_shows(profiles: Any) -> None:
    table = profile_table(profiles)
    own = table[table["kind"] == "candidate"].set_index(["reference", "layer"])
    assert own.loc[("friends", 0), "auroc_low"] > 0.7
    assert own.loc[("friends", 6), "auroc_low"] < 0.5 < own.loc[("friends", 6), "auroc_high"]
    for layer in (0, 3, 6):
        low, high = own.loc[("nothing", layer), ["auroc_low", "auroc_high"]]
        assert low < 0.5 < high
    assert own.loc[("friends", 0), "partial_rho_low"] > 0.2
    assert set(table["unit"]) == {"gene"}
    assert table["base_rate"].between(0.05, 0.3).all()


def test_the_given_score_has_no_partial_correlation_with_itself_held_fixed(profiles: Any) -> None:
    table = profile_table(profiles).set_index(["reference", "score"])
    assert np.isnan(table.loc[("friends", "|Spearman|"), "partial_rho"])
    assert np.isfinite(table.loc[("friends", "mean product"), "partial_rho"])


def test_layers_and_their_copies_are_found_by_place(profiles: Any) -> None:
    estimate, draws = profiles.drawn("friends")
    assert estimate.shape == (7,)
    assert draws.shape == (7, 60)
    copy, _ = profiles.drawn("friends", untrained=True)
    assert not np.allclose(estimate, copy)
    assert profiles.layers[profiles.places(untrained=True)].tolist() == list(range(7))


def test_references_of_one_universe_share_their_resamples(profiles: Any) -> None:
    a = profiles.statistics.auroc["friends"]
    b = profiles.statistics.auroc["nothing"]
    assert a.draws.shape == b.draws.shape
    assert a.n <= profiles.universe.n_genes


def test_maximum_and_mean_of_both_directions_stand_beside_one_another(profiles: Any) -> None:
    table = directions_table(profiles.universe).set_index(["reference", "layer"])
    universe = profiles.universe
    for how in ("max", "mean"):
        scores = universe.layer(universe.held.attention, 1, how)
        expected = auroc(scores, universe.labels["friends"])
        assert table.loc[("friends", 1), f"auroc_{how}"] == pytest.approx(expected)


def test_without_a_copy_there_is_none(deep: Any) -> None:
    d = deep(untrained=False)
    universe = undirected_universe(d.held, row_genes(d.held, 1), {"friends": d.square})
    found = profile(universe, draws=5, seed=1, task="t")
    assert not any(n.startswith("untrained") for n in found.names)
