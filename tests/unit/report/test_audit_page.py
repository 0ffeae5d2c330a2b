"""The page of an audit: verdict first, whole, offline, safe."""

import numpy as np
import pandas as pd
import pytest

from cellglass.report.audit_page import AuditInput, render_audit
from cellglass.stats.audit.audit_draws import audit_draws

from .conftest import read_csv, read_page

ODD = 'en<b>d</b> "swap" & $x$'


def tables(rows=24, draws=8, families=(ODD, "labels"), seed=0):
    rng = np.random.default_rng(seed)
    seen = pd.DataFrame({
        "hypothesis": "H139", "domain": [("immune", "lung")[i % 2] for i in range(rows)],
        "seed": np.arange(rows) // 2, "delta": rng.normal(0.02, 0.01, rows),
    })  # fmt: skip
    keys = seen.loc[seen.index.repeat(draws * len(families)), ["hypothesis", "domain", "seed"]]
    drawn = keys.assign(
        null_kind=np.tile(np.repeat(families, draws), rows),
        perm_idx=np.tile(np.arange(draws), rows * len(families)),
        null_value=rng.normal(0.0, 0.01, len(keys)),
    )
    return seen, drawn.reset_index(drop=True)


def audited(seen, drawn, **options):
    return audit_draws(seen, drawn, by=["hypothesis", "domain", "seed"], value="delta", **options)


@pytest.fixture(scope="module")
def result():
    seen, drawn = tables()
    seen["p_best"] = [0.2] * 12 + [0.1] * 12
    seen.loc[3, "delta"] = np.nan
    drawn.loc[0, "null_value"] = np.nan
    return audited(seen, drawn)


@pytest.fixture(scope="module")
def text(result):
    inputs = [AuditInput("observed", "by_row.csv", "ab" * 32, 24)]
    return render_audit(result, "Audit of by_row.csv", inputs)


@pytest.fixture(scope="module")
def page(text):
    return read_page(text)


def test_the_verdict_comes_first(page, result):
    head = page.find("header")[0].text
    assert "Audit of by_row.csv" in head
    assert result.sentences[0] in head
    sections = [e.attributes["id"] for e in page.find("section")]
    assert sections[:2] == ["survives", "findings"]
    said = page.by_id("survives").text
    assert all(sentence in said for sentence in result.sentences[1:])
    for step in result.steps:
        assert step.what in said


def test_every_finding_stands_word_for_word(page, result):
    said = page.by_id("findings").text
    assert result.findings
    for finding in result.findings:
        assert " ".join(finding.sentence.split()) in said
        assert finding.code.replace("_", " ") in said


def test_names_of_others_cannot_become_markup(text):
    assert "en<b>d" not in text
    assert "en&lt;b&gt;d" in text


def test_nothing_is_loaded_from_elsewhere(page, text):
    for element in page.walk():
        for name in ("src", "href", "action", "data"):
            target = element.attributes.get(name, "")
            assert not target.startswith(("http:", "https:", "//")), target
    assert "default-src 'none'" in text


def test_ids_are_unique_and_links_lead_somewhere(page):
    ids = [e.attributes["id"] for e in page.walk() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for link in page.find("a"):
        href = link.attributes.get("href", "")
        if href.startswith("#"):
            assert href[1:] in ids


def test_tables_are_downloaded_whole(page, result):
    links = {a.attributes["download"]: a.attributes["href"] for a in page.find("a")
             if "download" in a.attributes}  # fmt: skip
    assert set(links) == {
        "rows.csv", "groups.csv", "groupings.csv", "family_summary.csv", "printed.csv",
        "excluded.csv",
    }  # fmt: skip
    rows = read_csv(links["rows.csv"])
    assert list(rows.columns) == list(result.rows.columns)
    assert np.allclose(rows["strict_margin"], result.rows["strict_margin"], equal_nan=True, rtol=0)
    assert len(read_csv(links["groups.csv"])) == len(result.groups)


def test_keys_with_one_value_stand_above_the_table(page):
    rows = page.by_id("rows")
    assert "All rows: hypothesis H139." in rows.text
    assert "Hypothesis" not in [th.text for th in rows.find("th")]
    assert "not testable: there is no observed value" in rows.text


def test_what_was_not_used_and_how_it_was_computed(page, result):
    assert "there is no observed value" in page.by_id("excluded").text
    assert "draws that are empty" in page.by_id("excluded").text
    computed = page.by_id("computed").text
    assert "(1 + draws at least as extreme as the observed value) / (1 + draws)" in computed
    assert "takes 19 draws; with Bonferroni over all tested rows, 459" in computed
    assert all(note in computed for note in result.notes)
    files = page.by_id("files").text
    assert "by_row.csv, 24 rows, sha256 abab" in files
    assert "rows.parquet" in files


def test_the_figure_says_how_many_rows_are_not_drawn(page):
    figure = page.find("figure", css="drawing")[0]
    assert "1 of 24 rows have no such number" in figure.text
    assert len(figure.find("svg")) == 2


def test_equal_tables_give_equal_bytes():
    assert render_audit(audited(*tables(rows=4))) == render_audit(audited(*tables(rows=4)))


@pytest.mark.parametrize(
    ("direction", "said"),
    [("less", "Smaller values are more extreme"), ("two-sided", "Absolute values are compared")],
)
def test_the_direction_is_told(direction, said):
    assert said in render_audit(audited(*tables(rows=4), direction=direction))


def test_one_family_and_nothing_printed():
    page = read_page(render_audit(audited(*tables(rows=4, families=("labels",), draws=30))))
    sections = [e.attributes["id"] for e in page.find("section")]
    assert "printed" not in sections
    assert "excluded" not in sections
    assert "Hardest family" not in page.by_id("rows").text


def test_nothing_can_be_tested():
    seen, drawn = tables(rows=3)
    page = read_page(render_audit(audited(seen.assign(delta=[np.nan, np.nan, np.inf]), drawn)))
    assert "Nothing can be tested" in page.find("header")[0].text
    assert not page.find("figure", css="drawing")


def test_shares_of_the_effect(result):
    from cellglass.report.audit_page import _share

    assert [_share(v) for v in (0.965, -0.02, 6744.0, float("nan"))] == ["96.5 %", "−2.0 %", "", ""]
    kept = result.family_summary.set_index("null_kind").loc["labels", "share_kept"]
    page = read_page(render_audit(result))
    assert _share(kept) in page.by_id("families").text


def test_infinite_draws_do_not_break_the_page():
    seen, drawn = tables(rows=4)
    drawn.loc[:8, "null_value"] = np.inf
    assert "draws infinite" in render_audit(audited(seen, drawn))


def test_long_tables_stand_beside_the_page(monkeypatch):
    monkeypatch.setattr("cellglass.report.audit_page.MOST_EMBEDDED", 10)
    page = read_page(render_audit(audited(*tables(rows=12))))
    link = next(a for a in page.find("a") if a.attributes.get("download") == "rows.csv")
    assert len(read_csv(link.attributes["href"])) == 10
    assert "the whole table is rows.parquet beside it" in page.by_id("rows").text


def test_very_many_rows_are_drawn_in_part(monkeypatch):
    monkeypatch.setattr("cellglass.report.audit_page.MOST_DRAWN", 20)
    figure = read_page(render_audit(audited(*tables(rows=60)))).find("figure", css="drawing")[0]
    assert "Of 60 rows 20 are drawn, evenly spaced by strict margin." in figure.text


def test_many_rows_are_drawn_without_names():
    page = read_page(render_audit(audited(*tables(rows=60))))
    assert "lung · 3" not in page.find("figure", css="drawing")[0].text
