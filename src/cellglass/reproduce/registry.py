"""Papers that `cellglass reproduce` knows: those of the package, and those of others."""

from __future__ import annotations

import functools
from collections.abc import Iterable
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
    """Find tables of a paper by their names, or by units that they hold.

    Parameters
    ----------
    paper
        The paper.
    names
        Names of tables, or units such as ``"A36"``; all tables where there are none.

    Returns
    -------
    tuple of PublishedTable
        In the paper's order; of a unit, all tables that hold it.

    Raises
    ------
    StudyError
        If there is no such table; near names are told.

    Examples
    --------
    >>> [t.id for t in find_tables(find_paper("edges"), ["A32"])]
    ['response-grid']
    """
    wanted: set[str] = set()
    for name in names:
        hits = {t.id for t in paper.tables if name == t.id or name.upper() in t.units}
        if not hits:
            raise StudyError(
                f"no table '{name}' of {paper.id}",
                fix=f"{nearest(name, paper.by_id)}; cellglass reproduce list {paper.id} shows them",
            )
        wanted |= hits
    return tuple(t for t in paper.tables if t.id in wanted or not wanted)
