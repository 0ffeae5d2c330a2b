"""`cellglass audit` on small files."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

SEEN = """domain,layer,delta,p_best,note
NA,7,0.18,0.167,x
lung,7,0.05,0.2,y
"""
NULLS = """domain,layer,null_kind,perm_idx,null_value
NA,7.0,labels,0,0.00
NA,7.0,labels,1,0.01
NA,7.0,labels,2,0.02
NA,7.0,labels,3,0.03
NA,7.0,labels,4,0.04
NA,7.0,pairs,0,0.10
NA,7.0,pairs,1,0.20
lung,7.0,labels,0,0.05
lung,7.0,labels,1,0.06
lung,7.0,labels,2,0.01
lung,7.0,pairs,0,0.00
lung,7.0,pairs,1,0.01
lung,7.0,pairs,2,0.02
lung,7.0,pairs,3,0.03
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    seen, nulls = tmp_path / "by_row.csv", tmp_path / "nulls.csv.gz"
    seen.write_text(SEEN)
    nulls.write_bytes(gzip.compress(NULLS.encode()))
    return seen, nulls


@pytest.fixture
def audit(cellglass: Callable, files: tuple[Path, Path], tmp_path: Path) -> Callable:
    """``audit("--by", ...)``: the command on the two files."""

    def run(*arguments: str, by: str = "domain,layer", value: str = "delta") -> object:
        return cellglass(
            "audit", "--observed", files[0], "--nulls", files[1], "--by", by, "--value", value,
            "--out", tmp_path / "out", *arguments,
        )  # fmt: skip

    return run


def test_numbers_by_hand(audit, tmp_path):
    told = audit()
    assert told.code == 0, told.text
    rows = pd.read_parquet(tmp_path / "out" / "rows.parquet").set_index("domain")
    assert rows.index.tolist() == ["NA", "lung"]
    assert rows["layer"].tolist() == [7, 7]
    assert rows["p_labels"].tolist() == pytest.approx([1 / 6, 3 / 4])
    assert rows["p_pairs"].tolist() == pytest.approx([2 / 3, 1 / 5])
    assert rows["strict_margin"].tolist() == pytest.approx([0.18 - 0.195, 0.05 - 0.059])
    assert rows["null_gap"].tolist() == pytest.approx([0.01, -0.007])
    assert rows["attainable_p"].tolist() == pytest.approx([1 / 3, 1 / 4])
    misuse = pd.read_parquet(tmp_path / "out" / "misuse.parquet")
    assert {"minimum_over_families", "level_unattainable", "gap_without_strict_margin",
            "no_multiplicity_control"} <= set(misuse["code"])  # fmt: skip


def test_it_says_what_survives_and_where_the_page_is(audit, tmp_path):
    told = audit()
    assert "2 rows are tested against 2 null families each" in told.out
    assert "None survives." in told.out
    assert "misuse   minimum over families: The printed p ('p_best')" in told.out
    assert f"Page: {tmp_path / 'out' / 'audit.html'}" in told.out
    assert "2 observed rows, 14 null draws" in told.err
    page = (tmp_path / "out" / "audit.html").read_text()
    assert "Audit of by_row.csv" in page
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [i["name"] for i in summary["inputs"]] == ["by_row.csv", "nulls.csv.gz"]
    assert len(summary["inputs"][0]["sha256"]) == 64
    assert any("matched as numbers" in note for note in summary["notes"])


def test_options(audit, tmp_path):
    told = audit("--null-value", "null_value", "--null-kind", "null_kind", "--index", "perm_idx",
                 "--direction", "less", "--level", "0.9")  # fmt: skip
    assert told.code == 0, told.text
    rows = pd.read_parquet(tmp_path / "out" / "rows.parquet")
    assert rows["p_labels"].tolist() == pytest.approx([1.0, 3 / 4])
    assert rows["attainable"].all()


@pytest.mark.parametrize("suffix", ["tsv", "tsv.gz", "parquet"])
def test_other_formats_give_the_same_tables(audit, cellglass, files, tmp_path, suffix):
    audit()
    seen, nulls = (pd.read_csv(f, keep_default_na=False) for f in files)
    paths = []
    for name, table in (("a", seen), ("b", nulls)):
        path = tmp_path / f"{name}.{suffix}"
        if suffix == "parquet":
            table.to_parquet(path)
        else:
            table.to_csv(path, sep="\t", index=False)
        paths.append(path)
    told = cellglass("audit", "--observed", paths[0], "--nulls", paths[1], "--by", "domain, layer",
                     "--value", "delta", "--out", tmp_path / "other")  # fmt: skip
    assert told.code == 0, told.text
    for table in ("rows", "families", "groups"):
        a, b = (pd.read_parquet(tmp_path / d / f"{table}.parquet") for d in ("out", "other"))
        pd.testing.assert_frame_equal(a, b)


def test_what_was_not_used_is_said(audit, files):
    files[0].write_text(SEEN + "immune,7,0.1,0.2,z\nkidney,7,,0.2,z\n")
    told = audit()
    assert "1 observed rows not used: not testable: there are no draws" in told.out
    assert "there is no observed value" in told.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "domian"}, "did you mean 'domain'?"),
        ({"by": "domain,note"}, "there is no column 'note'"),
        ({"value": "delt"}, "did you mean 'delta'?"),
        ({"by": ""}, "no column tells the tests apart"),
        ({"by": "layer"}, "add a column that tells them apart: --by layer,domain"),
    ],
)
def test_wrong_columns(audit, tmp_path, options, said):
    told = audit(**options)
    assert told.code == 2
    assert said in told.err
    assert "Traceback" not in told.text
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--direction", "up"), "'up' is not one of"),
        (("--level", "2"), "level is 2"),
        (("--null-kind", "kind"), "did you mean 'null_kind'?"),
        (("--null-value", "nul_value"), "did you mean 'null_value'?"),
    ],
)
def test_wrong_options(audit, tmp_path, options, said):
    told = audit(*options)
    assert (told.code, "Traceback" in told.text) == (2, False)
    assert said in told.err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_refused_before_anything_is_read(audit, tmp_path, files):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    files[1].unlink()
    told = audit()
    assert told.code == 2
    assert "holds no audit (mine.txt, ...)" in told.err


def test_missing_and_damaged_files(audit, files, tmp_path):
    (tmp_path / "nulls.csv.gz").write_bytes(gzip.compress(NULLS.encode())[:60])
    assert "truncated or damaged" in audit().err
    files[1].write_bytes(b"PAR1 nothing")
    told = audit()
    assert "the Parquet file is damaged" in told.err
    files[1].unlink()
    told = audit()
    assert (told.code, "does not exist" in told.err) == (2, True)
