"""Figures as SVG inside the page: they follow its theme, and equal tables give equal bytes."""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from cellglass.errors import StudyError, nearest

if TYPE_CHECKING:
    import pandas as pd

    from cellglass.runs.result import FigureSpec

# Drawn in these, printed in the colours of the page: see report.css.
INK, PAPER = "#1c2024", "#fdfdfc"
THEME = {INK: "var(--ink)", PAPER: "var(--paper)"}
PHONE = 3.5  # inches

_SETTINGS = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",  # comes with matplotlib, wider than what browsers use
    "font.size": 9,
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": PAPER,
}


@dataclass(frozen=True)
class Drawing:
    """A figure in two layouts, of which the page shows one.

    Parameters
    ----------
    wide, narrow
        SVG elements for screens and print, and for phones.
    caption
        What to see.
    """

    wide: Markup
    narrow: Markup
    caption: str


def draw(figure: FigureSpec, table: pd.DataFrame, uid: str) -> Drawing:
    """Draw a figure for the page.

    Parameters
    ----------
    figure
        What to draw.
    table
        Its table.
    uid
        Prefix of all ids inside, unique in the page.

    Raises
    ------
    StudyError
        If `cellglass.pl` has no such function.
    """
    width, height = figure.size
    caption = figure.caption
    wide = _svg(figure, table, (width, height), f"{uid}w", "wide")
    # Labels of rows take their room from the drawing: on a phone a figure is as tall as it was
    # and laid out anew, not shrunk until nobody can read it.
    narrow = _svg(figure, table, (PHONE, max(height, 2.4)), f"{uid}n", "narrow")
    return Drawing(wide, narrow, caption)


def _svg(
    figure: FigureSpec, table: pd.DataFrame, size: tuple[float, float], uid: str, layout: str
) -> Markup:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from cellglass import pl

    if figure.function not in pl.__all__:
        raise StudyError(
            f"no figure '{figure.function}' in cellglass.pl",
            where=f"figure {figure.name}",
            fix=nearest(figure.function, pl.__all__),
        )
    with mpl.rc_context():
        mpl.rcdefaults()  # the reader's settings must not change the report's bytes
        mpl.rcParams.update({**_SETTINGS, "svg.hashsalt": "cellglass"})
        drawn = Figure(figsize=size, layout="constrained")
        axes = drawn.subplots()
        getattr(pl, figure.function)(table, ax=axes, **figure.options)
        target = io.BytesIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        drawn.savefig(target, format="svg", transparent=True, metadata=nothing)
    return Markup(_for_page(target.getvalue().decode(), uid, layout, figure.caption, size))


def _for_page(svg: str, uid: str, layout: str, caption: str, size: tuple[float, float]) -> str:
    """Take an SVG file apart and leave one element that lives inside a page."""
    svg = svg[svg.index("<svg") :]
    box = re.search(r'viewBox="([^"]+)"', svg)
    if box is None:
        raise ValueError("an SVG without a viewBox")
    body = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    # A style element inside an SVG holds for the whole page; report.css says the same.
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r" font-family: [^;\"]*;?", "", body)
    body = re.sub(r' transform="rotate\(-?0 [^"]*\)"', "", body)
    body = body.replace("xlink:href", "href")
    for drawn, themed in THEME.items():
        body = body.replace(drawn, themed)
    body = _round(_own_ids(body, uid))
    body = re.sub(r"\s*\n\s*", " ", body)
    title = f'<title id="{uid}-title">{html.escape(caption)}</title>'
    return (
        f'<svg class="figure {layout}" role="img" aria-labelledby="{uid}-title" '
        f'viewBox="{box[1]}" style="--drawn:{size[0]:g}in">{title}{body}</svg>'
    )


def _own_ids(body: str, uid: str) -> str:
    """Keep the ids that are referred to, and make them unique in the page."""
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', body))
    body = re.sub(r' id="([^"]*)"', lambda m: f' id="{uid}-{m[1]}"' if m[1] in used else "", body)
    return re.sub(r'(href="|url\()#', rf"\g<1>#{uid}-", body)


def _round(body: str) -> str:
    """Cut coordinates to hundredths of a point; nobody sees more, and the page stays small."""

    def cut(match: re.Match[str]) -> str:
        return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")

    def within(match: re.Match[str]) -> str:
        return match[1] + re.sub(r"-?\d+\.\d{3,}", cut, match[2]) + '"'

    return re.sub(r'( (?:d|x|y|transform)=")([^"]*)"', within, body)
