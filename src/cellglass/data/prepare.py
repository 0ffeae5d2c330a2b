"""The input check in one call: scale, identifiers, empty cells and genes, columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data.cells import notes as notes_of
from cellglass.data.count_sources import Counts, CountSource
from cellglass.data.counts import count_source, iter_counts
from cellglass.data.gene_table import GeneTable
from cellglass.data.genes import GeneKind, GeneMap, map_genes
from cellglass.data.identifiers import guess_identifier
from cellglass.data.matrices import row_blocks, rows_as_csr
from cellglass.data.scale_report import ScaleReport
from cellglass.data.selection import stratified_sample
from cellglass.data.strata import Labels, column
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED

if TYPE_CHECKING:
    from anndata import AnnData

N_NAMED = 5


@dataclass(frozen=True)
class CellsReport:
    """What a data set holds and what is used of it.

    Parameters
    ----------
    n_cells_in_data, n_genes
        Size of the data set (of the matrix that holds the counts).
    n_cells
        Cells used.
    n_empty_cells, empty_cells
        Cells without any count, left out, and the first of their names.
    n_empty_genes, empty_genes
        Genes without any count in the cells used, and the first of their names.
    counts_from
        ``"X"``, ``"raw"`` or a layer.
    n_counts_from
        Where total counts come from.
    n_counts
        Least, median and largest total of the cells used.
    genes_per_cell
        Median number of genes with a count.
    scale
        What was found where the counts are.
    identifiers
        Kind of the gene names, with a sample of each column's: label to kind.
    columns
        Role (donor, strata, batch) to levels and sizes among the cells used.
    mapping
        How genes were found in a vocabulary, where one was given.
    seed
        Of the choice of cells.
    notes
        What a reader should know.
    """

    n_cells_in_data: int
    n_genes: int
    n_cells: int
    n_empty_cells: int
    empty_cells: tuple[str, ...]
    n_empty_genes: int
    empty_genes: tuple[str, ...]
    counts_from: str
    n_counts_from: str
    n_counts: tuple[float, float, float]
    genes_per_cell: float
    scale: ScaleReport
    identifiers: str
    columns: Mapping[str, Mapping[str, Any]]
    mapping: Mapping[str, Any] | None
    seed: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary of all fields."""
        out = asdict(replace(self, columns={}, mapping=None))
        out["scale"] = self.scale.to_dict()
        out["columns"] = {role: dict(c) for role, c in self.columns.items()}
        out["mapping"] = None if self.mapping is None else dict(self.mapping)
        for name in ("empty_cells", "empty_genes", "n_counts", "notes"):
            out[name] = list(out[name])
        return out


@dataclass(frozen=True, eq=False)
class Prepared:
    """Cells that passed the check, and how to read them.

    Parameters
    ----------
    cells
        Indices of the cells used, sorted, shape (n_cells,).
    source
        Where their counts are.
    labels
        Role to labels of the cells used.
    gene_map
        Genes in the vocabulary, where one was given.
    report
        What was found.
    """

    cells: NDArray[np.int64]
    source: CountSource = field(repr=False)
    labels: Mapping[str, Labels] = field(repr=False)
    gene_map: GeneMap | None = field(repr=False)
    report: CellsReport = field(repr=False)

    def counts(self) -> Counts:
        """Read the counts of the cells used."""
        return self.source.read(self.cells)


def prepare(
    adata: AnnData,
    *,
    donor: str | None = None,
    strata: str | None = None,
    batch: str | None = None,
    max_cells: int | None = None,
    layer: str | None = None,
    n_counts: str | NDArray[np.floating] | None = None,
    vocabulary: Mapping[str, int] | None = None,
    kind: GeneKind = "symbol",
    aliases: Mapping[str, str] | None = None,
    symbols: Mapping[str, str] | None = None,
    table: GeneTable | None = None,
    within: NDArray[np.int64] | None = None,
    seed: int = DEFAULT_SEED,
) -> Prepared:
    """Check a data set and choose the cells to use.

    Parameters
    ----------
    adata
        From `open_cells`; may be backed: only the cells used are read.
    donor, strata, batch
        Columns of ``obs``; each needs two levels among the cells used.
    max_cells
        Cells to use at most; each stratum in proportion to its size.
    layer, n_counts
        As in `counts_of`.
    vocabulary, kind, aliases, symbols, table
        As in `map_genes`, to look genes up in a model's vocabulary.
    within, seed
        Indices of the cells to choose from (controls of a screen, say); root seed of the choice.

    Returns
    -------
    Prepared
        Cells without any count are left out and reported; genes without any are reported.

    Raises
    ------
    InputError
        If all cells are empty, a column does not exist or has one level, counts are negative, NaN
        or infinite, or no gene is in the vocabulary.
    ScaleError
        If there are no counts and none can be recovered.

    Notes
    -----
    Checks I1, I3 and I4 of specs/edges.md, section 4.

    Examples
    --------
    >>> import anndata
    >>> a = anndata.AnnData(np.array([[2.0, 0.0], [0.0, 0.0], [1.0, 5.0]], dtype="float32"))
    >>> p = prepare(a)
    >>> p.cells.tolist(), p.report.n_empty_cells
    ([0, 2], 1)
    """
    source = count_source(adata, layer=layer, n_counts=n_counts)
    filled, bare = _filled(source, within)
    if not filled.size:
        raise _all_empty(source)
    of_strata = None if strata is None else column(adata.obs.iloc[filled], strata, role="strata")
    strata_labels = np.zeros(len(filled), "U1") if of_strata is None else of_strata.values
    chosen = filled[stratified_sample(strata_labels, max_cells, seed)]
    tally = _tally(source, chosen)
    used = chosen[tally.row_sums > 0]
    if not used.size:
        raise _all_empty(source)
    roles = {"donor": donor, "strata": strata, "batch": batch}
    obs = adata.obs.iloc[used]
    labels = {role: column(obs, name, role=role) for role, name in roles.items() if name}
    gene_map = None
    if vocabulary is not None:
        names: dict[str, Any] = {"aliases": aliases, "symbols": symbols, "table": table}
        gene_map = map_genes(source.var, vocabulary, kind=kind, counts=tally.gene_sums, **names)
    report = _report(adata, source, used, bare, chosen, tally, labels, gene_map, seed)
    return Prepared(used, source, labels, gene_map, report)


def _filled(
    source: CountSource, within: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells asked for that store a value, and those that store none."""
    asked = np.arange(len(source.cells)) if within is None else np.unique(within)
    stored = stored_per_row(source.matrix)[asked]
    return asked[stored > 0], asked[stored == 0]


@dataclass(frozen=True, eq=False)
class Tally:
    """Sums over the cells chosen, from one pass in chunks."""

    row_sums: NDArray[np.float64]
    totals: NDArray[np.float64]
    genes_per_cell: NDArray[np.int64]
    gene_sums: NDArray[np.float64]
    n_counts_from: str


def stored_per_row(matrix: Any) -> NDArray[np.int64]:
    """Count the stored values of each cell without reading them where rows are indexed.

    Parameters
    ----------
    matrix
        Sparse or dense, in memory or backed.

    Returns
    -------
    numpy.ndarray
        Shape (n_cells,); stored zeros of a sparse matrix count.

    Examples
    --------
    >>> stored_per_row(np.array([[0, 1], [0, 0]])).tolist()
    [1, 0]
    """
    if sparse.issparse(matrix):
        return np.diff(matrix.tocsr().indptr).astype(np.int64)
    group = getattr(matrix, "group", None)
    if group is not None and getattr(matrix, "format", "") == "csr":
        return np.diff(group["indptr"][:]).astype(np.int64)
    parts = [
        np.diff(rows_as_csr(matrix, block).indptr) for block in row_blocks(int(matrix.shape[0]))
    ]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)


def _tally(source: CountSource, cells: NDArray[np.int64]) -> Tally:
    row_sums, totals, per_cell = [], [], []
    gene_sums = np.zeros(len(source.var))
    name = "row sums"
    for _, counts in iter_counts(source, cells):
        row_sums.append(np.asarray(counts.matrix.sum(axis=1, dtype=np.float64)).ravel())
        gene_sums += np.asarray(counts.matrix.sum(axis=0, dtype=np.float64)).ravel()
        per_cell.append(np.diff(counts.matrix.indptr))
        totals.append(counts.n_counts)
        name = counts.n_counts_source
    return Tally(
        np.concatenate(row_sums),
        np.concatenate(totals),
        np.concatenate(per_cell).astype(np.int64),
        gene_sums,
        name,
    )


def _report(
    adata: AnnData,
    source: CountSource,
    used: NDArray[np.int64],
    bare: NDArray[np.int64],
    chosen: NDArray[np.int64],
    tally: Tally,
    labels: Mapping[str, Labels],
    gene_map: GeneMap | None,
    seed: int,
) -> CellsReport:
    n = len(source.cells)
    empty = np.concatenate([bare, chosen[tally.row_sums <= 0]])
    silent = np.flatnonzero(tally.gene_sums == 0)
    totals = tally.totals[tally.row_sums > 0]
    told = [*notes_of(adata), *source.notes]
    if empty.size:
        told.append(f"{empty.size:,} cells without any count are left out")
    for role, label in labels.items():
        if label.n_unlabelled:
            told.append(f"{label.n_unlabelled:,} cells have no {role}: level 'unlabelled'")
    if gene_map is not None:
        told += gene_map.report.notes
    genes = source.var.index
    return CellsReport(
        n_cells_in_data=n,
        n_genes=len(genes),
        n_cells=len(used),
        n_empty_cells=int(empty.size),
        empty_cells=tuple(str(source.cells[i]) for i in np.sort(empty)[:N_NAMED]),
        n_empty_genes=int(silent.size),
        empty_genes=tuple(str(genes[i]) for i in silent[:N_NAMED]),
        counts_from=source.source,
        n_counts_from=tally.n_counts_from,
        n_counts=(float(totals.min()), float(np.median(totals)), float(totals.max())),
        genes_per_cell=float(np.median(tally.genes_per_cell[tally.row_sums > 0])),
        scale=source.report,
        identifiers=guess_identifier(genes),
        columns={role: label.to_dict() for role, label in labels.items()},
        mapping=None if gene_map is None else gene_map.report.to_dict(),
        seed=seed,
        notes=tuple(told),
    )


def _all_empty(source: CountSource) -> InputError:
    return InputError(
        f"none of the {len(source.cells):,} cells has a count",
        where=source.source,
        expected="at least one cell with counts",
        fix="check that the right matrix was given (layer=...)",
    )
