"""Writing a comparison: CSV and Parquet for machines, Markdown and HTML for readers."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

from cellglass._words import plural
from cellglass.errors import StudyError
from cellglass.report.numbers import interval, number
from cellglass.runs.folder import write_atomically
from cellglass.stats.parquet import write_parquet

from .comparing import AGREES, MEANING, Comparison, State, comparisons_table
from .published import Paper, PublishedTable
from .running import Reproduction

RUN, STEM = "run", "comparison"
COLUMNS = ("state", "what", "theirs", "ours", "difference", "why, or what to give", "source")
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem;
  color: #1c1c1c; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2.5rem }
table { border-collapse: collapse; width: 100%; table-layout: fixed }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem;
  border-bottom: 1px solid #ddd; overflow-wrap: anywhere }
th { box-sizing: border-box } th:nth-child(1) { width: 13% } th:nth-child(2) { width: 18% }
th:nth-child(3) { width: 11% } th:nth-child(4) { width: 14% } th:nth-child(5) { width: 9% }
th:nth-child(6) { width: 25% } th:nth-child(7) { width: 10% }
td:nth-child(1) { font-weight: 600 } td:nth-child(5) { white-space: nowrap }
td:nth-child(3), td:nth-child(4), td:nth-child(5) { font-variant-numeric: tabular-nums }
.note { color: #444 }
.reproduced { color: #11663d } .differs { color: #a3281d } .other { color: #7a5200 }
@media (max-width: 52rem) {
  thead { display: none }
  tr { display: block; border-bottom: 1px solid #999; padding: .5rem 0 }
  td { display: block; border: 0; padding: .1rem 0 }
  td:empty { display: none }
  td:nth-child(n + 3)::before { content: attr(data-label) ": "; color: #555 }
}
"""


def claim_folder(out: str | Path) -> Path:
    """Take a folder for a comparison: a new or an empty one, or that of an earlier comparison.

    Parameters
    ----------
    out
        The folder; made when missing.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    StudyError
        If it is a file, or holds something else: nothing is overwritten then.
    """
    folder = Path(out).expanduser()
    if folder.exists() and not folder.is_dir():
        raise StudyError("the output is a file", where=str(folder), expected="a folder")
    held = sorted(p.name for p in folder.iterdir()) if folder.exists() else []
    if held and not {RUN, f"{STEM}.csv"}.intersection(held):
        raise StudyError(
            f"the output folder is not empty and holds no comparison ({held[0]}, ...)",
            where=str(folder),
            expected="an empty folder, or that of an earlier comparison",
            fix="choose another folder with --out",
        )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_comparison(found: Reproduction, folder: Path) -> dict[str, Path]:
    """Write a comparison in four forms.

    Parameters
    ----------
    found
        What `reproduce` found.
    folder
        Where to; see `claim_folder`.

    Returns
    -------
    dict of str to pathlib.Path
        ``csv``, ``parquet``, ``md`` and ``html``: each appears whole or not at all.
    """
    paths = {ending: folder / f"{STEM}.{ending}" for ending in ("csv", "parquet", "md", "html")}
    table = comparisons_table(found.paper, found.comparisons)
    write_atomically(paths["csv"], table.to_csv(index=False))
    write_parquet(table, paths["parquet"], {})
    write_atomically(paths["md"], to_markdown(found))
    write_atomically(paths["html"], to_html(found))
    return paths


def what_of(paper: Paper, comparison: Comparison) -> str:
    """What was measured; in which data, where the table has several.

    Parameters
    ----------
    paper, comparison
        The comparison.

    Returns
    -------
    str
    """
    row = comparison.row
    several = len({r.data for r in comparison.table.rows}) > 1
    return f"{row.what}, {paper.input(row.data).name}" if several and row.data else row.what


def cells_of(paper: Paper, comparison: Comparison) -> tuple[str, ...]:
    """One comparison as the text of its columns; see `COLUMNS`.

    Parameters
    ----------
    paper, comparison
        The comparison.

    Returns
    -------
    tuple of str
    """
    row, ours = comparison.row, comparison.ours
    why = [*comparison.reasons, *comparison.get]
    if comparison.agreement and comparison.state in AGREES:
        why.insert(0, comparison.agreement)
    return (
        str(comparison.state),
        what_of(paper, comparison) + (f" ({row.metric})" if row.metric else ""),
        row.shown + (" (own check)" if row.own_check else ""),
        ours_shown(comparison) + (f" ({ours.subject})" if ours.found and ours.subject else ""),
        difference_shown(comparison),
        "; ".join(why),
        ", ".join(t for t in (row.unit, row.source) if t),
    )


def ours_shown(comparison: Comparison) -> str:
    """Our number with its interval; empty where there is none.

    Parameters
    ----------
    comparison
        The comparison.

    Returns
    -------
    str
    """
    ours = comparison.ours
    if not ours.found:
        return ""
    return _whole(comparison, ours.value) or interval(ours.value, ours.low, ours.high)


def difference_shown(comparison: Comparison) -> str:
    """Ours minus theirs; empty where there is no number of ours.

    Parameters
    ----------
    comparison
        The comparison.

    Returns
    -------
    str
    """
    if not comparison.ours.found:
        return ""
    value = round(comparison.difference, 12)  # the noise of floating point is no difference
    return _whole(comparison, value) or number(value, 4 if abs(value) >= 5e-5 else None)


def _whole(comparison: Comparison, value: float) -> str:
    """A count as a count; empty where the published number is none."""
    is_count = comparison.row.metric.startswith(("count", "folds", "regulators"))
    return number(int(value)) if is_count and value == int(value) else ""


def summary_line(found: Reproduction) -> str:
    """How many comparisons have each state, as sentences; own checks are counted apart.

    Parameters
    ----------
    found
        What `reproduce` found.

    Returns
    -------
    str
    """
    own = [c for c in found.comparisons if c.row.own_check]
    n = len(found.comparisons) - len(own)
    whom = " with the paper" if own else ""
    told = f"{n:,} {plural('comparison', n)}{whom}: {_counted(found.comparisons, False)}."
    if not own:
        return told
    checks = f"{len(own):,} own {plural('check', len(own))}, no numbers of the paper"
    return f"{told} {checks}: {_counted(own, True)}."


def _counted(comparisons: Sequence[Comparison], own: bool) -> str:
    states = [c.state for c in comparisons if c.row.own_check is own]
    return ", ".join(f"{states.count(s)} {s}" for s in State if s in states) or "none"


def to_markdown(found: Reproduction) -> str:
    """A comparison as Markdown.

    Parameters
    ----------
    found
        What `reproduce` found.

    Returns
    -------
    str
    """
    lines = [f"# {found.paper.title}", "", found.paper.citation, "", summary_line(found), ""]
    lines += [f"- {state}: {meaning}" for state, meaning in MEANING.items()]
    for table, comparisons in by_table(found):
        lines += ["", f"## {table.id}: {table.title}", ""]
        lines += [table.note, ""] if table.note else []
        lines += ["| " + " | ".join(COLUMNS) + " |", "| --- " * len(COLUMNS) + "|"]
        lines += [
            "| " + " | ".join(c.replace("|", "\\|") for c in cells_of(found.paper, one)) + " |"
            for one in comparisons
        ]
    return "\n".join(lines) + "\n"


def to_html(found: Reproduction) -> str:
    """A comparison as one page of HTML that opens offline.

    Parameters
    ----------
    found
        What `reproduce` found.

    Returns
    -------
    str
    """
    esc = html.escape
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{esc(found.paper.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{esc(found.paper.title)}</h1><p>{esc(found.paper.citation)}</p>",
        f"<p>{esc(summary_line(found))}</p><ul>",
        *(f"<li><b>{esc(str(s))}</b>: {esc(m)}</li>" for s, m in MEANING.items()),
        "</ul>",
    ]
    for table, comparisons in by_table(found):
        parts.append(f"<h2 id='{esc(table.id)}'>{esc(table.title)}</h2>")
        parts.append(f"<p class='note'>{esc(table.note)}</p>" if table.note else "")
        head = "".join(f"<th>{esc(c)}</th>" for c in COLUMNS)
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>")
        parts += [_html_row(found.paper, one) for one in comparisons]
        parts.append("</tbody></table>")
    return "\n".join([*parts, "</body></html>", ""])


def by_table(found: Reproduction) -> Iterable[tuple[PublishedTable, Sequence[Comparison]]]:
    """Comparisons by table.

    Parameters
    ----------
    found
        What `reproduce` found.

    Yields
    ------
    PublishedTable, sequence of Comparison
    """
    for table in found.tables:
        yield table, [c for c in found.comparisons if c.table is table]


def _html_row(paper: Paper, comparison: Comparison) -> str:
    """One row; on a narrow screen each cell stands on its own and says what it is."""
    state = str(comparison.state).partition(" ")[0].lower()
    cells = zip(COLUMNS, cells_of(paper, comparison), strict=True)
    parts = [
        f"<td data-label='{html.escape(label)}'{f' class={state}' if place == 0 else ''}>"
        f"{html.escape(text)}</td>"
        for place, (label, text) in enumerate(cells)
    ]
    return f"<tr>{''.join(parts)}</tr>"
