"""The second level: one embedding a gene of a cell, the state of its token at a layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from cellglass.errors import InputError
from cellglass.models.contract import TransformerModel
from cellglass.models.taps import Tap
from cellglass.models.tokens import Tokens
from cellglass.seeds import DEFAULT_SEED, generator

from .embed_cells import checked_size, described_model
from .sources import checked_columns, described, hash_of_cells, shards_of
from .store import EmbeddingStore
from .writer import StoreWriter

if TYPE_CHECKING:
    from anndata import AnnData

SHARD_CELLS = 256
TOKEN_COLUMNS = ("gene", "position", "value")


def embed_gene_tokens(
    model: TransformerModel,
    cells: AnnData,
    folder: str | Path,
    *,
    layer: int,
    max_tokens_per_cell: int | None = None,
    obs_columns: Sequence[str] | None = None,
    seed: int = DEFAULT_SEED,
    shard_cells: int = SHARD_CELLS,
    batch_size: int = 16,
    overwrite: bool = False,
) -> EmbeddingStore:
    """Embed the genes of cells: the residual state of each gene's token after a layer.

    Parameters
    ----------
    model
        A transformer over genes.
    cells, folder, obs_columns, seed, overwrite
        As for `embed_cells`. Randomness is drawn by gene where the model can.
    layer
        Output of which layer; -1 is the input of the first.
    max_tokens_per_cell
        Keep so many tokens of each cell, drawn by the cell's name; all where None.
    shard_cells
        Cells a shard. It changes no embedding.
    batch_size
        Cells that go through the model at once.

    Returns
    -------
    EmbeddingStore
        One row a gene token. ``obs`` has ``cell``, ``gene``, ``position`` in the sequence and
        ``value`` as the model reads it (scGPT: the bin; Geneformer: the normalised expression
        by which genes are ranked), then the columns of the cells. Special tokens and padding
        are left out.

    Raises
    ------
    InputError
        As `embed_cells`; also if the model is no transformer.

    Examples
    --------
    >>> import tempfile
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:3]
    >>> store = embed_gene_tokens(
    ...     model, cells, tempfile.mkdtemp() + "/tokens", layer=0, max_tokens_per_cell=5
    ... )
    >>> store.array.shape, store.meta["level"]
    ((15, 128), 'gene token')
    """
    _check(model, layer, max_tokens_per_cell)
    columns = checked_columns(cells, obs_columns)
    clash = [c for c in columns if c in TOKEN_COLUMNS]
    if clash:
        raise InputError(
            f"a column is called '{clash[0]}'",
            where="cells.obs",
            expected=f"other names than {', '.join(TOKEN_COLUMNS)}, which describe the tokens",
            fix="leave it out with obs_columns=, or rename it",
        )
    settings = {
        "level": "gene token",
        **described_model(model),
        "layer": layer,
        "pooling": None,
        "normalised": False,
        "seed": seed,
        "draws": "gene" if _draws_by_gene(model) else "model",
        "max_tokens_per_cell": max_tokens_per_cell,
        "obs_columns": columns,
        "n_cells": cells.n_obs,
        "shard_cells": checked_size(shard_cells),
    }
    n_shards = -(-cells.n_obs // shard_cells)
    writer = StoreWriter(Path(folder), settings, n_shards, overwrite=overwrite)
    for i, part in enumerate(shards_of(cells, shard_cells)):
        source = hash_of_cells(part)
        if writer.done(i, source):
            continue
        tokens = _tokens(model, part, seed)
        cell, position = _chosen(tokens, list(part.obs_names), max_tokens_per_cell, seed)
        states = _states(model, tokens, cell, position, layer, batch_size)
        obs = _described(model, tokens, cell, position, described(part, columns))
        writer.write(i, states, obs, source)
    return writer.finish()


def _check(model: TransformerModel, layer: int, max_tokens_per_cell: int | None) -> None:
    if not isinstance(model, TransformerModel):
        raise InputError(
            f"{getattr(model, 'name', model)} has no gene tokens",
            where="embed_gene_tokens",
            expected="a transformer over genes",
            fix="use embed_cells",
        )
    if not -1 <= layer < model.n_layers:
        raise InputError(
            f"layer {layer} asked for",
            where="embed_gene_tokens",
            expected=f"-1 (the input of the first layer) to {model.n_layers - 1}",
        )
    if max_tokens_per_cell is not None and max_tokens_per_cell < 1:
        raise InputError(
            f"{max_tokens_per_cell} tokens a cell", where="max_tokens_per_cell",
            expected="1 or more, or None for all",
        )  # fmt: skip


def _draws_by_gene(model: TransformerModel) -> bool:
    """Whether the tokeniser knows common random numbers; one that draws nothing needs none."""
    return "draws" in getattr(getattr(model, "tokenizer", None), "__dataclass_fields__", {})


def _tokens(model: TransformerModel, cells: AnnData, seed: int) -> Tokens:
    options = {"draws": "gene"} if _draws_by_gene(model) else {}
    return model.tokenize(cells, seed=seed, **options)


def _chosen(
    tokens: Tokens, names: Sequence[str], limit: int | None, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cell and position of each token kept, in order."""
    kept = []
    for cell, name in enumerate(names):
        positions = np.flatnonzero(tokens.is_gene[cell])
        if limit is not None and len(positions) > limit:
            # by the cell's name, so that shards and batches do not matter
            rng = generator(seed, f"gene tokens/{name}")
            positions = np.sort(rng.choice(positions, limit, replace=False))
        kept.append(positions)
    lengths = [len(p) for p in kept]
    return np.repeat(np.arange(len(names)), lengths), np.concatenate(kept).astype(np.int64)


def _states(
    model: TransformerModel,
    tokens: Tokens,
    cell: NDArray[np.int64],
    position: NDArray[np.int64],
    layer: int,
    batch_size: int,
) -> NDArray[np.float32]:
    """States of some tokens at a layer; those of the others are never kept."""
    out = np.empty((len(cell), model.width), dtype=np.float32)

    def keep(at: int, cells: slice, state: Tensor) -> None:
        if at != layer:
            return
        rows = slice(*np.searchsorted(cell, [cells.start, cells.stop]))
        out[rows] = state[cell[rows] - cells.start, position[rows]].float().cpu().numpy()

    tap = Tap.residual([] if layer == -1 else [layer], reduce=keep)
    model.forward(tokens, [tap], batch_size=batch_size)
    return out


def _described(
    model: TransformerModel,
    tokens: Tokens,
    cell: NDArray[np.int64],
    position: NDArray[np.int64],
    cells: pd.DataFrame,
) -> pd.DataFrame:
    """What each row is."""
    genes = model.vocabulary.names[tokens.gene_ids[cell, position]].astype(object)
    parts = {"cell": cells["cell"].to_numpy()[cell], "gene": genes, "position": position}
    if tokens.values is not None:
        parts["value"] = tokens.values[cell, position]
    others = cells.drop(columns="cell").iloc[cell].reset_index(drop=True)
    return pd.concat([pd.DataFrame(parts), others], axis=1)
