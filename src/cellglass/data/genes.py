"""Genes of a data set in a model's vocabulary: found by any name they go by, columns summed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.data.gene_names import NameSource, Resolver, name_sources
from cellglass.data.gene_table import GeneTable
from cellglass.data.identifiers import guess_identifier
from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

GeneKind = Literal["symbol", "ensembl"]


@dataclass(frozen=True)
class MappingReport:
    """How the genes of a data set were found in a vocabulary.

    Parameters
    ----------
    n_genes
        Columns of the data set.
    mapped
        Columns found.
    n_vocabulary_genes
        Genes of the vocabulary reached (columns of the collapsed matrix).
    by_route
        Columns by the way they were found: ``"exact"``, ``"version"`` (Ensembl version cut),
        ``"column NAME"`` (another column of ``var``), ``"alias"``, ``"symbol"`` or ``"ensembl"``
        (translated), ``"case"`` (upper and lower case ignored).
    lost
        Names of the columns not found.
    collapsed
        Vocabulary genes to which several columns map, with those columns.
    used_column
        Where identifiers were read: ``"index"`` or a column of ``var``.
    identifiers
        Kind of the identifiers there.
    share_of_counts_kept
        Share of all counts in mapped columns, where counts were given.
    notes
        What a reader should know.
    """

    n_genes: int
    mapped: int
    n_vocabulary_genes: int
    by_route: dict[str, int]
    lost: tuple[str, ...]
    collapsed: dict[str, tuple[str, ...]]
    used_column: str
    identifiers: str
    share_of_counts_kept: float | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary of all fields."""
        out = asdict(self)
        out["lost"], out["notes"] = list(self.lost), list(self.notes)
        out["collapsed"] = {k: list(v) for k, v in self.collapsed.items()}
        return out


@dataclass(frozen=True, eq=False)
class GeneMap:
    """Columns of a data set and the vocabulary genes they stand for.

    Parameters
    ----------
    vocabulary_ids
        Id of each column's gene, shape (n_columns,); -1 where it was not found.
    names
        Vocabulary name of each column's gene; empty where it was not found.
    report
        How they were found.

    Examples
    --------
    >>> import pandas as pd
    >>> m = map_genes(pd.DataFrame(index=["LYZ", "x1"]), {"CD3E": 0, "LYZ": 5}, kind="symbol")
    >>> m.vocabulary_ids.tolist(), m.unique_names.tolist()
    ([5, -1], ['LYZ'])
    """

    vocabulary_ids: NDArray[np.int64]
    names: NDArray[np.str_]
    report: MappingReport = field(repr=False)

    @property
    def unique_ids(self) -> NDArray[np.int64]:
        """Vocabulary ids of the collapsed columns, ascending, shape (n_vocabulary_genes,)."""
        return np.unique(self.vocabulary_ids[self.vocabulary_ids >= 0])

    @property
    def unique_names(self) -> NDArray[np.str_]:
        """Vocabulary names of the collapsed columns, in the order of `unique_ids`."""
        found = self.vocabulary_ids >= 0
        _, first = np.unique(self.vocabulary_ids[found], return_index=True)
        return np.asarray(self.names[found][first])

    @property
    def first_columns(self) -> NDArray[np.int64]:
        """First column of each gene of `unique_ids`, shape (n_vocabulary_genes,)."""
        found = np.flatnonzero(self.vocabulary_ids >= 0)
        _, first = np.unique(self.vocabulary_ids[found], return_index=True)
        return np.asarray(found[first], dtype=np.int64)

    def collapse(self, matrix: Any) -> sparse.csr_matrix:
        """Sum the columns that map to one vocabulary gene and drop the lost ones.

        Parameters
        ----------
        matrix
            Counts, cells x columns, dense or sparse.

        Returns
        -------
        scipy.sparse.csr_matrix
            Cells x `unique_ids`, type of `matrix`.

        Raises
        ------
        InputError
            If the number of columns differs.
        """
        if matrix.shape[1] != len(self.vocabulary_ids):
            raise InputError(
                f"the matrix has {matrix.shape[1]:,} columns",
                expected=f"the {len(self.vocabulary_ids):,} genes that were mapped",
            )
        unique = self.unique_ids
        target = np.where(
            self.vocabulary_ids >= 0, np.searchsorted(unique, self.vocabulary_ids), -1
        )
        return sum_columns(matrix, target, len(unique))


def sum_columns(matrix: Any, target: ArrayLike, n_columns: int) -> sparse.csr_matrix:
    """Sum columns into new ones.

    Parameters
    ----------
    matrix
        Cells x columns, dense or sparse.
    target
        New column of each column, shape (n_old,); -1 drops it.
    n_columns
        Number of new columns.

    Returns
    -------
    scipy.sparse.csr_matrix
        Cells x `n_columns`, canonical.

    Examples
    --------
    >>> sum_columns(np.array([[1, 2, 4]]), [1, -1, 1], 2).toarray().tolist()
    [[0, 5]]
    """
    csr = sparse.csr_matrix(matrix)
    new = np.asarray(target, dtype=np.int64)[csr.indices]
    keep = new >= 0
    rows = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))[keep]
    # the COO constructor adds up entries of one position
    summed = sparse.coo_matrix(
        (csr.data[keep], (rows, new[keep])), shape=(csr.shape[0], n_columns)
    ).tocsr()
    summed.sum_duplicates()
    return summed


def map_genes(
    var: pd.DataFrame,
    known: Mapping[str, int],
    *,
    kind: GeneKind,
    aliases: Mapping[str, str] | None = None,
    symbols: Mapping[str, str] | None = None,
    table: GeneTable | None = None,
    counts: ArrayLike | None = None,
) -> GeneMap:
    """Find the genes of a data set in a vocabulary.

    Parameters
    ----------
    var
        Table of the genes: the index and columns such as ``ensembl_id``, ``gene_ids``,
        ``feature_name`` are searched for the identifiers that match best.
    known
        The vocabulary: name to id.
    kind
        What the names in `known` are.
    aliases
        Alias or old id (upper case) to vocabulary name, as shipped with a model.
    symbols
        Ensembl id to symbol, for an Ensembl vocabulary (its labels, read backwards).
    table
        Symbols, Ensembl ids and aliases of the genome, to translate between them.
    counts
        Total counts of each gene, shape (n_genes,), to say which share is kept.

    Returns
    -------
    GeneMap

    Raises
    ------
    InputError
        If no gene is found: which identifiers there are, which are expected, three examples each.

    Notes
    -----
    Routes are tried in the order of `MappingReport`; an exact name always beats an alias.

    Examples
    --------
    >>> import pandas as pd
    >>> var = pd.DataFrame({"gene_ids": ["ENSG00000141510.3"]}, index=["TP53"])
    >>> map_genes(var, {"ENSG00000141510": 7}, kind="ensembl").report.used_column
    'gene_ids'
    """
    resolver = Resolver(known, kind, aliases or {}, symbols or {}, table)
    sources = name_sources(var, resolver)
    found = resolver.resolve(sources)
    names = np.array([f[0] for f in found], dtype=str)
    routes = [f[1] for f in found]
    if not any(routes):
        raise _nothing_maps(sources, known, kind)
    ids = np.array([known[n] if n else -1 for n in names], dtype=np.int64)
    share = _share_kept(counts, ids)
    columns = [str(c) for c in var.index]
    return GeneMap(ids, names, _report(columns, names, routes, ids, kind, sources[0], share))


def _report(
    columns: list[str],
    names: NDArray[np.str_],
    routes: list[str],
    ids: NDArray[np.int64],
    kind: str,
    primary: NameSource,
    share: float | None,
) -> MappingReport:
    by_route = {r: routes.count(r) for r in dict.fromkeys(routes) if r}
    members: dict[str, list[str]] = {}
    for column, name in zip(columns, names, strict=True):
        if name:
            members.setdefault(str(name), []).append(column)
    return MappingReport(
        n_genes=len(columns),
        mapped=int((ids >= 0).sum()),
        n_vocabulary_genes=len(members),
        by_route=by_route,
        lost=tuple(c for c, n in zip(columns, names, strict=True) if not n),
        collapsed={k: tuple(v) for k, v in members.items() if len(v) > 1},
        used_column=primary.label,
        identifiers=guess_identifier(primary.names),
        share_of_counts_kept=share,
        notes=_notes(by_route, ids, kind, primary),
    )


def _share_kept(counts: ArrayLike | None, ids: NDArray[np.int64]) -> float | None:
    if counts is None:
        return None
    totals = np.asarray(counts, dtype=np.float64).ravel()
    if totals.shape != ids.shape:
        raise InputError(
            f"counts have shape {totals.shape}", expected=f"one total per gene ({len(ids)},)"
        )
    return float(totals[ids >= 0].sum() / totals.sum()) if totals.sum() > 0 else None


def _notes(
    by_route: Mapping[str, int], ids: NDArray[np.int64], kind: str, primary: NameSource
) -> tuple[str, ...]:
    mapped = int((ids >= 0).sum())
    notes = []
    translated = by_route.get("symbol", 0) + by_route.get("ensembl", 0)
    if translated > 0.5 * mapped:
        notes.append(f"identifiers were translated: the vocabulary names genes by {kind}")
    if by_route.get("case", 0) > 0.5 * mapped:
        notes.append(
            "most names match only when upper and lower case are ignored: genes of another "
            "species (mouse?) are not the genes of the vocabulary; translate orthologs first"
        )
    if mapped < 0.5 * len(ids):
        notes.append(
            f"only {mapped:,} of {len(ids):,} genes are in the vocabulary "
            f"(identifiers from {primary.label})"
        )
    return tuple(notes)


def _nothing_maps(sources: Sequence[NameSource], known: Mapping[str, int], kind: str) -> InputError:
    found = []
    for source in sources[:4]:
        examples = ", ".join(repr(n) for n in source.names[:3])
        found.append(f"{source.label}: {guess_identifier(source.names)} ({examples})")
    plain = [n for n in known if not n.startswith("<")]  # special tokens are no genes
    expected = ", ".join(repr(n) for n in plain[:3])
    return InputError(
        f"no gene is in the vocabulary; var has {'; '.join(found)}",
        where="genes",
        expected=f"{kind} identifiers such as {expected}",
        fix="put such identifiers into a column of var (for example 'ensembl_id' or "
        "'gene_symbols'), or translate them; check the species",
    )
