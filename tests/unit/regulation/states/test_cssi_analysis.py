"""CSSI of captured edges: every aggregator beside shuffled strata, no verdict."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.cssi import AGGREGATORS
from cellglass.regulation.states.cssi_analysis import judge_cssi


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
    assert (shuffled.loc[shuffled["score"] != "|Spearman|", "draws"] == 39).all()
    assert (shuffled.loc[shuffled["score"] == "|Spearman|", "draws"] == 19).all()
    assert "39 draws, 19 for |Spearman|" in result.checks[0].detail


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
    assert "2 with 60 to 60 cells" in result.notes[0]
    assert "shuffled" in result.notes[0]
    assert "variance lies between them" in result.notes[0]
    assert any(n.startswith("planted: ") for n in result.notes)


def test_one_large_stratum_is_refused(made, quick):
    planted = made(0.0)
    stratum = planted.held.study.stratum
    stratum[stratum == 0] = -1
    with pytest.raises(InputError, match="1 strata have 20 cells or more"):
        judge_cssi(planted.held, planted.network, "planted", 3, quick, 1, min_cells=20)


def test_shuffling_keeps_sizes_and_groups(made, quick, monkeypatch):
    planted = made(0.0, seed=4)
    seen = []
    edges = planted.held.edges
    original = type(edges).by_stratum

    def record(self, layer, assignment=None):
        seen.append(np.asarray(assignment).copy())
        return original(self, layer, assignment)

    monkeypatch.setattr(type(edges), "by_stratum", record)
    judge_cssi(planted.held, planted.network, "planted", 3, quick, 1, min_cells=20)
    split = [a for a in seen if a.max() == 1]
    assert len(split) == 2 * (19 + 1)
    assert all((np.bincount(a) == [12, 12]).all() for a in split)
    assert len({a.tobytes() for a in split}) > 30
