"""CSSI of captured edges: every aggregator beside shuffled strata, no verdict."""

from dataclasses import replace

import numpy as np
import pytest

from cellglass.regulation.states.cssi import AGGREGATORS
from cellglass.regulation.states.cssi_analysis import judge_cssi
from cellglass.regulation.states.scorers import AttentionScorer


@pytest.fixture(scope="module")
def result(made):
    from cellglass.runs.sections import StatisticsConfig

    settings = StatisticsConfig(draws=99, bootstrap=200, stratum_shuffles=39)
    planted = made(2.0, stratum=0, seed=1)
    return judge_cssi(planted.held, planted.network, "planted", 3, settings, 1, min_cells=20)


def test_every_score_has_every_aggregator_with_shuffles(result):
    table = result.tables["cssi"]
    assert set(table["score"]) == {"layer 0", "layer 1", "|Spearman|"}
    for _, part in table.groupby("score"):
        assert list(part["aggregator"]) == ["pooled", *AGGREGATORS]
    shuffled = table[table["aggregator"] != "pooled"]
    assert (shuffled["draws"] == 39).all()
    assert shuffled[["gain", "shuffled_mean", "shuffled_sd", "p", "p_adjusted"]].notna().all(None)
    assert table.loc[table["aggregator"] == "pooled", "gain"].isna().all()
    assert "39 draws" in result.checks[0].detail


def test_edges_of_one_state_are_found_by_its_stratum(result):
    table = result.tables["cssi"].set_index(["score", "aggregator"])
    row = table.loc[("layer 1", "max")]
    assert row["gain"] > 0.01
    assert row["p"] <= 0.05
    assert row["auroc"] > row["shuffled_high"]
    assert table.loc[("layer 0", "max"), "p"] > 0.05  # nothing was planted there


def test_findings_are_descriptive_and_name_null_and_unit(result):
    assert len(result.findings) == 3 * len(AGGREGATORS)
    assert {f.kind for f in result.findings} == {"descriptive"}
    assert {f.null.family for f in result.findings if f.null} == {"shuffled strata"}
    assert not result.verdicts


def test_notes_tell_the_quality_of_the_strata(result):
    assert "2 strata with 60 to 60 cells" in result.notes[0]
    assert "shuffled" in result.notes[0]
    assert "variance lies between them" in result.notes[0]
    assert any(n.startswith("planted: ") for n in result.notes)


def test_gains_have_intervals_over_regulators(result):
    table = result.tables["cssi"].dropna(subset="gain")
    assert (table["gain_low"] <= table["gain"]).all()
    assert (table["gain"] <= table["gain_high"]).all()
    row = table.set_index(["score", "aggregator"]).loc[("layer 1", "max")]
    assert row["gain_low"] > 0
    (finding,) = [f for f in result.findings
                  if (f.tags["score"], f.tags["aggregator"]) == ("layer 1", "max")]  # fmt: skip
    assert finding.increment == (row["gain"], row["gain_low"], row["gain_high"])
    assert finding.tags["unit"] == "A15"


def test_p_is_adjusted_for_layers_and_aggregators(result):
    table = result.tables["cssi"].dropna(subset="p")
    best = table.set_index(["score", "aggregator"]).loc[("layer 1", "max"), "p_adjusted"]
    assert best <= 0.05
    assert (table.loc[table["score"] == "layer 0", "p_adjusted"] > 0.05).all()
    assert table["p_adjusted"].mean() > table["p"].mean()


def test_one_large_stratum_is_not_applicable_and_says_why(made, quick):
    planted = made(0.0, seed=11)
    stratum = planted.held.study.stratum
    stratum[stratum == 0] = -1
    found = judge_cssi(planted.held, planted.network, "planted", 3, quick, 1, min_cells=20)
    (verdict,) = found.verdicts
    assert verdict.state == "NOT APPLICABLE"
    assert "1 strata have 20 cells or more" in verdict.sentence
    assert "more cells" in verdict.sentence
    assert not found.tables


def test_fifty_cells_are_asked_for_unless_said_otherwise(made, quick):
    planted = made(0.0, seed=5)
    groups = planted.held.study.group
    keep = np.flatnonzero(groups % 3 != 2)  # 40 cells a stratum are left
    held = replace(
        planted.held, cells=planted.held.cells[keep], expression=planted.held.expression[keep],
        embedding=planted.held.embedding[keep],
    )  # fmt: skip
    assert judge_cssi(held, planted.network, "planted", 3, quick, 1).verdicts
    assert not judge_cssi(held, planted.network, "planted", 3, quick, 1, min_cells=40).verdicts


def test_shuffling_keeps_sizes_groups_and_is_the_same_for_all_layers(made, quick, monkeypatch):
    planted = made(0.0, seed=4)
    seen = []
    original = AttentionScorer.aurocs

    def record(self, assignments):
        seen.append(assignments.copy())
        return original(self, assignments)

    monkeypatch.setattr(AttentionScorer, "aurocs", record)
    judge_cssi(planted.held, planted.network, "planted", 3, quick, 1, min_cells=20)
    first, second = seen
    assert np.array_equal(first, second)
    assert first.shape == (20, 24)
    assert all((np.bincount(a) == [12, 12]).all() for a in first)
    assert len({a.tobytes() for a in first}) == 20


def test_without_strata_they_are_found_in_the_embedding(made, quick):
    planted = made(2.0, stratum=0, seed=1)
    study = replace(planted.held.study, strata=(), stratum=np.full(120, -1))
    attention = replace(planted.held.attention, group_stratum=np.full(24, -1), strata=())
    held = replace(planted.held, study=study, edges=attention)
    found = judge_cssi(held, planted.network, "planted", 3, quick, 1, min_cells=20)
    # the groups of this fixture were formed within states, so that the states are found again
    assert any("found in the model's embedding" in n for n in found.notes)
    table = found.tables["cssi"].set_index(["score", "aggregator"])
    assert table.loc[("layer 1", "max"), "gain"] > 0.01
