from dataclasses import replace

import numpy as np
import pytest

from cellglass.data import EdgeTable, Network
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.networks.degree_analysis import BESIDE, judge_degree
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import State
from cellglass.stats.nulls import LabelNull, LabelWithinRegulator


class Unmoved(LabelNull):
    """Every draw is the observed network."""

    name = "degree"
    preserves = "everything"
    keeps = frozenset({"rows", "columns"})

    def draw_from_seeds(self, seeds):
        return np.tile(self.positives, (seeds.size, 1))


@pytest.fixture(scope="module")
def result(made):
    planted = made(1.0)
    settings = StatisticsConfig(draws=99, bootstrap=200)
    return judge_degree(planted.held, planted.network, "planted", 3, settings, 1)


def test_one_test_a_null_and_z_of_every_layer(result):
    tests = [f for f in result.findings if f.kind == "confirmatory"]
    assert [f.tags["null"] for f in tests] == ["degree", "label within regulator"]
    assert all(f.p == 0.01 and f.n == 16 for f in tests)
    assert all(f.null.mean > 0 for f in tests)  # the largest of two z
    tagged = {f.tags["score"]: f for f in result.findings if f.tags.get("criterion") == "degree z"}
    assert set(tagged) == {"layer 0", "layer 1", "|Spearman|"}
    assert tagged["layer 1"].estimate > 3
    assert tagged["layer 0"].estimate < 3
    assert tagged["layer 1"].baseline == ("|Spearman|, z", tagged["|Spearman|"].estimate)
    assert len({f.id for f in result.findings}) == len(result.findings)


def test_all_that_must_stand_beside_goes_through_the_same_draws(result):
    scores = set(result.tables["nulls"]["score"])
    assert {"|Spearman|", "untrained: layer 0", "untrained: layer 1", *BESIDE} <= scores
    shown = result.tables["parts"]["score"]
    assert shown.str.startswith("untrained").sum() == 1  # the best of them
    states = {c.code: c.state for c in result.checks}
    assert states == {"N2": "passed", "N3": "passed", "N4": "passed"}
    assert any("no evidence of knowledge in a model" in n for n in result.notes)


def test_intervals_are_over_regulators(result):
    row = result.tables["nulls"].set_index(["null", "score"]).loc[("degree", "layer 1")]
    assert row["observed_low"] < row["observed"] < row["observed_high"]


def test_a_null_that_does_not_move_leaves_no_finding(made, quick):
    planted = made(1.0)
    found = judge_degree(
        planted.held, planted.network, "planted", 3, quick, 1, nulls=(Unmoved, LabelWithinRegulator)
    )
    assert [f.tags["null"] for f in found.findings if f.kind == "confirmatory"] == [
        "label within regulator"
    ]
    tagged = [f for f in found.findings if f.tags.get("criterion") == "degree z"]
    assert len(tagged) == 3
    assert np.isnan([f.estimate for f in tagged]).all()
    assert np.isnan([f.p for f in tagged]).all()
    states = {c.code: c.state for c in found.checks}
    assert states["N2"] == states["N3"] == "failed"
    assert any("99 of 99 draws equal the observed labels" in n for n in found.notes)


def test_figures_refer_to_tables_and_results_can_be_written(result, tmp_path):
    from cellglass.runs.result import AnalysisResult

    assert set(result.captions) == set(result.tables)
    assert {f.table for f in result.figures} <= set(result.tables)
    result.write(tmp_path)
    assert AnalysisResult.read(tmp_path).findings == result.findings


def test_too_few_regulators_are_not_applicable(made, quick):
    planted = made(0.0)
    frame = planted.network.frame
    network = Network.from_frame(frame[frame["source"] == "G1"], name="one")
    found = judge_degree(planted.held, network, "one", 3, quick, 1)
    assert found.verdicts[0].state is State.NOT_APPLICABLE


def test_a_constant_score_leaves_nothing_to_test(made, quick, tmp_path):
    planted = made(0.0, untrained=False)
    shape = (len(planted.held.regulators), len(planted.held.edges.targets))
    table = EdgeTable(np.ones(shape), planted.held.regulators, planted.held.edges.targets)
    held = replace(planted.held, edges=FixedEdges.of(table, "constant"), kind="table")
    found = judge_degree(held, planted.network, "planted", 3, quick, 1)
    assert found.tables["largest"].empty
    assert {"null", "family", "score", "z", "p"} <= set(found.tables["largest"].columns)
    assert any("does not tell the pairs of a regulator apart" in n for n in found.notes)
    assert not [f for f in found.findings if f.kind == "confirmatory"]
    found.write(tmp_path)
