import re

import numpy as np
import pytest

from cellglass.regulation.states.synthetic_analysis import judge_synthetic


@pytest.fixture(scope="module")
def result():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cellglass.regulation.states.synthetic_analysis.BOOTSTRAP", 9)
        patch.setattr("cellglass.regulation.states.synthetic_analysis.STRUCTURED_SEEDS", 2)
        yield judge_synthetic(11, n_seeds=4)


def test_every_unit_leaves_findings(result):
    assert {f.tags["unit"] for f in result.findings} == {"A13", "A14", "A16", "A17", "A18"}
    assert {f.kind for f in result.findings} == {"descriptive"}
    assert {f.unit for f in result.findings} == {"simulated data set", "cell"}
    assert len({f.id for f in result.findings}) == len(result.findings)
    assert not result.verdicts


def test_every_gain_stands_beside_shuffled_strata(result):
    for name, table in result.tables.items():
        if "gain" in table:
            assert table["shuffled_gain"].notna().all(), name
    for finding in result.findings:
        if finding.statistic.startswith("gain"):
            assert finding.null is not None
            assert finding.null.family == "shuffled strata"


def test_captions_figures_and_seeds_are_told(result):
    assert set(result.captions) == set(result.tables)
    assert {f.table for f in result.figures} <= set(result.tables)
    assert "4 data sets" in result.captions["published"]
    assert any("1.85" in n and "true states" in n for n in result.notes)


def test_the_check_counts_the_means_that_come_out(result):
    (control,) = [c for c in result.checks if c.code == "R6"]
    near = int(re.match(r"(\d+) of 18 published means", control.detail)[1])
    away = result.tables["published"]["errors_away"].abs()
    assert near == (away <= 3).sum()
    assert control.state == ("passed" if near >= 17 else "failed")


def test_intervals_are_of_students_t(result):
    from scipy.stats import t

    row = result.tables["configurations"].iloc[0]
    finding = result.findings[0]
    reach = t.ppf(0.975, 3) * row["max_sd"] / np.sqrt(4)
    assert finding.interval.low == pytest.approx(row["max"] - reach)
    assert finding.baseline == ("pooled score", pytest.approx(row["pooled"]))


def test_it_survives_writing(result, tmp_path):
    from cellglass.runs.result import AnalysisResult

    result.write(tmp_path)
    assert AnalysisResult.read(tmp_path).findings == result.findings
