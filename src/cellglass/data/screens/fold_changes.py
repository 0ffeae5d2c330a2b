"""Published fold changes as a screen: genes x perturbations, without cells and without tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data.screens.labels import parse_label
from cellglass.data.strata import MISSING
from cellglass.data.tables import find_column, read_table
from cellglass.errors import InputError

SYMBOLS = ("symbol", "gene_symbol", "gene_name", "gene", "genesymbol", "name")
IDS = ("ensembl_id", "ensembl", "gene_id", "ensembl_gene_id", "id")


@dataclass(frozen=True, eq=False)
class FoldChanges:
    """Differences of genes under perturbations, in natural logarithms.

    Attributes
    ----------
    name
        What the report calls the screen.
    genes
        Symbols, each once.
    perturbations, targets
        Names of the columns, and the perturbed genes of each.
    values
        Natural logarithm of the fold change, perturbations x genes; nan where not measured.
    notes
        What reading the file did.

    Examples
    --------
    See `read_fold_changes`.
    """

    name: str
    genes: tuple[str, ...] = field(repr=False)
    perturbations: tuple[str, ...]
    targets: tuple[tuple[str, ...], ...] = field(repr=False)
    values: NDArray[np.float64] = field(repr=False)
    notes: tuple[str, ...] = ()


def is_fold_changes(path: str | Path) -> bool:
    """Whether a file is a table of fold changes rather than cells, by its suffixes.

    Examples
    --------
    >>> is_fold_changes("kd.tsv.gz"), is_fold_changes("cells.h5ad")
    (True, False)
    """
    suffixes = [s.lower() for s in Path(path).suffixes]
    return bool({".tsv", ".csv", ".txt", ".parquet"} & set(suffixes[-2:]))


def read_fold_changes(path: str | Path, *, name: str | None = None) -> FoldChanges:
    r"""Read a table of log2 fold changes: one row a gene, one column a perturbation.

    Parameters
    ----------
    path
        TSV, CSV or Parquet, compressed or not, with a column of symbols; every other column of
        numbers is a perturbation named by the perturbed gene.
    name
        What to call it; the file's name by default.

    Returns
    -------
    FoldChanges
        Converted to natural logarithms. Of rows that share a symbol the first is kept.

    Raises
    ------
    InputError
        If there is no column of symbols, no column of numbers, or a value is infinite.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder) / "kd.csv"
    ...     _ = table.write_text("symbol,PAK2,RIPK1\nPAK2,-2,0\nCD3E,1,0.5\n")
    ...     found = read_fold_changes(table)
    >>> found.perturbations, found.values.round(2).tolist()
    (('PAK2', 'RIPK1'), [[-1.39, 0.69], [0.0, 0.35]])
    """
    path = Path(path)
    frame = read_table(path)
    symbols = find_column(frame, SYMBOLS)
    if symbols is None:
        raise InputError(
            f"no column of gene symbols among {', '.join(map(str, frame.columns[:6]))}",
            where=str(path),
            expected="a column called symbol or gene_symbol",
        )
    ids = find_column(frame, IDS)
    rest = frame.drop(columns=[c for c in (symbols, ids) if c is not None])
    numbers = rest.apply(pd.to_numeric, errors="coerce")
    columns = [c for c in rest.columns if numbers[c].notna().any()]
    if not columns:
        raise InputError("no column holds numbers", where=str(path), expected="log2 fold changes")
    for column in columns:
        text = rest[column].astype(str).str.strip().str.lower()
        wrong = numbers[column].isna() & ~text.isin(MISSING)
        if wrong.any():
            raise InputError(
                f"column '{column}' holds '{rest[column][wrong].iloc[0]}' among its numbers",
                where=str(path),
                expected="log2 fold changes, empty or NA where not measured",
            )
    if np.isinf(numbers[columns].to_numpy(float)).any():
        raise InputError("a fold change is infinite", where=str(path), expected="finite or missing")
    names = frame[symbols].astype(str)
    keep = (~names.duplicated() & (names.str.strip() != "")).to_numpy()
    dropped = int((~keep).sum())
    notes = ["log2 fold changes were read as such and turned into natural logarithms"]
    if dropped:
        notes.append(f"{dropped:,} rows without a symbol, or with one that stood before, left out")
    return FoldChanges(
        name or path.name.split(".")[0],
        tuple(names[keep]),
        tuple(map(str, columns)),
        tuple(parse_label(str(c)).genes or (str(c),) for c in columns),
        numbers[columns].to_numpy(float)[keep].T * np.log(2.0),
        tuple(notes),
    )
