"""Static token embeddings: the table of genes that a model starts from, before it sees a cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.models.contract import TransformerModel
from cellglass.models.inputs import unique_labels


def token_embeddings(model: TransformerModel, genes: Sequence[str] | None = None) -> PointCloud:
    """Rows of a model's table of gene embeddings.

    Parameters
    ----------
    model
        A transformer whose network has a table ``gene_embedding``.
    genes
        Names or symbols; all of the vocabulary where None. Unknown ones are an error.

    Returns
    -------
    PointCloud
        One row a gene. They know no cells and no layers: two models agree about them far less
        than about states (specification 0.7).

    Raises
    ------
    InputError
        If the model has no such table or a gene is not in its vocabulary.

    Examples
    --------
    >>> import cellglass as cg
    >>> token_embeddings(cg.load_model("mini-scgpt"), ["CD3D", "LYZ"]).points.shape
    (2, 128)
    """
    table = getattr(getattr(model, "network", None), "gene_embedding", None)
    if table is None:
        raise InputError(
            f"{getattr(model, 'name', model)} has no table of gene embeddings",
            where="token_embeddings",
            expected="network.gene_embedding, one row a token",
        )
    ids = np.array(sorted(model.vocabulary.ids.values()), dtype=np.int64)
    labels = unique_labels(model, ids)
    cloud = PointCloud.of(table.weight.detach().float().cpu().numpy()[ids], labels.tolist())
    return cloud if genes is None else cloud.take(list(genes))
