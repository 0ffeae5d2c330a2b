"""Embed cells into a store, shard by shard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.models.cell_model import CellModel
from cellglass.seeds import DEFAULT_SEED

from .sources import checked_columns, described, hash_of_cells, hash_of_model, shards_of
from .store import EmbeddingStore
from .writer import StoreWriter

if TYPE_CHECKING:
    from anndata import AnnData

SHARD_CELLS = 2048


def embed_cells(
    model: CellModel,
    cells: AnnData,
    folder: str | Path,
    *,
    layer: int | None = None,
    pooling: str | None = None,
    normalise: bool = False,
    obs_columns: Sequence[str] | None = None,
    seed: int = DEFAULT_SEED,
    shard_cells: int = SHARD_CELLS,
    overwrite: bool = False,
) -> EmbeddingStore:
    """Embed cells with a model and keep them in a folder.

    Parameters
    ----------
    model
        Any model. One that knows what a swap of genes is (`swap_space`) embeds with the
        draws that attribution will use: what is random is drawn once, by gene, so the
        activations found here are those that are explained there.
    cells
        Counts; may lie on disk (``anndata.read_h5ad(..., backed="r")``).
    folder
        Where to put them. A folder begun with the same arguments is continued: shards that are
        finished are checked and kept.
    layer, pooling
        Which state of a transformer and how it is pooled (``"cls"``, ``"mean"``); the family's
        published choice where None.
    normalise
        Divide each embedding by its norm.
    obs_columns
        Columns of ``obs`` to keep: labels, donors, batches; all of them where None.
    seed
        Of what the model draws.
    shard_cells
        Cells a shard: what is held in memory at once. It changes no embedding.
    overwrite
        Delete a store in this folder that was made with other arguments or of other cells.

    Returns
    -------
    EmbeddingStore
        Cells x width, in the order of `cells`.

    Raises
    ------
    InputError
        If cells share a name, a column is missing, the folder holds something else, the model
        has no such layer, or an embedding is not finite.

    Examples
    --------
    >>> import tempfile
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:6]
    >>> folder = tempfile.mkdtemp() + "/cells"
    >>> store = embed_cells(model, cells, folder, obs_columns=["bulk_labels"], shard_cells=4)
    >>> store.array.shape, list(store.obs)
    ((6, 128), ['cell', 'bulk_labels'])
    """
    columns = checked_columns(cells, obs_columns)
    settings = {
        "level": "cell",
        **described_model(model),
        "layer": getattr(model, "embedding_layer", None) if layer is None else layer,
        "pooling": (pooling or getattr(model, "pooling", None)),
        "normalised": bool(normalise),
        "seed": seed,
        "draws": "gene" if knows_swaps(model) else "model",
        "obs_columns": columns,
        "n_cells": cells.n_obs,
        "shard_cells": checked_size(shard_cells),
    }
    options: dict[str, Any] = {"layer": layer, "pooling": pooling, "normalise": normalise}
    n_shards = -(-cells.n_obs // shard_cells)
    writer = StoreWriter(Path(folder), settings, n_shards, overwrite=overwrite)
    for i, part in enumerate(shards_of(cells, shard_cells)):
        source = hash_of_cells(part)
        if not writer.done(i, source):
            writer.write(i, _embedded(model, part, seed, options), described(part, columns), source)
    return writer.finish()


def knows_swaps(model: CellModel) -> bool:
    """Whether the model's family says what exchanging a gene means."""
    return type(model).swap_space is not CellModel.swap_space


def described_model(model: CellModel) -> dict[str, Any]:
    """Entries of a store's description that say which model it was."""
    return {
        "model": model.name,
        "family": model.family,
        "model_hash": hash_of_model(model),
        "covariates": covariates_of(model),
        "held_batch": getattr(model, "batch", None),
    }


def covariates_of(model: CellModel) -> list[str]:
    """Columns of ``obs`` that a model was set up with; each cell is embedded at its own values."""
    setup = getattr(model, "setup", None)
    if setup is None:
        return []
    categories = [c for c in (setup.batch, *setup.categorical) if c is not None]
    return [*(str(c.key) for c in categories), *map(str, setup.continuous)]


def checked_size(shard_cells: int) -> int:
    """Cells a shard, at least 1."""
    if shard_cells < 1:
        raise InputError(
            f"shards of {shard_cells} cells", where="shard_cells", expected="1 or more"
        )
    return int(shard_cells)


def _embedded(
    model: CellModel, cells: AnnData, seed: int, options: dict[str, Any]
) -> NDArray[np.float32]:
    """Embeddings of one shard, cells x width."""
    given = {
        name: value for name, value in options.items() if value is not None and value is not False
    }
    if knows_swaps(model):
        return np.asarray(model.swap_space(cells, seed=seed, **given).embed(), dtype=np.float32)
    normalise = given.pop("normalise", False)
    if given:
        raise InputError(
            f"{' and '.join(given)} given for {model.name}",
            where="embed_cells",
            expected="a model with layers; this one embeds cells in one way",
            fix=f"leave out {' and '.join(given)}",
        )
    embedding = np.asarray(model.embed(cells, seed=seed), dtype=np.float32)
    if normalise:
        embedding = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
    return embedding
