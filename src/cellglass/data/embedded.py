"""A small real data set that comes with an installed package: 700 blood cells."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from cellglass.data.cells import NOTES, open_cells
from cellglass.data.counts import counts_of
from cellglass.errors import ResourceError

if TYPE_CHECKING:
    from anndata import AnnData

FILE = "datasets/10x_pbmc68k_reduced.h5ad"


def pbmc68k_reduced() -> AnnData:
    """700 peripheral blood cells x 765 genes with whole counts and labels.

    Returns
    -------
    anndata.AnnData
        X: counts, CSR float32, recovered from the published log1p values (3 decimals) and proven;
        ``obs``: ``bulk_labels`` (10 cell types), ``louvain``, ``n_counts`` (totals over all genes
        of the cell) and the other published columns; ``obsm``: as published.

    Raises
    ------
    ResourceError
        If scanpy, whose package holds the file, is not installed.
    ScaleError
        If the file is another and its values are not provably counts.

    Notes
    -----
    Zheng et al., Nature Communications 2017, doi:10.1038/ncomms14049, as reduced by scanpy
    (BSD-3). scanpy is not imported: only its file is read.

    Examples
    --------
    >>> pbmc68k_reduced().shape
    (700, 765)
    """
    import anndata

    adata = open_cells(_file(), backed=False)
    counts = counts_of(adata)
    out = anndata.AnnData(
        X=counts.matrix, obs=adata.obs.copy(), var=counts.var.copy(), obsm=dict(adata.obsm)
    )
    out.uns[NOTES] = list(counts.notes)
    return out


def _file() -> Path:
    fix = "pip install cellglass[scanpy]"
    spec = importlib.util.find_spec("scanpy")
    if spec is None or not spec.submodule_search_locations:
        raise ResourceError(
            "the built-in data set is part of scanpy, which is not installed",
            where="pbmc68k_reduced",
            fix=fix,
        )
    path = Path(next(iter(spec.submodule_search_locations))) / FILE
    if not path.is_file():
        raise ResourceError(
            "the installed scanpy does not hold the built-in data set",
            where=str(path),
            fix=f"install another version: {fix}",
        )
    return path
