"""Names of the genes of a cloud that a user brings, and its width; the numbers are not read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cellglass.errors import InputError, located

if TYPE_CHECKING:
    from cellglass.runs.geometry_section import CloudConfig


def read_size(cloud: CloudConfig) -> tuple[list[str], int]:
    r"""Names of genes and dimensions of a file of gene embeddings.

    Parameters
    ----------
    cloud
        Entry of the study: a table, .npz or .h5ad.

    Returns
    -------
    names : list of str
        As they stand in the file.
    width : int
        Dimensions.

    Raises
    ------
    InputError
        If there is no such file, or it does not hold what its ending says. What the run asks of
        the numbers is not looked at.

    Examples
    --------
    >>> import tempfile
    >>> from cellglass.runs.geometry_section import CloudConfig
    >>> file = Path(tempfile.mkdtemp()) / "genes.csv"
    >>> _ = file.write_text("gene,d1,d2\nNA,1,2\nLYZ,3,4\n")
    >>> read_size(CloudConfig(path=str(file)))
    (['NA', 'LYZ'], 2)
    """
    file = Path(cloud.path)
    if not file.is_file():
        raise InputError("there is no such file", where=str(file))
    name = file.name.lower()
    with located(file):
        if name.endswith(".npz"):
            return _of_arrays(file)
        if name.endswith(".h5ad"):
            return _of_varm(file, cloud.key)
        if name.endswith(".parquet"):
            return _of_parquet(file)
        return _of_text(file, "," if ".csv" in name else "\t")


def _of_arrays(file: Path) -> tuple[list[str], int]:
    with np.load(file, allow_pickle=False) as held:
        missing = [k for k in ("names", "points") if k not in held]
        if missing:
            raise InputError(f"no array '{missing[0]}'", expected="names and points")
        return held["names"].astype(str).tolist(), int(held["points"].shape[1])


def _of_varm(file: Path, key: str | None) -> tuple[list[str], int]:
    import anndata

    adata = anndata.read_h5ad(file, backed="r")
    try:
        chosen = key if key is not None else next(iter(adata.varm.keys()), "")
        if chosen not in adata.varm:
            raise InputError(f"varm has no '{chosen}'", expected=", ".join(adata.varm.keys()))
        return adata.var_names.astype(str).tolist(), int(adata.varm[chosen].shape[1])
    finally:
        adata.file.close()


def _of_parquet(file: Path) -> tuple[list[str], int]:
    import pyarrow.parquet as pq

    schema = pq.read_schema(file)
    index = (schema.pandas_metadata or {}).get("index_columns", [])
    named = [c for c in index if isinstance(c, str)]
    gene = "gene" if "gene" in schema.names else (named or schema.names)[0]
    names = pq.read_table(file, columns=[gene]).column(gene).to_pylist()
    return [str(n) for n in names], len(schema.names) - 1


def _of_text(file: Path, between: str) -> tuple[list[str], int]:
    columns = list(pd.read_csv(file, sep=between, nrows=0, dtype=str).columns)
    gene = "gene" if "gene" in columns else columns[0]
    # NA is a gene
    names = pd.read_csv(file, sep=between, usecols=[gene], dtype=str, keep_default_na=False)
    return names[gene].tolist(), len(columns) - 1
