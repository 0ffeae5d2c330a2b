"""Published fold changes as a screen: genes x perturbations, without cells and without tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.data.identifiers import guess_identifier
from cellglass.data.screens.labels import PerturbationLabel, parse_labels
from cellglass.data.strata import MISSING
from cellglass.data.tables import find_column, read_table
from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SYMBOLS = ("symbol", "gene_symbol", "gene_name", "gene", "genesymbol", "name")
# Columns of tables of one comparison, which name what they hold instead of a perturbation.
STATISTICS = frozenset({
    "basemean", "log2foldchange", "logfoldchange", "logfoldchanges", "lfcse", "stat", "pvalue",
    "p_value", "pval", "p_val", "p_val_adj", "pvals", "pvals_adj", "padj", "p_adj", "adj_p_value",
    "qvalue", "fdr", "logfc", "log2fc", "lfc", "avg_log2fc", "avg_logfc", "logcpm", "aveexpr",
    "pct.1", "pct.2", "scores", "n_cells",
})  # fmt: skip
ONE_COLUMN = (
    "keep the symbols and the fold changes, one column a perturbation, named by the perturbed gene"
)
LARGEST = 50.0  # a factor of 10^15
NAMED = 6
PACKED = (".gz", ".bz2", ".xz", ".zip")
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
    last = suffixes[-2:-1] if suffixes and suffixes[-1] in PACKED else suffixes[-1:]
    return bool({".tsv", ".csv", ".txt", ".parquet"}.intersection(last))


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
    symbols, rest = _split(frame, path)
    numbers = _numbers(rest, path)
    names = frame[symbols].astype(str).str.strip()
    keep = (~names.duplicated() & (names != "")).to_numpy()
    dropped = int((~keep).sum())
    notes = ["log2 fold changes were read as such and turned into natural logarithms"]
    if dropped:
        notes.append(f"{dropped:,} rows without a symbol, or with one that stood before, left out")
    genes = tuple(names[keep])
    parsed = parse_labels(list(numbers.columns), measured=genes)
    columns = [c for c, p in parsed.items() if _is_perturbation(p, set(genes))]
    if not columns:
        raise InputError(
            f"no column is named by a perturbed gene: {_some(numbers.columns)}", where=str(path),
            expected="one column a perturbation, beside that of the symbols",
            fix=ONE_COLUMN,
        )  # fmt: skip
    if len(columns) < len(parsed):
        left = [c for c in parsed if c not in columns]
        notes.append(f"columns that name no perturbed gene were left out: {_some(left)}")
    return FoldChanges(
        name or path.name.split(".")[0],
        genes,
        tuple(columns),
        tuple(parsed[c].genes for c in columns),
        numbers.loc[keep, columns].to_numpy(float).T * np.log(2.0),
        tuple(notes),
    )


def _split(frame: pd.DataFrame, path: Path) -> tuple[str, pd.DataFrame]:
    """The column of symbols, and the columns that may hold fold changes."""
    symbols = find_column(frame, SYMBOLS)
    ids = find_column(frame, IDS)
    rest = frame.drop(columns=[c for c in (symbols, ids) if c is not None])
    found = "" if symbols is None else guess_identifier(frame[symbols].astype(str))
    if symbols is None or (found == "ensembl" and guess_identifier(rest.columns) != "ensembl"):
        raise InputError(
            f"no column of gene symbols among {_some(frame.columns)}"
            + (f": '{symbols}' holds Ensembl ids" if symbols else ""),
            where=str(path),
            expected="a column called symbol or gene_symbol, and perturbations named alike",
            fix="name the column of symbols so",
        )
    wrong = [str(c) for c in rest.columns if str(c).strip().lower() in STATISTICS]
    if wrong:
        raise InputError(
            f"column '{wrong[0]}' is a statistic, no perturbation", where=str(path),
            expected="one column of log2 fold changes a perturbation, named by the gene",
            fix=ONE_COLUMN,
        )  # fmt: skip
    return symbols, rest


def _numbers(rest: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Columns of numbers, as such."""
    import pandas as pd

    numbers = rest.apply(pd.to_numeric, errors="coerce")
    columns = [c for c in rest.columns if numbers[c].notna().any()]
    if not columns:
        raise InputError(
            "no column holds numbers", where=str(path), expected="log2 fold changes", fix=ONE_COLUMN
        )
    for column in columns:
        text = rest[column].astype(str).str.strip().str.lower()
        wrong = numbers[column].isna() & ~text.isin(MISSING)
        if wrong.any():
            raise InputError(
                f"column '{column}' holds '{rest[column][wrong].iloc[0]}' among its numbers",
                where=str(path),
                expected="log2 fold changes, empty or NA where not measured",
                fix="correct it, or leave the column out",
            )
    if np.isinf(numbers[columns].to_numpy(float)).any():
        raise InputError(
            "a fold change is infinite", where=str(path), expected="finite or missing",
            fix="leave such values empty",
        )  # fmt: skip
    largest = numbers[columns].abs().max()
    if largest.max() > LARGEST:
        column = str(largest.idxmax())
        raise InputError(
            f"column '{column}' holds values up to {largest.max():g}", where=str(path),
            expected=f"log2 fold changes, which stay below {LARGEST:g}",
            fix=ONE_COLUMN,
        )  # fmt: skip
    return numbers[columns].rename(columns=str)


def _is_perturbation(label: PerturbationLabel, genes: Collection[str]) -> bool:
    """Whether a column is named by genes: ``bulk_fitness``, of which no part is one, is not."""
    doubtful = len(label.genes) == 1 and "_" in label.genes[0] and label.genes[0] not in genes
    return bool(label.genes) and not doubtful


def _some(names: Iterable[object]) -> str:
    shown = [str(n) for n in names]
    return ", ".join(shown[:NAMED]) + (", ..." if len(shown) > NAMED else "")
