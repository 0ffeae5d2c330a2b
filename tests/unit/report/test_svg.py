"""Figures as SVG that lives inside a page."""

import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest

from cellglass.errors import StudyError
from cellglass.report.svg import draw
from cellglass.runs.result import FigureSpec

from .conftest import increments_table

SPEC = FigureSpec("inc", "increment_forest", "increments", 'A "gain" & <more>.', {"margin": 0.01})


def test_equal_tables_give_equal_bytes_whatever_the_readers_settings():
    first = draw(SPEC, increments_table(), "f0")
    with mpl.rc_context({"font.size": 22, "axes.grid": True, "svg.fonttype": "path"}):
        second = draw(SPEC, increments_table(), "f0")
    assert first == second


def test_a_figure_is_well_formed_text_with_a_title():
    drawn = draw(SPEC, increments_table(), "f0")
    for svg in (drawn.wide, drawn.narrow):
        root = ET.fromstring(svg)
        assert root.find("title").text == SPEC.caption
        texts = "".join(root.itertext())
        assert "layer 3" in texts  # letters, not outlines
        assert "<style" not in svg
        assert "http" not in svg.replace("http://www.w3.org", "")


def test_ids_are_unique_between_layouts_and_figures():
    drawn = [draw(SPEC, increments_table(), uid) for uid in ("f0", "f1")]
    ids = [i for d in drawn for s in (d.wide, d.narrow) for i in re.findall(r' id="([^"]+)"', s)]
    assert len(ids) == len(set(ids))
    for d in drawn:
        for svg in (d.wide, d.narrow):
            for used in re.findall(r'href="#([^"]+)"', svg):
                assert f' id="{used}"' in svg


def test_colours_follow_the_page():
    assert "var(--ink)" in draw(SPEC, increments_table(), "f0").wide


def test_an_unknown_figure_is_refused_with_the_nearest_name():
    with pytest.raises(StudyError, match="increment_forest"):
        draw(FigureSpec("x", "increment_forrest", "t", "c"), increments_table(), "f0")
