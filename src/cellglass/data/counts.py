"""Raw counts of a data set: found, or recovered where that can be proven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data.count_sources import Counts, CountSource
from cellglass.data.matrices import n_rows, require_nonnegative, rows_as_csr, sample_rows
from cellglass.data.scale import NOT_COUNTS, SAMPLE, detect_scale
from cellglass.data.scale_report import ScaleReport
from cellglass.errors import InputError, ScaleError, nearest

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

COUNT_LAYERS = ("counts", "raw_counts", "count", "umi", "umis", "raw")
TOTAL_COLUMNS = ("n_counts", "total_counts", "nCount_RNA", "nUMI", "ncounts")


def counts_of(
    adata: AnnData,
    *,
    layer: str | None = None,
    n_counts: str | NDArray[np.floating] | None = None,
    cells: NDArray[np.int64] | None = None,
) -> Counts:
    """Raw counts of a data set, found or recovered.

    Parameters
    ----------
    adata
        The data set, in memory or backed.
    layer
        Where to look: ``"X"``, ``"raw"`` or the name of a layer; by default X if it holds counts,
        else a layer named like counts, else raw, else X if counts can be recovered from it.
    n_counts
        Column of ``obs``, or array of shape (n_cells,), with total counts; by default the first of
        ``n_counts``, ``total_counts``, ``nCount_RNA``, ``nUMI``, ``ncounts`` that can be totals.
    cells
        Sorted indices of the cells to read; all if None.

    Returns
    -------
    Counts

    Raises
    ------
    ScaleError
        If no matrix holds counts or provably yields them: what was found where, what to do.
    InputError
        If counts are negative, NaN or infinite; the first cell and gene are named.

    Notes
    -----
    Source of the recovery: specs/edges.md 2.0 (expm1, division by the smallest value of the cell,
    near-integers), made a proof by carrying the rounding interval of every value.

    Examples
    --------
    >>> import anndata
    >>> a = anndata.AnnData(np.array([[2.0, 0.0], [1.0, 5.0]], dtype="float32"))
    >>> c = counts_of(a)
    >>> c.source, c.n_counts.tolist()
    ('X', [2.0, 6.0])
    """
    return count_source(adata, layer=layer, n_counts=n_counts).read(cells)


def count_source(
    adata: AnnData,
    *,
    layer: str | None = None,
    n_counts: str | NDArray[np.floating] | None = None,
) -> CountSource:
    """Find where counts are, examining a sample only; see `counts_of` for the rules.

    Parameters
    ----------
    adata, layer, n_counts
        As in `counts_of`.

    Returns
    -------
    CountSource
        Whose ``read(cells)`` gives the counts of any cells, checked value by value.

    Raises
    ------
    ScaleError, InputError
        As in `counts_of`.

    Examples
    --------
    >>> import anndata
    >>> a = anndata.AnnData(np.array([[2.0, 0.0], [1.0, 5.0]], dtype="float32"))
    >>> count_source(a).read(slice(1, 2)).matrix.toarray().tolist()
    [[1.0, 5.0]]
    """
    totals, totals_name, notes = _known_totals(adata, n_counts)
    found: dict[Place, ScaleReport | InputError] = {}
    for place, accepts_recovered in _search_order(adata, layer):
        matrix, var = _matrix_at(adata, place)
        if place not in found:
            found[place] = _report_at(adata, place, matrix, var, totals)
        report = found[place]
        if isinstance(report, InputError):
            if layer is not None:
                raise report
            continue
        if report.kind == "counts" or (accepts_recovered and report.recoverable):
            how = "" if report.kind == "counts" else "recovered, "
            told = (*notes, f"counts from {place.label}: {how}{report.evidence[0]}")
            told += tuple(f"passed over {t}" for t in _told(found, place))
            names = np.asarray(adata.obs_names, dtype=str)
            source = CountSource(matrix, report, place.label, var, names, totals, totals_name, told)
            return _check_totals(source, explicit=n_counts is not None)
    for report in found.values():
        if isinstance(report, InputError):
            raise report
    raise _no_counts(adata, layer, found)


def iter_counts(
    source: CountSource, cells: NDArray[np.int64] | None = None, *, chunk: int = 1024
) -> Iterator[tuple[NDArray[np.int64], Counts]]:
    """Read counts chunk by chunk, so that a backed file is never loaded whole.

    Parameters
    ----------
    source
        Where counts are.
    cells
        Sorted indices of cells; all if None.
    chunk
        Cells at once.

    Yields
    ------
    cells, counts
        Indices of the chunk's cells and their counts.

    Examples
    --------
    >>> import anndata
    >>> a = anndata.AnnData(np.ones((5, 2), dtype="float32"))
    >>> [len(c) for c, _ in iter_counts(count_source(a), chunk=2)]
    [2, 2, 1]
    """
    wanted = np.arange(n_rows(source.matrix)) if cells is None else np.asarray(cells)
    for start in range(0, len(wanted), chunk):
        part = wanted[start : start + chunk]
        yield part, source.read(part)


class Place(NamedTuple):
    """Where a matrix is: X, raw, or a layer (which may be called "raw" too)."""

    label: str
    is_layer: bool


def _search_order(adata: AnnData, layer: str | None) -> list[tuple[Place, bool]]:
    """Places to look at, and whether recovered counts are accepted there."""
    layers = [str(k) for k in adata.layers]
    if layer is not None:
        known = ["X", *(["raw"] if adata.raw is not None else []), *layers]
        if layer not in known:
            raise InputError(
                f"there is no layer '{layer}'", where="layer", fix=nearest(layer, known)
            )
        return [(Place(layer, layer in layers), True)]
    has_x = adata.X is not None
    by_name = {name.lower(): name for name in layers}
    order = [(Place("X", False), False)] if has_x else []
    order += [(Place(by_name[name], True), False) for name in COUNT_LAYERS if name in by_name]
    order += [(Place("raw", False), True)] if adata.raw is not None else []
    order += [(Place("X", False), True)] if has_x else []
    if not order:
        raise InputError("the data set has neither X nor raw", expected="a matrix of counts")
    return order


def _matrix_at(adata: AnnData, place: Place) -> tuple[Any, pd.DataFrame]:
    """Matrix and gene table of a place; CSC in memory becomes CSR once."""
    if place.is_layer:
        matrix, var = adata.layers[place.label], adata.var
    elif place.label == "raw":
        matrix, var = adata.raw.X, adata.raw.var
    else:
        matrix, var = adata.X, adata.var
    return (matrix.tocsr() if sparse.issparse(matrix) else matrix), var


def _report_at(
    adata: AnnData,
    place: Place,
    matrix: Any,
    var: pd.DataFrame,
    totals: NDArray[np.float64] | None,
) -> ScaleReport | InputError:
    """Scale of a matrix, or what forbids using it: NaN, infinite or negative counts."""
    names = adata.obs_names
    try:
        report = detect_scale(
            matrix, n_counts=totals, cells=names, genes=var.index, where=place.label
        )
        if report.kind == "unknown" and report.minimum < 0:
            rows = sample_rows(n_rows(matrix), SAMPLE)
            require_nonnegative(
                rows_as_csr(matrix, rows), where=place.label, cells=names[rows], genes=var.index
            )
    except InputError as error:
        return error
    return report


def _told(found: dict[Place, ScaleReport | InputError], taken: Place | None = None) -> list[str]:
    """Tell what was found in each place but the one taken."""
    return [
        f"{place.label} ({report.found})"
        if isinstance(report, InputError)
        else f"{place.label} is {report}"
        for place, report in found.items()
        if place != taken
    ]


def _known_totals(
    adata: AnnData, n_counts: str | NDArray[np.floating] | None
) -> tuple[NDArray[np.float64] | None, str, tuple[str, ...]]:
    """Totals of the cells, their name, and notes on columns that cannot be totals."""
    if n_counts is None:
        notes: list[str] = []
        for name in TOTAL_COLUMNS:
            if name in adata.obs:
                totals, trouble = _as_totals(adata.obs[name])
                if totals is not None:
                    return totals, f"obs['{name}']", tuple(notes)
                notes.append(f"obs['{name}'] not used as totals: {trouble}")
        return None, "row sums", tuple(notes)
    if isinstance(n_counts, str):
        if n_counts not in adata.obs:
            raise InputError(
                f"there is no column '{n_counts}' in obs",
                where="n_counts",
                fix=nearest(n_counts, adata.obs.columns),
            )
        values, name = adata.obs[n_counts], f"obs['{n_counts}']"
    else:
        values, name = np.asarray(n_counts), "n_counts"
        if values.shape != (adata.n_obs,):
            raise InputError(
                f"n_counts has shape {values.shape}",
                expected=f"one total per cell ({adata.n_obs},)",
            )
    totals, trouble = _as_totals(values)
    if totals is None:
        raise InputError(trouble, where=name, expected="whole positive totals of each cell")
    return totals, name, ()


def _as_totals(values: Any) -> tuple[NDArray[np.float64] | None, str]:
    """Values as totals, or None and what is wrong with them."""
    try:
        totals = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None, "it is not numeric"
    if not np.isfinite(totals).all() or (totals < 0).any():
        return None, "it has missing, infinite or negative values"
    if np.any(totals != np.rint(totals)):
        return None, "its values are not whole numbers"
    return totals, ""


def _check_totals(source: CountSource, *, explicit: bool) -> CountSource:
    """Drop totals that contradict the counts (an error where the caller named them)."""
    if source.totals is None:
        return source
    rows, sums = _sums(source)
    totals = source.totals[rows]
    trouble = ""
    if np.any(totals < sums):
        i = int(np.flatnonzero(totals < sums)[0])
        trouble = (
            f"the total of cell '{source.cells[rows[i]]}' is {totals[i]:g}, "
            f"less than the {sums[i]:g} counts of its genes"
        )
    elif len(rows) > 2 and np.ptp(totals) == 0 and np.ptp(sums) > 0:
        trouble = f"it is {totals[0]:g} in every cell although the sums of counts differ"
    if not trouble:
        return source
    if explicit:
        raise InputError(trouble, where=source.totals_name, expected="totals over all genes")
    note = f"{source.totals_name} not used as totals: {trouble}"
    return replace(source, totals=None, totals_name="row sums", notes=(*source.notes, note))


def _sums(source: CountSource) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Row sums of the counts: of all cells where that is cheap, else of the examined ones."""
    if not source.report.transform and sparse.issparse(source.matrix):
        sums = source.matrix.sum(axis=1, dtype=np.float64)
        return np.arange(n_rows(source.matrix)), np.asarray(sums).ravel()
    rows = sample_rows(n_rows(source.matrix), SAMPLE)
    needs_totals = source.report.scaling == "n_counts"
    counts = (source if needs_totals else replace(source, totals=None)).read(rows)
    return rows, np.asarray(counts.matrix.sum(axis=1, dtype=np.float64)).ravel()


def _no_counts(
    adata: AnnData, layer: str | None, found: dict[Place, ScaleReport | InputError]
) -> ScaleError:
    """Say what was found in each place."""
    usable = []
    for name in [] if layer is not None else [str(k) for k in adata.layers]:
        matrix, var = _matrix_at(adata, Place(name, True))
        report = _report_at(adata, Place(name, True), matrix, var, None)
        if isinstance(report, ScaleReport) and report.recoverable:
            usable.append(f"layers['{name}'] can be used: pass layer='{name}'")
    advice = [r.advice for r in found.values() if isinstance(r, ScaleReport) and r.advice]
    return ScaleError(
        "; ".join(_told(found)),
        where="the cells" if layer is None else layer,
        expected="raw counts, or natural log1p of counts per a constant total",
        fix="; ".join(usable or dict.fromkeys(advice)) or NOT_COUNTS,
    )
