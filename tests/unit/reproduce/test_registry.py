import importlib.metadata
from pathlib import Path

import pytest

from cellglass.errors import InputError, StudyError
from cellglass.regulation.units import units
from cellglass.reproduce import find_paper, find_tables, papers
from cellglass.reproduce import registry as module
from cellglass.reproduce.registry import find_in_all
from cellglass.runs.registry import analyses

from .conftest import write_paper

ROW = 'id = "a"\nwhat = "A"\nvalue = "0.70"\nunit = "A1"\n'
OF_THE_REGISTRY = {"A2"}  # units whose analysis covers them under another number


@pytest.fixture
def entry_point(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Another package's paper, under the name `own`."""
    folder = write_paper(tmp_path / "own", ROW)

    class Entry:
        name = "own"

        def __lt__(self, other: object) -> bool:
            return False

        def load(self) -> str:
            return str(folder)

    def found(group: str):
        return [Entry()] if group == module.ENTRY_POINTS else importlib.metadata.entry_points(group=group)  # fmt: skip # noqa: E501

    monkeypatch.setattr(module, "entry_points", found)
    module.papers.cache_clear()
    yield folder
    module.papers.cache_clear()


def test_another_package_adds_a_paper_by_a_folder(entry_point: Path):
    assert list(papers()) == ["edges", "concepts", "geometry", "own"]
    assert find_paper("o").tables[0].row("a").value == "0.70"


def test_two_papers_of_one_name_are_refused(entry_point: Path):
    content = (entry_point / "paper.toml").read_text()
    (entry_point / "paper.toml").write_text(content.replace('"own"', '"edges"', 1))
    module.papers.cache_clear()
    with pytest.raises(InputError, match="two papers are called 'edges'"):
        papers()


@pytest.mark.parametrize("name", ["edges", "A", "a", "2602.17532", "arXiv:2602.17532"])
def test_a_paper_has_several_names(name: str):
    assert find_paper(name).id == "edges"


def test_an_unknown_paper_gets_the_nearest_name():
    with pytest.raises(StudyError, match="did you mean 'edges'"):
        find_paper("edge")


def test_an_unknown_table_gets_the_nearest_name():
    with pytest.raises(StudyError, match="did you mean 'response-grid'"):
        find_tables(find_paper("edges"), ["response-grids"])


def test_a_unit_finds_all_its_tables_in_order():
    found = [t.id for t in find_tables(find_paper("edges"), ["a36"])]
    assert found == ["response-increment", "consistency", "maxtoki"]
    rows = [r for t in find_tables(find_paper("edges"), ["a36"]) for r in t.rows]
    assert {r.unit for r in rows} == {"A36"}
    whole = find_tables(find_paper("edges"), ["A36", "consistency"])
    assert whole[1] is find_paper("edges").by_id["consistency"]
    assert len(find_tables(find_paper("edges"), [])) == len(find_paper("edges").tables)


def test_tables_are_found_in_all_papers():
    assert [(p.id, [t.id for t in found]) for p, found in find_in_all(["floors", "a32"])] == [
        ("edges", ["response-grid"]), ("geometry", ["floors"]),
    ]  # fmt: skip
    assert [p.id for p, _ in find_in_all([])] == list(papers())
    with pytest.raises(StudyError, match=r"no table 'floor'[\s\S]*did you mean 'floors'"):
        find_in_all(["floor"])


def test_every_unit_of_the_specification_is_there():
    held = {u for t in find_paper("edges").tables for u in t.units}
    assert {f"A{i}" for i in range(1, 51)} <= held
    assert held <= {f"A{i}" for i in range(1, 51)}


def test_later_units_are_marked_as_later():
    later = {u.id for u in units() if u.later}
    assert len(later) > 10
    for table in find_paper("edges").tables:
        for row in table.rows:
            if row.unit in later and not row.given:
                assert row.later, f"{table.id}/{row.id}"
            if row.later:
                assert row.unit in later, f"{table.id}/{row.id}"


@pytest.mark.parametrize(("paper", "fewest"), [("edges", 20), ("geometry", 5)])
def test_analyses_that_rows_name_are_registered(paper: str, fewest: int):
    named = {r.analysis for t in find_paper(paper).tables for r in t.rows if r.analysis}
    assert len(named) >= fewest
    assert not named - set(analyses())
