"""Clouds that a user brings: a table with one row a gene, an array with names, an .h5ad."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cellglass.errors import InputError, located
from cellglass.geometry.cloud import PointCloud

KINDS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".parquet", ".npz", ".h5ad")


def read_cloud(path: str | Path, *, key: str | None = None) -> PointCloud:
    r"""Read one embedding a gene from a file.

    Parameters
    ----------
    path
        A table (CSV, TSV, also .gz, or Parquet) whose first column (or index, or column
        ``gene``) names the genes and all others are dimensions; an ``.npz`` with the arrays
        ``names`` and ``points``; an ``.h5ad`` with an entry of ``varm``.
    key
        Entry of ``varm``; needed where there are several.

    Returns
    -------
    PointCloud
        With the genes as they are named; a gene called NA is a gene.

    Raises
    ------
    InputError
        If the file does not exist, is of another kind, names a gene twice or holds values that
        are no finite numbers.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "genes.csv"
    >>> _ = file.write_text("gene,d1,d2\nNA,1,2\nLYZ,3,4\n")
    >>> read_cloud(file).names
    ('NA', 'LYZ')
    """
    file = Path(path)
    if not file.is_file():
        raise InputError("there is no such file", where=str(file))
    with located(file):
        name = file.name.lower()
        if name.endswith(".npz"):
            return _from_npz(file)
        if name.endswith(".h5ad"):
            return _from_h5ad(file, key)
        if not name.endswith(KINDS):
            raise InputError(
                f"a file of kind {file.suffix or 'unknown'}", expected=", ".join(KINDS)
            )
        return _from_table(_table(file, name))


def _table(file: Path, name: str) -> pd.DataFrame:
    if name.endswith(".parquet"):
        frame = pd.read_parquet(file)
        return frame if frame.index.dtype.kind in "iu" else frame.reset_index(names="gene")
    between = "," if ".csv" in name else "\t"
    # NA is a gene, so that only the numbers are parsed, below
    return pd.read_csv(file, sep=between, dtype=str, keep_default_na=False)


def _from_table(table: pd.DataFrame) -> PointCloud:
    if table.shape[1] < 2:
        raise InputError(
            f"{table.shape[1]} columns", expected="a column of genes, then one column a dimension"
        )
    gene = "gene" if "gene" in table.columns else table.columns[0]
    numbers = table.drop(columns=gene)
    try:
        points = numbers.astype(np.float64).to_numpy()
    except ValueError as error:
        raise InputError(
            f"values that are no numbers: {error}", expected="numbers in all columns but the genes"
        ) from error
    return PointCloud.of(points, table[gene].astype(str).tolist())


def _from_npz(file: Path) -> PointCloud:
    with np.load(file, allow_pickle=False) as held:
        missing = [k for k in ("names", "points") if k not in held]
        if missing:
            raise InputError(
                f"no array '{missing[0]}'", expected="names, shape (n,), and points, shape (n, d)"
            )
        return PointCloud.of(held["points"], held["names"].astype(str).tolist())


def _from_h5ad(file: Path, key: str | None) -> PointCloud:
    import anndata

    adata = anndata.read_h5ad(file, backed="r")
    try:
        names = list(adata.varm.keys())
        if key is None and len(names) != 1:
            raise InputError(
                f"varm has {len(names)} entries", expected="one, or key= to name it",
                fix=f"key= one of {', '.join(names)}" if names else "write the states into varm",
            )  # fmt: skip
        chosen = names[0] if key is None else key
        if chosen not in names:
            raise InputError(f"varm has no '{chosen}'", expected=", ".join(names))
        values = np.asarray(adata.varm[chosen], dtype=np.float64)
        return PointCloud.of(values, adata.var_names.astype(str).tolist())
    finally:
        adata.file.close()
