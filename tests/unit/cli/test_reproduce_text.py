from dataclasses import replace

import pytest

from cellglass.cli import console
from cellglass.cli.reproduce_text import (
    _letters,
    show_papers,
    show_reproduction,
    show_table,
    show_tables,
)
from cellglass.reproduce import Ours, Paper, PublishedNumber, PublishedTable, Reproduction, papers
from cellglass.reproduce.comparing import judge
from cellglass.reproduce.published import KnownInput


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch):
    """``terminal(40)``: what is printed goes to a terminal of so many columns."""

    def of(columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(console.sys.stdout, "isatty", lambda: True, raising=False)

    return of


@pytest.fixture
def found() -> Reproduction:
    """Two numbers that share a reason, one with a reason of its own."""
    rows = (
        PublishedNumber("a", "attention", "0.70", model="m", metric="AUROC"),
        PublishedNumber("b", "correlation", "0.60", metric="AUROC", defect="leaks"),
        PublishedNumber("c", "nothing", "0.60", apart="not told"),
    )
    table = PublishedTable("t", "A table", rows, note="Read this first.")
    known = {"m": KnownInput("m", "Big model", "model", "https://example.org")}
    paper = Paper("p", (), "A paper", "Nobody 2026", "regulation", known, (table,))
    ours = Ours(0.65, 0.6, 0.72, label={"model": "mini", "network": "n"})
    other = replace(ours, label={"model": "tiny", "network": "n"})
    comparisons = (
        judge(table, rows[0], ours, ["other cells"]), judge(table, rows[1], other, ["other cells"]),
        judge(table, rows[2], Ours(told="not told"), []),
    )  # fmt: skip
    return Reproduction(paper, (table,), comparisons)


def test_a_shared_reason_stands_once_and_others_have_letters(found: Reproduction, capsys):
    show_reproduction(found)
    out = capsys.readouterr().out
    assert out.count("other cells") == 1
    assert "all  other cells" in out
    assert "a    known defect of theirs: leaks" in out
    assert out.count("[a]") == 1
    assert "ours 0.650 [0.600, 0.720] (mini), difference −0.050" in out
    assert "ours: n" in out
    assert "NOT APPLICABLE nothing: not told" in out
    assert "3 comparisons: 2 OTHER INPUTS, 1 NOT APPLICABLE." in out


@pytest.mark.parametrize("columns", [40, 80])
def test_no_line_is_wider_than_the_terminal(found: Reproduction, terminal, capsys, columns: int):
    terminal(columns)
    show_reproduction(found)
    for paper in papers().values():
        show_tables(paper)
    show_table(papers()["edges"], papers()["edges"].by_id["response"])
    plain = [_plain(line) for line in capsys.readouterr().out.splitlines()]
    # A file name or an address cannot be broken.
    long = [line for line in plain if len(line) > columns and len(line.split()) > 1]
    assert not long


def test_every_table_of_a_paper_is_listed(capsys):
    show_papers(list(papers().values()))
    out = capsys.readouterr().out
    for paper in papers().values():
        assert all(t.id in out for t in paper.tables)


def test_letters_go_on_after_z():
    letters = _letters()
    first = [next(letters) for _ in range(28)]
    assert first[:2] + first[25:] == ["a", "b", "z", "aa", "ab"]


def _plain(line: str) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", line)
