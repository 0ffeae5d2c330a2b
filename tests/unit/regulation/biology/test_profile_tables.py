from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from cellglass.regulation.biology.profile_tables import (
    TESTED_LAYERS,
    between_table,
    depth_table,
    top_edges_table,
)
from cellglass.regulation.biology.profile_universe import (
    directed_universe,
    row_genes,
    undirected_universe,
)
from cellglass.regulation.biology.profiles import profile
from cellglass.regulation.study_edges import network_pairs
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import bh


@pytest.fixture(scope="module")
def found(deep: Any) -> Any:
    d = deep()
    pairs, rows = network_pairs(d.held, d.regulation, "regulation", 3)
    universes = [
        directed_universe(d.held, pairs, rows, "regulation"),
        undirected_universe(d.held, row_genes(d.held, 1), {"friends": d.square}),
    ]
    return [profile(u, draws=60, seed=1, task="t") for u in universes]


def test_depth_trends_have_interval_copy_and_bh_over_references(found: Any) -> None:
    table = depth_table(found, 1, "t").set_index("reference")
    assert table.loc["friends", "rho"] < -0.9
    assert table.loc["regulation", "rho"] > 0.9
    assert (table["low"] <= table["rho"]).all()
    assert table["rho_untrained"].abs().max() < 0.95
    np.testing.assert_allclose(table["q"], bh(table["p"].to_numpy()))
    assert set(table["unit"]) == {"gene", "regulator"}
    assert table.loc["regulation", "peak_layer"] == 6


def test_profiles_that_run_against_each_other_are_told(found: Any) -> None:
    (row,) = between_table(found, 1, "t").to_dict("records")
    one, two = (p.drawn(r)[0] for p, r in zip(found, ("regulation", "friends"), strict=True))
    assert row["rho"] == pytest.approx(spearmanr(one, two)[0])
    assert row["rho"] < -0.8
    assert row["q"] == row["p"]
    assert between_table(found[:1], 1, "t").empty


def test_top_edges_are_tested_at_five_layers_and_both_tails_adjusted_together(found: Any) -> None:
    table = top_edges_table(found, StatisticsConfig(draws=99), 1, "t")
    assert (table.groupby("reference")["layer"].apply(list).map(len) == TESTED_LAYERS).all()
    assert table["layer"].unique().tolist() == [0, 2, 3, 4, 6]
    both = bh(np.concatenate([table["p_enriched"], table["p_depleted"]]))
    np.testing.assert_allclose(np.concatenate([table["q_enriched"], table["q_depleted"]]), both)
    np.testing.assert_allclose(table["q_genes"], bh(table["p_genes"].to_numpy()))
    early = table.set_index(["reference", "layer"])
    assert early.loc[("friends", 0), "q_genes"] < 0.06
    assert early.loc[("friends", 0), "odds_ratio"] > 2
