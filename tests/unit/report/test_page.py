"""The page: whole, offline, safe, readable without colour or script."""

import re

from cellglass.report.page import render
from cellglass.report.source import source_of_run
from cellglass.stats import State

from .conftest import MODEL, read_csv, read_page, recovery


def test_names_of_others_cannot_become_markup(full_page):
    assert '<b>"α"' not in full_page
    assert "&lt;b&gt;" in full_page


def test_nothing_is_loaded_from_elsewhere(page, full_page):
    for element in page.walk():
        for name in ("src", "href", "action", "data"):
            target = element.attributes.get(name, "")
            if element.tag == "a" and "references" in _classes_above(element):
                continue  # links to works, followed only by a reader
            assert not re.match(r"(https?:)?//", target), (element.tag, target)
    assert "default-src 'none'" in full_page
    assert "@import" not in full_page
    assert "url(http" not in full_page


def _classes_above(element):
    found = []
    while element is not None:
        found += element.classes
        element = element.parent
    return found


def test_ids_are_unique_and_links_lead_somewhere(page):
    ids = [e.attributes["id"] for e in page.walk() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for link in page.find("a"):
        href = link.attributes.get("href", "")
        if href.startswith("#"):
            assert href[1:] in ids


def test_verdicts_come_before_everything_else(page):
    sections = [e.attributes["id"] for e in page.find("section") if "id" in e.attributes]
    assert sections[0] == "verdicts"
    said = page.by_id("verdicts").text
    for state in State:
        assert str(state) in said
    assert "about 418 regulators would rule it out" in said
    assert "cellglass data fetch collectri" in said


def test_every_sentence_of_a_verdict_stands_word_for_word(page, full_run):
    said = page.text
    for result in full_run.results:
        for verdict in result.verdicts:
            assert " ".join(verdict.sentence.split()) in said


def test_every_table_can_be_downloaded_and_gives_the_table_back(page, full_run):
    links = {
        e.attributes["download"]: e.attributes["href"]
        for e in page.find("a")
        if "download" in e.attributes
    }
    sizes = {name: len(read_csv(href)) for name, href in links.items()}
    for result in full_run.results:
        for name, table in result.tables.items():
            matching = [
                n for n in links if n.startswith(result.analysis) and n.endswith(f"-{name}.csv")
            ]
            assert len(table) in [sizes[n] for n in matching]


def test_states_are_told_by_words_and_signs_not_by_colour_alone(page):
    for badge in page.find("span", "badge"):
        assert badge.text in [str(s) for s in State]
        assert badge.find("svg")


def test_equal_runs_give_equal_bytes(full_run, full_page):
    assert render(source_of_run(full_run.folder)) == full_page


def test_a_single_result_makes_a_page():
    from cellglass.report.source import source_of_result

    page = read_page(render(source_of_result(recovery("trrust", State.FAIL))))
    assert "One set of scores was judged" in page.by_id("verdicts").text
    assert MODEL in page.text
