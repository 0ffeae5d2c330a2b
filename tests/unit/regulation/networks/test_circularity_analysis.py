import numpy as np
import pytest

from cellglass.data import Network
from cellglass.regulation.networks.circularity_analysis import judge_circularity
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import State


@pytest.fixture(scope="module")
def networks(made):
    frame = made(1.0).network.frame.copy()
    frame["mode"] = np.where(np.arange(len(frame)) % 3 == 0, "Unknown", "Repression")
    return {
        "planted": Network.from_frame(frame, name="planted"),
        "inside": Network.from_frame(frame.iloc[::3].drop(columns="mode"), name="inside"),
    }


@pytest.fixture(scope="module")
def result(made, networks):
    settings = StatisticsConfig(draws=99, bootstrap=200)
    return judge_circularity(made(1.0).held, networks, "planted", 3, settings, 1)


def test_parts_of_the_reference_are_judged_beside_the_whole(result):
    table = result.tables["parts"]
    assert table.groupby(["part", "other_edges"], sort=False).ngroups == 3
    assert set(table["score"]) >= {"layer 1", "|Spearman|", "untrained: layer 0"}
    known = table[table["score"] == "layer 1"].set_index(["part", "other_edges"])
    assert (known["auroc_low"] > 0.5).all()
    assert (
        known.loc[("direction known", "left out"), "auroc"]
        > known.loc[("direction known", "count as no edge"), "auroc"]
    )
    assert any("Not judged, ChIP-type evidence" in n for n in result.notes)
    assert [(c.code, c.state) for c in result.checks] == [("N6", "passed")]


def test_references_that_contain_one_another_are_no_replication(result):
    shares = result.tables["overlap"].set_index(["first", "second"])["share_of_first"]
    assert shares["inside", "planted"] == 1.0
    assert "planted contains 100% of inside" in result.notes[0]
    assert "no replication" in result.notes[0]


def test_findings_name_the_part_and_the_whole(result):
    assert len({f.id for f in result.findings}) == len(result.findings) == 9
    for finding in result.findings:
        assert finding.tags["unit"] == "A28"
        assert finding.baseline[0] == "the whole reference, same regulators"
        assert finding.estimate == pytest.approx(finding.baseline[1] + finding.increment[0])
        assert finding.unit == "regulator"


def test_figures_refer_to_tables(result):
    assert set(result.captions) == set(result.tables)
    assert {f.table for f in result.figures} <= set(result.tables)
    assert result.tables["changes"]["score"].str.startswith(("layer 1", "|Spearman|")).all()


def test_a_reference_all_of_whose_edges_have_a_sign_passes_the_check(made, quick, networks):
    frame = networks["planted"].frame.assign(weight=np.tile([1.0, -1.0, 1.0], 41))
    signed = Network.from_frame(frame.drop(columns="mode"), name="signed")
    found = judge_circularity(made(1.0).held, {"signed": signed}, "signed", 3, quick, 1)
    assert found.checks[0].detail == "every edge has a sign"
    assert found.verdicts[0].state is State.NOT_APPLICABLE  # no part differs from the whole


def test_nothing_to_restrict_is_not_applicable_with_every_reason(made, quick):
    planted = made(0.0)
    found = judge_circularity(planted.held, {"n": planted.network}, "n", 3, quick, 1)
    assert not found.tables
    assert not found.checks
    sentence = found.verdicts[0].sentence
    assert "no column gives the direction" in sentence
    assert "no other reference" in sentence
