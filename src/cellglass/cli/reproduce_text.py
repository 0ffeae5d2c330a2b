"""What `cellglass reproduce` prints: papers, tables, rows, comparisons."""

from __future__ import annotations

import itertools
import shutil
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from cellglass._words import plural

from .console import wrapped

if TYPE_CHECKING:
    from cellglass.reproduce import Comparison, Paper, PublishedTable, Reproduction

COLUMN = 15  # width of the states, as in the list of verdicts
COLOURS = {
    "REPRODUCED": "green", "DIFFERS": "red", "CHECK DIFFERS": "red", "OTHER INPUTS": "yellow",
}  # fmt: skip
NAMED = 3  # rows that are named before they are counted
NAME, NARROW = 21, 60  # width of the names of tables; terminals that have no room for a column
UNITS = 5  # units that are named before they are counted
NEEDS = {
    "subject": "model or edges", "model": "model", "models": "two models", "cells": "cells",
    "strata": "strata",
    "screen": "screen", "screens": "screens", "network": "network", "gene_sets": "gene sets",
}  # fmt: skip
GROUPS = {
    "inputs": "From your model and data",
    "computed": "Computed here, nothing is needed",
    "later": "Not in this version",
    "record": "For the record",
}


def show_papers(papers: Sequence[Paper]) -> None:
    """Print all papers with their tables."""
    for paper in papers:
        show_tables(paper)
        typer.echo("")
    wrapped("cellglass reproduce list PAPER --table TABLE shows the numbers of a table, "
            "cellglass reproduce PAPER computes what the inputs at hand allow.")  # fmt: skip


def show_tables(paper: Paper) -> None:
    """Print a paper with its tables, by what it takes to compute them."""
    n = sum(len(t.rows) for t in paper.tables)
    _heading(paper.id)
    wrapped(f"{paper.title}: {plural_count(len(paper.tables), 'table')}, {n} numbers", "  ")
    wrapped(paper.citation, "  ")
    groups: dict[str, list[PublishedTable]] = {}
    for table in paper.tables:
        groups.setdefault(_group(paper, table), []).append(table)
    for heading in sorted(groups, key=list(GROUPS).index):
        typer.echo(f"\n  {GROUPS[heading]}")
        for table in groups[heading]:
            _show_line(table)


def _group(paper: Paper, table: PublishedTable) -> str:
    from cellglass.reproduce.given import why_later

    if table.compute:
        return "computed"
    if any(r.select and not why_later(r, paper) for r in table.rows):
        return "inputs"
    return "later" if any(why_later(r, paper) for r in table.rows) else "record"


def _show_line(table: PublishedTable) -> None:
    """One table: its name in a column of its own, then title, size, units and needs."""
    needs = dict.fromkeys(k for r in table.rows if not r.later for k in r.needs)
    words = [NEEDS[k] for k in needs if not (k == "subject" and "model" in needs)]
    units = list(table.units)
    if len(units) > UNITS:
        units[UNITS:] = [f"{len(units) - UNITS} more"]
    about = [plural_count(len(table.rows), "number"), ", ".join(units), " + ".join(words)]
    text = f"{table.title} ({'; '.join(filter(None, about))})"
    if shutil.get_terminal_size().columns < NARROW:
        wrapped(f"{table.id}: {text}", "  ", "      ")
    else:
        wrapped(text, f"  {table.id:{NAME}s} ", " " * (NAME + 3))


def plural_count(n: int, word: str) -> str:
    """A count with its word.

    Examples
    --------
    >>> plural_count(1, "number"), plural_count(3, "number")
    ('1 number', '3 numbers')
    """
    return f"{n:,} {plural(word, n)}"


def show_table(paper: Paper, table: PublishedTable) -> None:
    """Print the rows of a table with all that is known of each."""
    from cellglass.reproduce.given import why_later
    from cellglass.reproduce.published import GRADES
    from cellglass.reproduce.rows import inputs_of

    _heading(f"{table.id}  {table.title}")
    if table.note:
        wrapped(table.note, "  ")
    wanted: dict[str, None] = {}
    for row in table.rows:
        inputs = inputs_of(paper, row)
        typer.echo("")
        wrapped(f"{typer.style(row.shown, bold=True)}  {row.what}", "  ", "      ")
        told = [row.metric, f"n = {row.n:,} {row.n_unit}s" if row.n and row.n_unit else "",
                f"p {row.p}" if row.p else ""]  # fmt: skip
        whose = [inputs["model"], inputs["data"], inputs["references"]]
        gives = why_later(row, paper) or row.apart or row.analysis or "computed without a model"
        for line in (
            ", ".join(filter(None, told)),
            "; ".join(filter(None, whose)),
            "; ".join(filter(None, [row.unit, row.source, row.specification])),
            f"own check: {GRADES[row.grade]}" if row.own_check else "",
            f"ours: {gives}",
            f"known defect: {row.defect}" if row.defect else "",
        ):
            if line:
                wrapped(line, "      ")
        keys = [k for k in (row.model, row.data, *row.references) if k]
        wanted |= dict.fromkeys(f"{paper.input(k).name}: {paper.input(k).where}" for k in keys)
    if wanted:
        _heading("  Inputs", before=True)
        for line in wanted:
            wrapped(line, "  ", "      ")


def show_reproduction(found: Reproduction) -> None:
    """Print comparisons by table, then what is missing and where to get it."""
    from cellglass.reproduce.writing import by_table, summary_line

    _heading(found.paper.title)
    wrapped(found.paper.citation)
    for table, comparisons in by_table(found):
        shown = [c for c in comparisons if c.ours.found]
        if shown:
            _show_compared(found.paper, table, shown)
            _show_untold(c for c in comparisons if not c.ours.found and not c.get)
    _show_missing(found)
    _heading(f"{summary_line(found)}", before=True)


def _show_compared(paper: Paper, table: PublishedTable, shown: Sequence[Comparison]) -> None:
    """Numbers with letters that stand for the reasons below them."""
    from cellglass.reproduce.comparing import AGREES
    from cellglass.reproduce.writing import difference_shown, ours_shown, what_of

    _heading(f"{table.id}: {table.title}", before=True)
    if table.note:
        wrapped(table.note, "  ")
    reasons = dict.fromkeys(r for c in shown for r in c.reasons)
    everywhere = [r for r in reasons if len(shown) > 1 and all(r in c.reasons for c in shown)]
    marks = dict(zip((r for r in reasons if r not in everywhere), _letters(), strict=False))
    apart = [k for k in shown[0].ours.label if len({c.ours.label.get(k) for c in shown}) > 1]
    for one in shown:
        state = str(one.state)
        label = typer.style(f"{state:{COLUMN}s}", fg=COLOURS.get(state), bold=True)
        whose = ", ".join(one.ours.label[k] for k in apart if k in one.ours.label)
        how = f" ({one.agreement})" if one.agreement and one.state in AGREES else ""
        whom = "own check" if one.row.own_check else "theirs"
        letters = ",".join(sorted((marks[r] for r in one.reasons if r in marks), key=_order))
        wrapped(what_of(paper, one), f"  {label}", " " * (COLUMN + 2))
        wrapped(
            f"{whom} {one.row.shown}, ours {ours_shown(one)}{f' ({whose})' if whose else ''}, "
            f"difference {difference_shown(one)}{how}{f'  [{letters}]' if letters else ''}",
            " " * (COLUMN + 2),
        )
    same = [v for k, v in shown[0].ours.label.items() if k not in apart]
    if same:
        wrapped(f"ours: {', '.join(same)}", "  ", "    ")
    _show_reasons(everywhere, marks)


def _show_reasons(everywhere: Sequence[str], marks: Mapping[str, str]) -> None:
    """Each reason once: those of all numbers first."""
    if everywhere or marks:
        wrapped("Likely reasons, and what is known of theirs", "  ")
    for reason in everywhere:
        wrapped(reason, "    all  ", "         ")
    for reason, letter in marks.items():
        wrapped(reason, f"    {letter:4s} ", "         ")


def _order(letters: str) -> tuple[int, str]:
    return len(letters), letters


def _letters() -> Iterator[str]:
    """Letters a to z, then aa, ab and so on."""
    for size in itertools.count(1):
        for letters in itertools.product(string.ascii_lowercase, repeat=size):
            yield "".join(letters)


def _show_untold(comparisons: Iterable[Comparison]) -> None:
    """Numbers that no analysis gives here, by reason."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for one in comparisons:
        grouped.setdefault((str(one.state), "; ".join(one.reasons)), []).append(one.row.what)
    for (state, why), rows in grouped.items():
        label = typer.style(f"{state:{COLUMN}s}", fg="bright_black", bold=True)
        wrapped(f"{_named(rows)}: {why}", f"  {label}", " " * (COLUMN + 2))


def _heading(text: str, *, before: bool = False) -> None:
    """A line that stands out, after an empty one if asked for."""
    if before:
        typer.echo("")
    wrapped(typer.style(text, bold=True))


def _named(rows: Sequence[str]) -> str:
    names = list(dict.fromkeys(rows))
    return "; ".join(names) if len(names) <= NAMED else plural_count(len(rows), "number")


def _show_missing(found: Reproduction) -> None:
    """What did not run: tables by reason, then each input once with where to get it."""
    reasons: dict[str, dict[str, int]] = {}
    inputs: dict[str, dict[str, None]] = {}
    shown = {c.table.id for c in found.comparisons if c.ours.found}
    for one in found.comparisons:
        if one.ours.found or (one.table.id in shown and not one.get):
            continue
        why = f"{one.state}: {'; '.join(one.reasons)}"
        tables = reasons.setdefault(why, {})
        tables[one.table.id] = tables.get(one.table.id, 0) + 1
        for line in one.get:
            inputs.setdefault(line, {})[one.table.id] = None
    if reasons:
        _heading("Without a number of ours", before=True)
    none_given = [why for why in reasons if why.startswith("NOT APPLICABLE")]
    if len(none_given) > NAMED:
        n = sum(sum(reasons.pop(why).values()) for why in none_given)
        reasons[f"NOT APPLICABLE: {plural_count(n, 'number')}, each with its reason in the "
                "comparison that is written"] = {}  # fmt: skip
    for why, tables in reasons.items():
        counts = ", ".join(f"{name} ({n})" for name, n in tables.items())
        wrapped(f"{why}. {counts}".strip(), "  ", "      ")
    _show_inputs(inputs)


def _show_inputs(inputs: Mapping[str, Mapping[str, None]]) -> None:
    if inputs:
        _heading("What to give, and where to get it", before=True)
    for line, tables in inputs.items():
        few = list(tables)[:NAMED]
        more = f" and {len(tables) - NAMED} more" if len(tables) > NAMED else ""
        wrapped(f"{line} (for {', '.join(few)}{more})", "  ", "      ")
