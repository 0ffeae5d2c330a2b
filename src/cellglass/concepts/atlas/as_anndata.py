"""An atlas as AnnData, so that scanpy users can plot at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from anndata import AnnData

    from .atlas import ConceptAtlas


def as_anndata(atlas: ConceptAtlas) -> AnnData:
    """Cells x genes without expression, with concepts as annotations.

    Parameters
    ----------
    atlas
        The atlas.

    Returns
    -------
    anndata.AnnData
        ``obs``: cells, and one column a concept with its activation; ``obsm["X_units"]``:
        activations of all units; ``obsm["X_map"]``: the map; ``varm["unit_scores"]``: attribution
        scores; ``uns["units"]``: the table of units, in the order of these columns;
        ``uns["enrichment"]``; ``uns["cellglass"]``: model and format.

    Examples
    --------
    >>> import cellglass as cg
    >>> adata = cg.concepts.ConceptAtlas.open("atlas/scvi").to_anndata()  # doctest: +SKIP
    >>> import scanpy
    >>> scanpy.pl.embedding(adata, "X_map", color="concept 17")  # doctest: +SKIP
    """
    import pandas as pd
    from anndata import AnnData

    from .schema import SCHEMA_VERSION

    units = atlas.units
    by_cell = np.asarray(atlas.activations.T.toarray(), dtype=np.float32)
    obs = atlas.cells.drop(columns=["cell", "x", "y"])
    obs.index = atlas.cells["cell"].astype(str).to_numpy()
    concepts = (units["kind"] == "concept").to_numpy()
    named = pd.DataFrame(
        by_cell[:, concepts], index=obs.index, columns=units.loc[concepts, "name"].tolist()
    )
    var = atlas.genes.drop(columns="gene")
    var.index = atlas.genes["gene"].astype(str).to_numpy()
    adata = AnnData(obs=pd.concat([obs, named], axis=1), var=var)
    adata.obsm["X_units"] = by_cell
    adata.obsm["X_map"] = atlas.cells[["x", "y"]].to_numpy()
    adata.varm["unit_scores"] = np.asarray(atlas.scores.T)
    adata.uns["units"] = units.copy()
    adata.uns["enrichment"] = atlas.table("enrichment").copy()
    adata.uns["cellglass"] = {"model": atlas.model, "schema": SCHEMA_VERSION}
    return adata
