import logging
import math

import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.stats import Finding, Ledger, bh, e_bh, p_to_e


def finding(analysis="a", p=0.01, estimate=0.7, kind="confirmatory", family="f", **tags):
    return Finding(
        analysis,
        f"question of {tags}",
        "AUROC",
        estimate,
        p=p,
        unit="regulator",
        n=20,
        tags=tags,
        kind=kind,
        family=family,
    )


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "run" / "ledger.jsonl")
    for item in (
        finding("a", 0.001, head="1"),
        finding("a", 0.04, head="2"),
        finding("b", 0.02, head="1", family="g"),
        finding("b", 0.03, head="2", primary="yes"),
        finding("c", 0.5, kind="descriptive"),
        finding("d", math.nan, kind="descriptive"),
    ):
        assert ledger.append(item)
    return ledger


def test_reading_gives_back_what_was_appended_in_order(ledger):
    again = Ledger(ledger.path)
    assert list(again) == list(ledger)
    assert [f.analysis for f in again] == ["a", "a", "b", "b", "c", "d"]
    assert again.repaired == ""
    assert again[next(iter(again)).id].p == 0.001


def test_the_same_finding_twice_is_one_and_another_result_is_an_error(ledger):
    before = ledger.path.read_bytes()
    assert ledger.append(finding("a", 0.001, head="1")) is False
    assert ledger.path.read_bytes() == before
    with pytest.raises(InputError, match=r"already there(.|\n)*one result a test"):
        ledger.append(finding("a", 0.002, head="1"))
    with pytest.raises(InputError, match="already there"):
        Ledger(ledger.path).append(finding("a", 0.001, 0.71, head="1"))
    assert ledger.path.read_bytes() == before


def test_a_torn_last_line_is_cut_and_said_wherever_it_was_torn(ledger, caplog):
    content = ledger.path.read_bytes()
    lines = content.splitlines(keepends=True)
    whole = b"".join(lines[:-1])
    for length in (1, 10, len(lines[-1]) // 2, len(lines[-1]) - 2):
        ledger.path.write_bytes(whole + lines[-1][:length])
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            opened = Ledger(ledger.path)
        assert len(opened) == 5
        assert f"cut: {length} bytes" in opened.repaired
        assert opened.repaired in caplog.text
        assert ledger.path.read_bytes() == whole
        assert opened.append(finding("d", math.nan, kind="descriptive"))
        assert ledger.path.read_bytes() == content


def test_a_line_that_only_lost_its_end_is_kept(ledger):
    content = ledger.path.read_bytes()
    ledger.path.write_bytes(content[:-1])
    opened = Ledger(ledger.path)
    assert list(opened) == list(ledger)
    assert "kept" in opened.repaired
    assert ledger.path.read_bytes() == content


def test_zeros_left_by_a_power_cut_are_cut(ledger):
    content = ledger.path.read_bytes()
    ledger.path.write_bytes(content + b"\0" * 100)
    assert len(Ledger(ledger.path)) == 6
    assert ledger.path.read_bytes() == content


def test_a_broken_line_in_the_middle_is_an_error_and_nothing_is_changed(ledger):
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    for broken, message in (
        (b"{not json\n", "line 2 cannot be read"),
        (b"3\n", "line 2"),
        (lines[0], "line 2 repeats"),
        (lines[1].replace(b"question", b"Question"), "id|missing"),
    ):
        content = lines[0] + broken + b"".join(lines[2:])
        ledger.path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            Ledger(ledger.path)
        assert ledger.path.read_bytes() == content


def test_families_by_name(ledger):
    families = ledger.families()
    assert list(families) == ["f", "g"]
    assert [len(v) for v in families.values()] == [5, 1]


def test_three_definitions(ledger):
    assert [ledger[i].analysis for i in ledger.members("confirmatory")] == ["a", "a", "b", "b"]
    assert [ledger[i].analysis for i in ledger.members("all")] == ["a", "a", "b", "b", "c"]
    primary = [ledger[i] for i in ledger.members("primary")]
    # a: its first; b: the one tagged primary; c and d have no confirmatory finding.
    assert [(f.analysis, f.p) for f in primary] == [("a", 0.001), ("b", 0.03)]
    with pytest.raises(InputError, match="definition"):
        ledger.members("everything")


def test_adjusted_is_computed_from_raw_p_over_the_family(ledger):
    found = ledger.adjusted()
    assert found["q"].tolist() == bh([0.001, 0.04, 0.02, 0.03]).tolist()
    wide = ledger.adjusted(definition="all")
    assert wide["q"].tolist() == bh([0.001, 0.04, 0.02, 0.03, 0.5]).tolist()
    alone = ledger.adjusted("g")
    assert alone["q"].tolist() == [0.02]
    e = ledger.adjusted(method="e-bh")
    assert e["q"].tolist() == e_bh(p_to_e([0.001, 0.04, 0.02, 0.03])).tolist()
    assert e["e"].tolist() == p_to_e([0.001, 0.04, 0.02, 0.03]).tolist()
    with pytest.raises(InputError, match="no family 'h'"):
        ledger.adjusted("h")
    with pytest.raises(InputError, match="method"):
        ledger.adjusted(method="bonferroni")


def test_stable_inferences_agree_under_all_three(tmp_path):
    ledger = Ledger(tmp_path / "l.jsonl")
    ledger.append(finding("strong", 1e-6))
    ledger.append(finding("weak", 0.03))
    ledger.append(finding("null", 0.9))
    for k in range(10):
        ledger.append(finding("null", 0.8, extra=str(k)))
    found = ledger.stable().set_index("analysis")
    # weak: 0.045 among three primaries, far above 0.05 among all thirteen.
    assert found.loc["weak", "q_primary"] == pytest.approx(0.045)
    assert found.loc["weak", "q_confirmatory"] > 0.05
    assert found["stable"].to_dict() == {"strong": True, "weak": False, "null": True}


def test_two_primary_findings_of_one_analysis_are_an_error(ledger):
    ledger.append(finding("b", 0.04, head="3", primary="yes"))
    with pytest.raises(InputError, match="two primary findings"):
        ledger.members("primary")


def test_snapshot_is_deterministic_and_complete(ledger, tmp_path):
    first = ledger.snapshot(tmp_path / "one.parquet")
    second = Ledger(ledger.path).snapshot(tmp_path / "two.parquet")
    assert first.read_bytes() == second.read_bytes()
    frame = pd.read_parquet(first)
    assert len(frame) == 6
    assert frame["q_confirmatory"][:4].tolist() == ledger.adjusted()["q"].tolist()
    assert frame["q_family"][2] == 0.02
    assert np.isnan(frame["q_confirmatory"][4])
    assert frame["q_all"][4] == 0.5
    assert frame["e"][0] == p_to_e([0.001])[0]
    assert frame["tags"][0] == '{"head":"1"}'


def test_empty_ledger(tmp_path):
    ledger = Ledger(tmp_path / "l.jsonl")
    assert len(ledger) == 0
    assert not ledger.path.exists()
    assert ledger.families() == {}
    assert len(ledger.adjusted()) == 0
    assert len(ledger.stable()) == 0
    ledger.snapshot(tmp_path / "s.parquet")
    with pytest.raises(InputError, match="no finding"):
        ledger["0"]
