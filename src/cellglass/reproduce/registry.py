"""Papers that `cellglass reproduce` knows: those of the package, and those of others."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import replace
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

from cellglass.errors import InputError, StudyError, nearest

from .published import Paper, PublishedTable
from .reading import PAPER, read_paper

ENTRY_POINTS = "cellglass.published"


@functools.cache
def papers() -> dict[str, Paper]:
    """All papers at hand.

    Returns
    -------
    dict of str to Paper
        By their names: those of the package, then those of others.

    Raises
    ------
    InputError
        If the data of a paper cannot be read, or two papers share a name.

    Notes
    -----
    Other packages add papers by entry points of the group ``cellglass.published``; each resolves
    to the path of a folder as `read_paper` takes it.

    Examples
    --------
    >>> list(papers())[:3]
    ['edges', 'concepts', 'geometry']
    """
    own = Path(str(files("cellglass.reproduce"))) / "papers"
    folders = [own / name for name in ("edges", "concepts", "geometry")]
    folders += [Path(str(e.load())) for e in sorted(entry_points(group=ENTRY_POINTS))]
    found: dict[str, Paper] = {}
    for folder in folders:
        paper = read_paper(folder)
        if paper.id in found:
            raise InputError(f"two papers are called '{paper.id}'", where=str(folder / PAPER))
        found[paper.id] = paper
    return found


def find_paper(name: str) -> Paper:
    """Find a paper by its name or another name of it.

    Raises
    ------
    StudyError
        If there is none; near names are told.

    Examples
    --------
    >>> find_paper("A").id
    'edges'
    """
    known = papers()
    hits = [p for p in known.values() if name.lower() in {n.lower() for n in (p.id, *p.aliases)}]
    if not hits:
        raise StudyError(
            f"no paper '{name}'",
            fix=f"{nearest(name, known)}; cellglass reproduce list shows them",
        )
    return hits[0]


def find_tables(paper: Paper, names: Iterable[str]) -> tuple[PublishedTable, ...]:
    """Find tables of a paper by their names, or the rows of a unit.

    Parameters
    ----------
    paper
        The paper.
    names
        Names of tables, or units such as ``"A36"``; all tables where there are none.

    Returns
    -------
    tuple of PublishedTable
        In the paper's order; of a unit, all tables that hold it, with the rows of that unit only.

    Raises
    ------
    StudyError
        If there is no such table; near names are told.

    Examples
    --------
    >>> [t.id for t in find_tables(find_paper("edges"), ["A32"])]
    ['response-grid']
    """
    asked = list(names)
    for name in asked:
        if not _holds(paper, name):
            raise StudyError(
                f"no table '{name}' of {paper.id}",
                fix=f"{nearest(name, paper.by_id)}; cellglass reproduce list {paper.id} shows them",
            )
    return _chosen(paper, asked) if asked else paper.tables


def find_in_all(names: Iterable[str]) -> list[tuple[Paper, tuple[PublishedTable, ...]]]:
    """Find tables by their names, or the rows of a unit, in all papers.

    Parameters
    ----------
    names
        As `find_tables` takes them; all tables where there are none.

    Returns
    -------
    list of (Paper, tuple of PublishedTable)
        Papers that hold any of them.

    Raises
    ------
    StudyError
        If no paper holds one of the names; near names are told.

    Examples
    --------
    >>> [(paper.id, [t.id for t in tables]) for paper, tables in find_in_all(["A32"])]
    [('edges', ['response-grid'])]
    """
    asked, known = list(names), papers().values()
    for name in asked:
        if not any(_holds(paper, name) for paper in known):
            tables = [t.id for paper in known for t in paper.tables]
            raise StudyError(
                f"no table '{name}'", fix=f"{nearest(name, tables)}; cellglass reproduce list"
            )
    found = [(paper, _chosen(paper, asked) if asked else paper.tables) for paper in known]
    return [(paper, tables) for paper, tables in found if tables]


def _holds(paper: Paper, name: str) -> bool:
    return name in paper.by_id or any(name.upper() in t.units for t in paper.tables)


def _chosen(paper: Paper, names: list[str]) -> tuple[PublishedTable, ...]:
    """Tables that are named, whole; of others the rows of the units that are named."""
    units = {name.upper() for name in names}
    found = []
    for table in paper.tables:
        rows = tuple(r for r in table.rows if table.id in names or r.unit in units)
        if rows:
            found.append(table if len(rows) == len(table.rows) else replace(table, rows=rows))
    return tuple(found)
