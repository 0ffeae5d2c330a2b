from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.errors import StudyError
from cellglass.runs.result import RESULT, AnalysisResult, Check, FigureSpec
from cellglass.stats import Finding, NullSummary, not_run


@pytest.fixture
def result() -> AnalysisResult:
    finding = Finding(
        "chapter.analysis", "Is it so?", "AUROC", 0.7, None,
        NullSummary("label", 19, 0.5, 0.01, 0.05), 0.05, "regulator", 12,
        ("variance", 0.6), (0.1, 0.02, 0.18), 42, {"model": "m"}, "chapter.analysis",
    )  # fmt: skip
    table = pd.DataFrame({"gene": ["TP53", "ü"], "score": [0.25, np.nan], "n": [1, 2]})
    return AnalysisResult(
        "chapter.analysis",
        {"model": "m", "network": "n"},
        [finding],
        [not_run("a claim", "an endpoint", why="no network", command="cellglass data fetch x")],
        {"scores": table},
        {"scores": "One row a gene."},
        [FigureSpec("f", "score_forest", "scores", "What to see.", {"level": 0.1}, (3.0, 2.0))],
        [Check("N1", "a null", "passed", "p = 0.05")],
        ["A note."],
        "A sentence.",
    )


def test_what_was_written_is_read(result: AnalysisResult, tmp_path: Path):
    result.write(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [RESULT, "scores.parquet"]
    read = AnalysisResult.read(tmp_path)
    pd.testing.assert_frame_equal(read.tables.pop("scores"), result.tables.pop("scores"))
    assert vars(read) == vars(result)


def test_equal_results_are_equal_bytes(result: AnalysisResult, tmp_path: Path):
    for name in "ab":
        (tmp_path / name).mkdir()
        result.write(tmp_path / name)
    again = AnalysisResult.read(tmp_path / "a")
    (tmp_path / "c").mkdir()
    again.write(tmp_path / "c")
    for file in (RESULT, "scores.parquet"):
        assert len({(tmp_path / n / file).read_bytes() for n in "abc"}) == 1


def test_numbers_that_are_none_are_not_written(result: AnalysisResult, tmp_path: Path):
    result.figures[0] = FigureSpec("f", "x", "scores", "", {"level": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        result.write(tmp_path)


def test_missing_result(tmp_path: Path):
    with pytest.raises(StudyError, match="there is no result"):
        AnalysisResult.read(tmp_path)
