from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from cellglass.errors import StudyError
from cellglass.reproduce import Reproduction, reproduce
from cellglass.reproduce.comparing import judge
from cellglass.reproduce.published import Paper
from cellglass.reproduce.selecting import Ours
from cellglass.reproduce.writing import (
    claim_folder,
    difference_shown,
    ours_shown,
    summary_line,
    to_html,
    to_markdown,
    what_of,
    write_comparison,
)

from .conftest import number, table


@pytest.fixture
def found(paper: Paper) -> Reproduction:
    """Another model, and a number that is missing."""
    row = paper.tables[0].rows[0]
    other = judge(paper.tables[0], row, Ours(0.6, 0.5, 0.7, 9, label={"model": "mini"}), ["<b>|"])
    (missing,) = reproduce(paper).comparisons
    return Reproduction(paper, paper.tables, (other, missing))


def test_four_forms_that_agree(found: Reproduction, tmp_path: Path):
    paths = write_comparison(found, claim_folder(tmp_path / "out"))
    assert sorted(paths) == ["csv", "html", "md", "parquet"]
    csv, parquet = pd.read_csv(paths["csv"]), pd.read_parquet(paths["parquet"])
    assert csv["state"].tolist() == parquet["state"].tolist() == ["OTHER INPUTS", "NOT RUN"]
    assert csv["ours"][0] == parquet["ours"][0] == 0.6
    before = {p: p.read_bytes() for p in paths.values()}
    write_comparison(found, claim_folder(tmp_path / "out"))
    assert {p: p.read_bytes() for p in paths.values()} == before


def test_text_is_escaped(found: Reproduction):
    assert "&lt;b&gt;|" in to_html(found)
    assert "<b>" not in to_html(found).split("</ul>")[1]
    assert "<b>\\|" in to_markdown(found)


def test_pages_hold_both_numbers_and_where_to_get_what_is_missing(found: Reproduction):
    for text in (to_html(found), to_markdown(found)):
        assert "0.60" in text
        assert "0.50" in text
        assert "https://example.org/big" in text
    assert summary_line(found) == "2 comparisons: 1 OTHER INPUTS, 1 NOT RUN."


def test_counts_are_shown_as_counts(paper: Paper):
    row = number(value="27", metric="count of 27")
    one = judge(table(row), row, Ours(12.0), [])
    assert (ours_shown(one), difference_shown(one)) == ("12", "−15")
    noise = judge(table(number()), number(), Ours(0.5 + 1e-16), [])
    assert difference_shown(noise) == "0"
    small = judge(table(number()), number(), Ours(0.50002), [])
    assert difference_shown(small) == "2.00 × 10⁻⁵"
    plain = judge(table(number()), number(), Ours(12.0), [])
    assert ours_shown(plain) == "12.0"


def test_data_are_named_where_a_table_has_several(paper: Paper):
    one, two = number(data="k562"), number(id="y", data="unknown")
    both = table(one, two)
    assert what_of(paper, judge(both, one, Ours(1.0), [])) == "a number, K562 screen"
    assert what_of(paper, judge(table(one), one, Ours(1.0), [])) == "a number"
    assert what_of(paper, judge(both, replace(one, data=""), Ours(1.0), [])) == "a number"


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(StudyError, match=r"thesis\.tex"):
        claim_folder(tmp_path)
    with pytest.raises(StudyError, match="is a file"):
        claim_folder(tmp_path / "thesis.tex")
    (tmp_path / "comparison.csv").write_text("")
    assert claim_folder(tmp_path) == tmp_path


def test_own_checks_are_counted_and_shown_apart(paper: Paper):
    rows = (number(), number(id="y", grade="own check"), number(id="z", grade="own check"))
    own = table(*rows)
    values = (Ours(0.5), Ours(0.5), Ours(0.7))
    compared = [judge(own, r, o, []) for r, o in zip(rows, values, strict=True)]
    found = Reproduction(replace(paper, tables=(own,)), (own,), tuple(compared))
    assert summary_line(found) == (
        "1 comparison with the paper: 1 REPRODUCED. "
        "2 own checks, no numbers of the paper: 1 CHECK AGREES, 1 CHECK DIFFERS."
    )
    text = to_markdown(found)
    assert "| CHECK AGREES | a number | 0.50 (own check) | 0.500 |" in text
    assert "| REPRODUCED | a number | 0.50 | 0.500 |" in text
