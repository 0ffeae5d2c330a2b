"""What a screen's file tells `cellglass init`, and what only its user can say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cellglass.data.screens import Screen
    from cellglass.errors import InputError

REPLICATE_NAMES = (
    "replicate", "bio_rep", "biorep", "bio_replicate", "biological_replicate", "rep", "repl",
    "donor", "donor_id",
)  # fmt: skip


@dataclass(frozen=True)
class FoundScreen:
    """A screen as `cellglass init` writes it.

    Parameters
    ----------
    path
        The file.
    entry
        What is known of it, by the keys of `ScreenConfig`.
    todo
        What its user must or should say, one sentence each.
    is_table
        Whether it is a table of fold changes, without cells.
    controls
        Which cells of the file are controls; None where that could not be told.
    line_column
        Column of cell lines or types, empty where there is none: cells are of one line, so that
        it makes no strata.
    pooled
        What is to be said of the number of controls, empty where nothing is.
    """

    path: Path
    entry: dict[str, Any]
    todo: tuple[str, ...] = ()
    is_table: bool = False
    controls: NDArray[np.bool_] | None = None
    line_column: str = ""
    pooled: str = ""


def find_screen(path: Path) -> FoundScreen:
    """Read what a file tells of a screen; where it needs a choice, that is said and left to make.

    Parameters
    ----------
    path
        An .h5ad file, or a table of fold changes.

    Returns
    -------
    FoundScreen
        With what could be recognised, even where the file cannot be used before a choice.
    """
    from cellglass.data.screens import is_fold_changes, open_screen, read_fold_changes
    from cellglass.errors import InputError

    if is_fold_changes(path):
        read_fold_changes(path)
        return FoundScreen(path, {"path": str(path)}, is_table=True)
    try:
        return _described(path, open_screen(path), ())
    except InputError as error:
        refused = error
    lines = _lines(path)
    if len(lines) > 1:
        try:
            # All lines together, only to recognise what does not depend on the choice.
            together = open_screen(path, cell_line=", ".join(lines))
            return _described(path, together, lines, _told(refused))
        except InputError as error:
            refused = error
    return FoundScreen(path, {"path": str(path)}, (_told(refused),))


def _lines(path: Path) -> tuple[str, ...]:
    """Cell lines that a file names, of all its cells."""
    from cellglass.data import open_cells
    from cellglass.data.screens.cell_lines import cell_lines

    adata = open_cells(path)
    return tuple(cell_lines(adata, np.ones(adata.n_obs, dtype=bool)).sizes)


def _described(path: Path, screen: Screen, lines: tuple[str, ...], *todo: str) -> FoundScreen:
    """Entry of a screen that could be opened; of several lines where it takes a choice."""
    from cellglass._words import listed
    from cellglass.data import open_cells
    from cellglass.data.screens.cell_lines import cell_lines
    from cellglass.data.screens.metadata import MODALITIES, column_named

    adata = open_cells(path)
    found = cell_lines(adata, screen.label >= 0)
    controls = list(screen.report.controls)
    if lines:  # whatever line is chosen, its cells must have these labels
        place = {entry.text: i for i, entry in enumerate(screen.labels)}
        controls = [
            c for c in controls
            if len(set(found.values[screen.label == place[c]]).intersection(lines)) == len(lines)
        ]  # fmt: skip
    line = "" if lines else screen.cell_line
    replicate = column_named(adata.obs, REPLICATE_NAMES)
    if replicate and adata.obs[replicate][screen.control].nunique() < 2:
        replicate = ""
    unsaid = []
    if screen.modality is None:
        unsaid.append(f"modality: ({listed(MODALITIES, 'or')})")
    if not (line or lines):
        unsaid.append("cell_line: (its name)")
    if unsaid:
        named = " nor ".join(u.partition(":")[0] for u in unsaid)
        either = "neither " if len(unsaid) > 1 else "no "
        todo += (f"the file states {either}{named}: set {' and '.join(unsaid)}",)
    entry = {
        "path": str(path),
        "perturbation": screen.report.perturbation,
        "control": controls[0] if len(controls) == 1 else controls or None,
        "modality": screen.modality,
        "cell_line": line or None,
        "replicate": replicate or None,
    }
    pooled = f", all {len(lines)} lines together" if lines else ""
    return FoundScreen(path, entry, todo, False, screen.control, found.column, pooled)


def _told(error: InputError) -> str:
    """An error as one sentence that needs no file's name."""
    what = f"{error.found}; expected: {error.expected}" if error.expected else error.found
    return f"{what}; what to do: {error.fix}" if error.fix else what
