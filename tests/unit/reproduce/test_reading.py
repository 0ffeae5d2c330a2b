import re
from pathlib import Path

import pytest

from cellglass.errors import InputError
from cellglass.reproduce import papers
from cellglass.reproduce.reading import read_paper

from .conftest import write_paper

ROW = 'id = "a"\nwhat = "A"\nvalue = "0.70"\n'


def test_what_a_row_says_replaces_what_all_rows_share(tmp_path: Path):
    head = (
        '[of_rows]\nmetric = "AUROC"\ndata = "k562"\nselect = {table = "scores", column = "auroc", '
        'where = [{score = "a"}, {score = "b"}]}\n'
    )
    row = ROW + 'metric = "AUPRC"\nselect = {column = "auprc"}\nat = {kind = "candidate"}\n'
    paper = read_paper(write_paper(tmp_path / "own", row, head))
    (table,) = paper.tables
    assert table.id == "first"
    read = table.row("a")
    assert (read.metric, read.data, read.value) == ("AUPRC", "k562", "0.70")
    assert read.select is not None
    assert (read.select.table, read.select.column) == ("scores", "auprc")
    assert read.select.where == (
        {"score": "a", "kind": "candidate"}, {"score": "b", "kind": "candidate"},
    )  # fmt: skip


def test_a_screen_brings_its_accession_and_its_facts(tmp_path: Path):
    known = read_paper(write_paper(tmp_path / "own", ROW)).input("k562")
    assert "PRJNA831566" in known.where
    assert "ReplogleWeissman2022_K562_essential.h5ad" in known.where
    assert known.facts["cell_line"] == "K562"


@pytest.mark.parametrize(
    ("row", "said"),
    [(ROW + "valu = '1'\n", "unknown key 'valu'"),
     ('id = "a"\nwhat = "A"\nvalue = 0.70\n', "value is 0.7"),
     (ROW + 'data = "k563"\n', "no input 'k563'"),
     (ROW + 'needs = ["scren"]\n', "needs ['scren']"),
     (ROW + 'spread = "intervall"\n', "spread is 'intervall'"),
     (ROW + 'select = {table = "x", reduce = "avg"}\n', "reduce is 'avg'"),
     (ROW + 'select = {table = "x", kind = "models"}\n', "kind is 'models'"),
     (ROW + 'select = {table = "x", less = {a = 1}}\n', "`less` without `along`"),
     (ROW + 'select = {table = "x", less = {a = 1}, along = "b", low = "c"}\n', "no low or high"),
     (ROW + "[[row]]\n" + ROW, "rows named twice"),
     ("id = \n", "not valid TOML")],
)  # fmt: skip
def test_wrong_data_names_file_and_row(tmp_path: Path, row: str, said: str):
    with pytest.raises(InputError, match=r"10_first\.toml") as error:
        read_paper(write_paper(tmp_path / "own", row))
    assert said in str(error.value)


def test_the_paper_of_the_guide_reads(tmp_path: Path):
    guide = Path(__file__).parents[3] / "docs" / "guides" / "reproduce.md"
    blocks = re.findall(r"```toml\n(.*?)```", guide.read_text(), re.DOTALL)
    for name in ("paper.toml", "tables/10_baselines.toml"):
        (text,) = (b for b in blocks if b.startswith(f"# {name}"))
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    paper = read_paper(tmp_path / "mine")
    row = paper.tables[0].row("variance")
    assert row.select is not None
    assert row.select.where == ({"ranking": "target variance"},)
    assert paper.input("trrust").facts["sha256"]


def test_a_folder_without_tables_is_no_paper(tmp_path: Path):
    folder = write_paper(tmp_path / "own", ROW)
    (folder / "tables" / "10_first.toml").unlink()
    with pytest.raises(InputError, match="no table"):
        read_paper(folder)


def test_rows_that_an_analysis_gives_say_where_or_why_not():
    """A row of these studies is computed, selected, told apart, or of a later version."""
    lost = [
        f"{paper}/{table.id}/{row.id}"
        for paper in ("edges", "geometry")
        for table in papers()[paper].tables
        for row in table.rows
        if not (row.select or row.apart or row.later or row.given)
    ]
    assert not lost


def test_rows_that_are_selected_say_what_they_need():
    for table in (t for paper in ("edges", "geometry") for t in papers()[paper].tables):
        for row in table.rows:
            if row.select and not table.compute:
                assert row.analysis, row.id
                assert row.needs, row.id
                assert row.select.column, row.id
                if row.references:
                    assert {"network", "gene_sets"} & set(row.needs), row.id


def test_every_row_says_where_it_was_published():
    for paper in papers().values():
        for table in paper.tables:
            for row in table.rows:
                assert row.source, f"{table.id}/{row.id}"
                assert row.specification.startswith(f"{paper.id}.md"), f"{table.id}/{row.id}"


def test_parts_are_rows_of_the_same_table(tmp_path: Path):
    parts = 'parts = ["b"]\n[[row]]\nid = "b"\nwhat = "B"\nvalue = "0.7"\n'
    (table,) = read_paper(write_paper(tmp_path / "own", ROW + parts)).tables
    assert table.row("a").parts == ("b",)
    with pytest.raises(InputError, match="no row 'c' among the parts"):
        read_paper(write_paper(tmp_path / "other", ROW + parts.replace('["b"]', '["c"]')))
