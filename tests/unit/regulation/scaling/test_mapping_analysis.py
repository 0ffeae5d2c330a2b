from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from cellglass.data import EdgeTable, Network
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.scaling.mapping_analysis import interval_columns, judge_mapping
from cellglass.stats import BootstrapResult, State


@pytest.fixture(scope="module")
def result(planted: Any) -> Any:
    from cellglass.runs.sections import StatisticsConfig

    p = planted(1.5)
    settings = StatisticsConfig(draws=99, bootstrap=150, folds=3)
    return p, judge_mapping(p.held, p.network, "planted", 3, settings, 7)


def test_layers_that_know_are_seen_beside_the_copy_and_expression(result: Any) -> None:
    p, found = result
    table = found.tables["mapping"].set_index("score")
    assert list(table["kind"]) == ["candidate"] * 2 + ["reference"] * 2 + ["baseline"]
    assert table.loc["layer 1", "rho_reference_low"] > 0
    assert (
        table.loc["layer 0", "rho_reference_low"] < 0 < table.loc["layer 0", "rho_reference_high"]
    )
    scores = p.held.attention.layer(1).scores[p.rows][p.pairs.mask]
    correlation = np.abs(spearman(p.held.expression, p.held.rows[p.rows]))[p.pairs.mask]
    assert table.loc["layer 1", "rho_coexpression"] == pytest.approx(
        spearmanr(scores, correlation)[0]
    )
    finding = next(f for f in found.findings
                   if f.tags["score"] == "layer 1" and "reference" in f.statistic)  # fmt: skip
    assert finding.kind == "descriptive"
    assert finding.baseline == ("untrained: layer 1", table.loc["untrained: layer 1",
                                                                "rho_reference"])  # fmt: skip
    assert finding.increment is not None
    assert finding.increment[1] > 0


def test_the_profile_has_four_series_by_layer(result: Any) -> None:
    _, found = result
    profile = found.tables["profile"]
    assert sorted(set(profile["series"])) == [
        "co-expression", "co-expression, untrained", "reference", "reference, untrained",
    ]  # fmt: skip
    assert (profile.groupby("series")["layer"].apply(list).map(tuple) == (0, 1)).all()
    assert set(found.tables) == set(found.captions)


def test_a_table_is_mapped_without_a_profile(planted: Any, quick: Any) -> None:
    p = planted(1.5)
    scores = p.held.attention.layer(1).scores
    table = EdgeTable(scores, p.held.regulators, p.held.edges.targets)
    held = replace(p.held, edges=FixedEdges(table, "t"), untrained=None, name="t", kind="table")
    found = judge_mapping(held, p.network, "planted", 3, quick, 7)
    assert list(found.tables["mapping"]["score"]) == ["t", "mean product"]
    assert not found.figures
    assert found.findings[0].baseline is not None
    assert found.findings[0].baseline[0] == "mean product"


def test_without_regulators_it_is_not_applicable(planted: Any, quick: Any) -> None:
    network = Network.from_frame(pd.DataFrame({"source": ["X"] * 3, "target": ["A", "B", "C"]}))
    found = judge_mapping(planted(1.5).held, network, "elsewhere", 3, quick, 7)
    assert [v.state for v in found.verdicts] == [State.NOT_APPLICABLE]


def test_an_undefined_statistic_has_no_interval() -> None:
    lost = BootstrapResult(("x",), np.array([np.nan]), np.full((1, 9), np.nan), "gene", 5, 0.95)
    assert all(np.isnan(v) for v in interval_columns("a", lost, 0).values())
