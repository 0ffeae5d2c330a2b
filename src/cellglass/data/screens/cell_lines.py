"""Cell lines of a screen: what the file says, what the user says, and which cells that means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.data.screens.metadata import column_named, text_of
from cellglass.data.strata import MISSING
from cellglass.errors import InputError

if TYPE_CHECKING:
    from anndata import AnnData

_LINE_COLUMNS = ("cell_line", "cell line", "cellline", "line")
_TYPE_COLUMNS = ("cell_type", "celltype", "cell type")
SHORT = 3  # letters below which a name in another means nothing


@dataclass(frozen=True, eq=False)
class CellLines:
    """What a file says of the lines of its cells.

    Parameters
    ----------
    column
        Column of cell lines, or of cell types where there is none; empty where there is neither.
    is_line
        Whether it is a column of lines.
    values
        Line of each cell, shape (n_obs,); empty where it is not told.
    sizes
        Cells in use of each line.
    """

    column: str
    is_line: bool
    values: NDArray[np.str_]
    sizes: dict[str, int]

    @property
    def told(self) -> str:
        """Lines and their cells, in words."""
        return ", ".join(f"{n} ({k:,} cells)" for n, k in self.sizes.items())

    def chosen(self, stated: str) -> str:
        """The one line that a statement names, or is a part of: RPE1 of hTERT-RPE1; else empty."""
        name = _plain(stated)
        plain = {n: _plain(n) for n in self.sizes}
        exact = [n for n, p in plain.items() if p == name]
        part = [n for n, p in plain.items() if name in p and len(name) >= SHORT]
        return exact[0] if exact else part[0] if len(part) == 1 else ""

    def named(self, stated: str) -> list[str]:
        """Lines that a statement names among other words: ``"A172 and T98G"``."""
        name = _plain(stated)
        return [n for n in self.sizes if len(_plain(n)) >= SHORT and _plain(n) in name]


def cell_lines(adata: AnnData, cells: NDArray[np.bool_]) -> CellLines:
    """Find which cells are of which line.

    Parameters
    ----------
    adata
        The data set.
    cells
        Cells in use, shape (n_obs,).

    Returns
    -------
    CellLines
    """
    for candidates in (_LINE_COLUMNS, _TYPE_COLUMNS):
        column = column_named(adata.obs, candidates)
        if not column:
            continue
        values = text_of(adata.obs[column])
        values[np.isin(np.char.lower(values), list(MISSING))] = ""
        names, sizes = np.unique(values[cells & (values != "")], return_counts=True)
        if len(names):
            found = {str(n): int(k) for n, k in zip(names, sizes, strict=True)}
            return CellLines(column, candidates is _LINE_COLUMNS, values, found)
    return CellLines("", False, np.full(adata.n_obs, ""), {})


def choose_line(
    adata: AnnData, cells: NDArray[np.bool_], stated: str | None
) -> tuple[str, NDArray[np.bool_], list[str]]:
    """Choose the cell line.

    Parameters
    ----------
    adata
        The data set.
    cells
        Cells in use, shape (n_obs,).
    stated
        What the user says: one of the lines to take its cells only, or all of them to take them
        together (of types, another name does that too); None where the file alone speaks.

    Returns
    -------
    str, numpy.ndarray, list of str
        The line, empty where nobody states it; which cells are of it; what a reader should know.

    Raises
    ------
    InputError
        If the file names several lines and none was chosen, or another or some were stated.

    Examples
    --------
    >>> import anndata
    >>> import pandas as pd
    >>> obs = pd.DataFrame({"cell_line": ["K562", "RPE1"]}, index=["a", "b"])
    >>> cells = anndata.AnnData(np.ones((2, 1), "float32"), obs=obs)
    >>> choose_line(cells, np.ones(2, bool), "K562")[1]
    array([ True, False])
    """
    lines = cell_lines(adata, cells)
    everybody = np.ones(adata.n_obs, dtype=bool)
    found = list(lines.sizes)
    if stated is None:
        if len(found) > 1:
            raise InputError(
                f"'{lines.column}' names {len(found)} cell lines or types: {lines.told}",
                where="cell_line",
                expected="one, because lines differ more than perturbations do",
                fix=f"choose one, for example cell_line: {_yaml(found[0])}; or name all of them, "
                f"to take them together on purpose, cell_line: {_yaml(', '.join(found))}",
            )
        return (found[0] if found else ""), everybody, []
    one, named = lines.chosen(stated), lines.named(stated)
    if one and len(found) > 1:
        note = f"only cells of {one} were taken; '{lines.column}' names {lines.told}"
        return stated, lines.values == one, [note]
    if not found or one or (len(found) == 1 and named):
        return stated, everybody, []
    words = f"the cell line was stated as {stated}; '{lines.column}' names {lines.told}"
    if named != found and (lines.is_line or named):
        raise InputError(
            words, where="cell_line",
            expected="one of these, or all of them",
            fix="leave cell_line out where there is one, choose some with where={...}, or correct "
            "the file's metadata",
        )  # fmt: skip
    if len(found) > 1:
        words = f"cells of several lines or types were taken together: {lines.told}"
    return stated, everybody, [words]


def _yaml(name: str) -> str:
    """A name as it is to stand in study.yaml, with quotes where YAML needs them."""
    import yaml

    return str(yaml.safe_dump(name, width=10_000, allow_unicode=True)).partition("\n")[0]


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
