import pandas as pd
import pytest

from cellglass.data import Network
from cellglass.regulation.networks.per_regulator_analysis import judge_per_regulator
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import State


@pytest.fixture(scope="module")
def result(made):
    planted = made(1.5)
    frame = planted.network.frame
    # Half of the regulators lose all targets but one.
    names = sorted(frame["source"].unique())[:8]
    first = frame[frame["source"].isin(names)].groupby("source").head(1)
    network = Network.from_frame(pd.concat([first, frame[~frame["source"].isin(names)]]), name="n")
    settings = StatisticsConfig(draws=99, bootstrap=200)
    return judge_per_regulator(planted.held, network, "n", settings, 1)


def test_one_target_regulators_are_in_and_apart(result):
    summary = result.tables["summary"].set_index("score")
    assert summary.loc["layer 1", "regulators"] == 16
    assert summary.loc["layer 1", "with_one_target"] == 8
    assert any("8 of 16 regulators have one target" in n for n in result.notes)
    assert "8 of 16 regulators have 3 targets or more, 8 have one" in result.checks[0].detail
    assert result.checks[0].code == "S3"
    assert result.figures[0].options["score"] == "layer 1"


def test_findings_count_regulators_beside_the_degree_null(result):
    rows = {f.tags["score"]: f for f in result.findings if f.kind == "descriptive"}
    assert set(rows) == {"layer 0", "layer 1", "|Spearman|"}
    known = rows["layer 1"]
    assert known.null.family == "degree"
    assert known.estimate > known.null.mean
    assert known.baseline == ("|Spearman|", rows["|Spearman|"].estimate)
    (test,) = [f for f in result.findings if f.kind == "confirmatory"]
    assert test.p <= 0.05
    assert test.tags["unit"] == "A27"
    assert test.unit == "regulator"


def test_tables_leave_the_untrained_copy_to_the_summary(result):
    assert result.tables["summary"]["score"].str.startswith("untrained").sum() == 2
    assert not result.tables["regulators"]["score"].str.startswith("untrained").any()
    assert set(result.captions) == set(result.tables)
    assert {f.table for f in result.figures} <= set(result.tables)


def test_only_single_targets_fail_the_check(made, quick):
    planted = made(0.5)
    frame = planted.network.frame.groupby("source").head(1)
    found = judge_per_regulator(
        planted.held, Network.from_frame(frame, name="single"), "single", quick, 1
    )
    assert found.checks[0].state == "failed"
    assert found.tables["summary"]["mean"].isna().all()
    assert found.tables["regulators"]["low"].isna().all()


def test_one_regulator_is_not_applicable(made, quick):
    planted = made(0.0)
    frame = planted.network.frame
    network = Network.from_frame(frame[frame["source"] == "G1"], name="one")
    found = judge_per_regulator(planted.held, network, "one", quick, 1)
    assert found.verdicts[0].state is State.NOT_APPLICABLE
