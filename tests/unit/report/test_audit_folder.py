"""The folder of an audit: whole or not at all, and nothing of others touched."""

import json

import pandas as pd
import pytest

from cellglass.errors import StudyError
from cellglass.report import write_audit
from cellglass.report.audit_page import AuditInput
from cellglass.stats.audit.audit_draws import audit_draws
from cellglass.stats.parquet import read_parquet

from .test_audit_page import audited, tables

FILES = {
    "audit.html", "summary.json", "rows.parquet", "families.parquet", "family_summary.parquet",
    "groups.parquet", "misuse.parquet", "printed.parquet", "excluded.parquet",
}  # fmt: skip


@pytest.fixture(scope="module")
def result():
    return audited(*tables())


@pytest.fixture(autouse=True)
def page_at_once(request, monkeypatch):
    """Drawing is tested elsewhere; one test here makes the real page."""
    if "real_page" not in request.fixturenames:
        monkeypatch.setattr(
            "cellglass.report.audit_folder.render_audit", lambda *_: "<html>the page</html>"
        )


@pytest.fixture
def real_page():
    """Asked for by a test that makes the real page."""


def names(folder):
    return {p.name for p in folder.iterdir()}


def test_everything_is_written(result, tmp_path, real_page):
    inputs = [AuditInput("observed", "seen.csv", "ab", 24)]
    page = write_audit(result, tmp_path / "deep" / "out", title="Mine", inputs=inputs)
    assert page == tmp_path / "deep" / "out" / "audit.html"
    assert names(page.parent) == FILES
    for name, table in result.tables.items():
        found, about = read_parquet(page.parent / f"{name}.parquet")
        assert about["kind"] == "cellglass audit"
        assert list(found.columns) == list(table.columns)
        assert len(found) == len(table)
    pd.testing.assert_frame_equal(pd.read_parquet(page.parent / "rows.parquet"), result.rows)
    summary = json.loads((page.parent / "summary.json").read_text())
    assert summary["kind"] == "cellglass audit"
    assert summary["inputs"][0]["name"] == "seen.csv"
    assert set(summary["files"]) == FILES - {"summary.json"}
    assert summary["survive"] == result.summary["survive"]


def test_equal_audits_give_equal_bytes(result, tmp_path):
    a, b = (write_audit(result, tmp_path / n).parent for n in "ab")
    for name in FILES:
        assert (a / name).read_bytes() == (b / name).read_bytes()


def test_an_earlier_audit_is_written_anew_and_files_of_others_stay(result, tmp_path):
    page = write_audit(result, tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    summary["files"].append("old_table.parquet")
    (tmp_path / "out" / "summary.json").write_text(json.dumps(summary))
    (tmp_path / "out" / "old_table.parquet").write_text("x")
    other = audit_draws(*tables(rows=4), by=["hypothesis", "domain", "seed"], value="delta")
    assert write_audit(other, tmp_path / "out") == page
    assert names(tmp_path / "out") == {*FILES, "notes.txt"}
    assert len(pd.read_parquet(tmp_path / "out" / "rows.parquet")) == 4


def test_an_empty_folder_will_do(result, tmp_path):
    (tmp_path / "out").mkdir()
    write_audit(result, tmp_path / "out")
    assert names(tmp_path / "out") == FILES


@pytest.mark.parametrize("content", ["{}", "no json", '{"kind": "another"}', "[]"])
def test_a_folder_of_something_else_is_left_alone(result, tmp_path, content):
    (tmp_path / "summary.json").write_text(content)
    with pytest.raises(StudyError, match="not empty and holds no audit") as caught:
        write_audit(result, tmp_path)
    assert "--out" in caught.value.fix
    assert names(tmp_path) == {"summary.json"}


def test_a_file_is_no_folder(result, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(StudyError, match="the output is a file"):
        write_audit(result, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("there", [False, True])
def test_a_page_that_cannot_be_made_leaves_what_was_there(result, tmp_path, monkeypatch, there):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    before: dict[str, bytes] = {}
    if there:
        write_audit(result, tmp_path / "out")
        before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    monkeypatch.setattr("cellglass.report.audit_folder.render_audit", fail)
    with pytest.raises(OSError, match="No space left") as caught:
        write_audit(result, tmp_path / "out")
    assert caught.value.filename
    left = {p.name: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == before
    assert names(tmp_path) == ({"out"} if there else set())
