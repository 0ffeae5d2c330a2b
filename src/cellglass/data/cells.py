"""Opening cells: h5ad files in memory or backed, with errors that say what is wrong."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.data.matrices import rows_as_csr
from cellglass.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anndata import AnnData
    from scipy import sparse

BACKED_ABOVE = 2 * 2**30
NOTES = "cellglass_notes"
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
NEW_COPY = "copy or download the file again and compare its size"


def open_cells(
    path_or_adata: str | Path | AnnData,
    *,
    backed: bool | Literal["auto"] = "auto",
    collapse: Literal["sum"] | None = None,
) -> AnnData:
    """Open cells.

    Parameters
    ----------
    path_or_adata
        A path to an ``.h5ad`` file, or an AnnData object, which is not changed.
    backed
        Leave the matrices on disk; ``"auto"``: if they need more than 2 GiB in memory and are
        stored by rows.
    collapse
        ``"sum"``: genes that occur more than once are summed (counts only, in memory).

    Returns
    -------
    anndata.AnnData
        Names of cells are unique; what was changed is told by `notes`.

    Raises
    ------
    InputError
        If the file is missing, truncated, not an h5ad, or stored by columns where it was to be
        backed; if gene names are duplicated and `collapse` is None.

    Examples
    --------
    >>> import anndata
    >>> open_cells(anndata.AnnData(np.ones((2, 3), dtype="float32"))).shape
    (2, 3)
    """
    if isinstance(path_or_adata, str | Path):
        path = Path(path_or_adata)
        adata, where = _read(path, backed), str(path)
    else:
        adata, where = path_or_adata, "the AnnData object"
    if adata.obs_names.has_duplicates:
        adata = _unique_cells(adata, where, opened=isinstance(path_or_adata, str | Path))
    if adata.var_names.has_duplicates:
        if collapse != "sum":
            raise _duplicated_genes(adata, where)
        adata = _sum_genes(adata, where)
    return adata


def notes(adata: AnnData) -> list[str]:
    """Tell what `open_cells` changed.

    Parameters
    ----------
    adata
        What `open_cells` returned.

    Returns
    -------
    list of str
        Sentences; empty where nothing was changed.

    Examples
    --------
    >>> import cellglass as cg
    >>> len(cg.data.notes(cg.data.pbmc68k_reduced()))
    2
    """
    return [str(n) for n in adata.uns.get(NOTES, [])]


def iter_chunks(
    adata: AnnData,
    cells: NDArray[np.int64] | None = None,
    *,
    chunk: int = 1024,
    layer: str | None = None,
) -> Iterator[tuple[NDArray[np.int64], sparse.csr_matrix]]:
    """Read rows of a matrix chunk by chunk; a backed file is never loaded whole.

    Parameters
    ----------
    adata
        In memory or backed.
    cells
        Sorted indices of cells; all if None.
    chunk
        Cells at once.
    layer
        Layer to read; X if None.

    Yields
    ------
    cells, matrix
        Indices of the chunk's cells and their values as CSR (n_chunk, n_genes), as stored: use
        `cellglass.data.iter_counts` for counts.

    Examples
    --------
    >>> import anndata
    >>> a = anndata.AnnData(np.ones((5, 3), dtype="float32"))
    >>> [m.shape for _, m in iter_chunks(a, chunk=4)]
    [(4, 3), (1, 3)]
    """
    if layer is not None and layer not in adata.layers:
        raise InputError(
            f"there is no layer '{layer}'", where="layer", fix=nearest(layer, adata.layers)
        )
    matrix = adata.X if layer is None else adata.layers[layer]
    wanted = np.arange(adata.n_obs) if cells is None else np.asarray(cells, dtype=np.int64)
    for start in range(0, len(wanted), chunk):
        part = wanted[start : start + chunk]
        yield part, rows_as_csr(matrix, part)


def _read(path: Path, backed: bool | Literal["auto"]) -> AnnData:
    """Open an h5ad file, its faults named."""
    import anndata
    import h5py  # type: ignore[import-untyped]

    if not path.exists():
        here = [p.name for p in path.parent.glob("*.h5ad")] if path.parent.is_dir() else []
        raise InputError(
            "the file does not exist", where=str(path),
            fix=nearest(path.name, sorted(here)) or "check the path",
        )  # fmt: skip
    if path.is_dir():
        raise InputError("this is a folder", where=str(path), expected="an .h5ad file")
    with path.open("rb") as file:
        start = file.read(len(HDF5_SIGNATURE))
    if not start:
        raise InputError("the file is empty", where=str(path), fix=NEW_COPY)
    if start != HDF5_SIGNATURE:
        raise InputError(
            "the file is not HDF5, hence no h5ad",
            where=str(path),
            expected="an .h5ad file written by anndata",
            fix="convert it: scanpy.read(...).write_h5ad('cells.h5ad')",
        )
    try:
        with h5py.File(path, "r") as file:
            keep = _backed_wanted(file, path, backed)
        with warnings.catch_warnings():
            # duplicated names are this module's business; the others concern old files' layout
            warnings.filterwarnings("ignore", message=".*names are not unique.*")
            for category in (FutureWarning, DeprecationWarning, PendingDeprecationWarning):
                warnings.simplefilter("ignore", category)
            return anndata.read_h5ad(path, backed="r" if keep else None)
    except (OSError, KeyError, RuntimeError, EOFError) as error:
        raise InputError(
            f"the file is truncated or damaged: {_first_line(error)}",
            where=str(path),
            expected=f"a complete .h5ad file ({path.stat().st_size:,} bytes are there)",
            fix=NEW_COPY,
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _backed_wanted(file: Any, path: Path, backed: bool | Literal["auto"]) -> bool:
    """Whether to leave matrices on disk; checks that the file is an h5ad at all."""
    if "X" not in file or "obs" not in file or "var" not in file:
        raise InputError(
            f"the file is HDF5 but holds {', '.join(sorted(file)) or 'nothing'}",
            where=str(path),
            expected="an .h5ad file: X, obs and var",
            fix="for 10x or loom files: scanpy.read_10x_h5(...) or read_loom(...), then write_h5ad",
        )
    by_columns = str(file["X"].attrs.get("encoding-type", "")).startswith("csc")
    if backed == "auto":
        return _bytes_in_memory(file) > BACKED_ABOVE and not by_columns
    if backed and by_columns:
        raise InputError(
            "X is stored by columns (CSC), so cells cannot be read chunk by chunk",
            where=str(path),
            expected="X stored by rows (CSR) or dense",
            fix="open with backed=False, or rewrite it once with adata.X = adata.X.tocsr()",
        )
    return backed


def _bytes_in_memory(file: Any) -> int:
    """Size of all matrices once decompressed."""
    import h5py

    total = 0

    def add(_: str, item: Any) -> None:
        nonlocal total
        if isinstance(item, h5py.Dataset):
            total += int(item.size or 0) * int(item.dtype.itemsize)

    for name in ("X", "layers", "raw"):
        if name in file:
            if isinstance(file[name], h5py.Dataset):
                add(name, file[name])
            else:
                file[name].visititems(add)
    return total


def _noted(adata: AnnData, text: str) -> AnnData:
    adata.uns[NOTES] = [*notes(adata), text]
    return adata


def _unique_cells(adata: AnnData, where: str, *, opened: bool) -> AnnData:
    """Make cell names unique: in place for a file just opened, in a copy of the table else."""
    n = int(adata.obs_names.duplicated().sum())
    if not opened:
        if adata.isbacked:
            raise InputError(
                f"{n:,} cell names are duplicated in a backed object",
                where=where,
                fix="call adata.obs_names_make_unique() first",
            )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*names are not unique.*")
            adata = adata.copy()
    adata.obs_names_make_unique()
    return _noted(adata, f"{n:,} duplicated cell names were made unique by a suffix")


def _duplicated_genes(adata: AnnData, where: str) -> InputError:
    twice = adata.var_names[adata.var_names.duplicated()].unique()
    shown = ", ".join(f"'{g}'" for g in twice[:5]) + (", ..." if len(twice) > 5 else "")
    return InputError(
        f"{len(twice):,} gene names are duplicated: {shown}",
        where=where,
        expected="every gene name once",
        fix="write a file with unique names (adata.var_names_make_unique()), or sum the "
        "duplicates in Python: cellglass.data.open_cells(file, collapse='sum')",
    )


def _sum_genes(adata: AnnData, where: str) -> AnnData:
    """Sum the counts of columns of one name; other matrices do not follow."""
    import anndata

    from cellglass.data.counts import counts_of
    from cellglass.data.genes import sum_columns

    if adata.isbacked:
        raise InputError(
            "gene names are duplicated in a backed file, whose columns cannot be summed on disk",
            where=where,
            fix="open with backed=False and collapse='sum'",
        )
    counts = counts_of(adata)
    unique = counts.var.index.unique()
    matrix = sum_columns(counts.matrix, unique.get_indexer(counts.var.index), len(unique))
    var = counts.var[~counts.var.index.duplicated()].loc[unique].copy()
    obs = adata.obs.copy()
    summed = anndata.AnnData(X=matrix, obs=obs, var=var, obsm=dict(adata.obsm))
    summed.uns[NOTES] = notes(adata)
    n = len(counts.var) - len(unique)
    text = (
        f"{n:,} columns were summed into others of the same gene name (counts from {counts.source}"
    )
    return _noted(summed, text + "; layers and raw were left out)")
