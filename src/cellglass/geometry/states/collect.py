"""One pass of a model over cells, leaving the states of its genes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellglass.data import replicate_blocks
from cellglass.data.strata import column
from cellglass.errors import InputError
from cellglass.geometry.layers import EMBEDDING
from cellglass.models.contract import TransformerModel
from cellglass.models.inputs import unique_labels
from cellglass.models.tokens import Tokens
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.arguments import Ints

from .accumulator import GeneStateSums
from .gene_states import MIN_COUNT, GeneStates

if TYPE_CHECKING:
    from anndata import AnnData

ALL = "all"
"""Name of the one domain where no column of domains is given."""


def gene_states(
    model: TransformerModel,
    cells: AnnData,
    *,
    genes: Sequence[str] | None = None,
    layers: Sequence[int] | None = None,
    donor: str | None = None,
    n_blocks: int = 5,
    domain: str | None = None,
    min_count: int = MIN_COUNT,
    seed: int = DEFAULT_SEED,
    batch_size: int = 8,
) -> GeneStates:
    """Mean state of each gene over the cells that contain it, from one pass over the cells.

    Parameters
    ----------
    model
        A transformer over genes.
    cells
        Counts, cells x genes.
    genes
        Names or symbols of the model's vocabulary; all that a cell holds as a token where None.
    layers
        Layers to keep, -1 for the input of the first block; all where None.
    donor
        Column of ``cells.obs`` whose values are the replicate blocks; folds of cells where None.
    n_blocks
        Folds of cells.
    domain
        Column of ``cells.obs`` by which states are kept apart, such as tissue or condition.
    min_count
        Tokens a gene needs to be in a cloud.
    seed
        Of the tokeniser and the folds.
    batch_size
        Cells at once; it changes no sum but by the rounding of the forward pass.

    Returns
    -------
    GeneStates
        Memory: layers x blocks x domains x genes x width in float32, whatever the cells.

    Raises
    ------
    InputError
        If the model is no transformer, a gene is not in its vocabulary, a layer or column does
        not exist, or no cell holds a gene of the model.

    Notes
    -----
    Specification 2.1: output of each block at the tokens of a gene, averaged over cells.

    Examples
    --------
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-geneformer"), cg.data.pbmc68k_reduced()[:40]
    >>> states = gene_states(model, cells, layers=[0], min_count=1)
    >>> states.cloud(0).points.shape[1] == model.width
    True
    """
    _check_model(model)
    kept_layers = _layers(model, layers)
    tokens = model.tokenize(cells, seed=seed)
    ids = _ids(model, tokens, genes)
    blocks = replicate_blocks(cells.obs, donor, n_blocks, seed)
    domain_codes, domains = _domains(cells, domain)
    group = domain_codes * len(blocks.names) + blocks.codes
    n_groups = len(domains) * len(blocks.names)
    sums = GeneStateSums(
        tokens, ids, model.vocabulary.n_embeddings, group, n_groups,
        layers=kept_layers, width=model.width,
    )  # fmt: skip
    model.forward(tokens, [sums.tap()], batch_size=batch_size)
    return GeneStates(
        sums.sums,
        sums.counts,
        tuple(unique_labels(model, ids).tolist()),
        kept_layers,
        np.tile(np.arange(len(blocks.names)), len(domains)),
        np.repeat(np.arange(len(domains)), len(blocks.names)),
        tuple(blocks.names),
        domains,
        blocks.unit,
        min_count,
        {"model": model.name, "family": model.family, "seed": str(seed)},
    )


def _check_model(model: Any) -> None:
    if not isinstance(model, TransformerModel):
        raise InputError(
            f"{getattr(model, 'name', model)} has no states of genes",
            where="gene_states",
            expected="a transformer over genes",
            fix="give the cloud yourself (PointCloud.of, read_cloud)",
        )


def _layers(model: TransformerModel, layers: Sequence[int] | None) -> tuple[int, ...]:
    every = range(EMBEDDING, model.n_layers)
    chosen = tuple(every) if layers is None else tuple(dict.fromkeys(int(at) for at in layers))
    wrong = [at for at in chosen if at not in every]
    if wrong or not chosen:
        raise InputError(
            f"layers {wrong or 'none'} asked for", where="gene_states",
            expected=f"-1 (the input of the first block) to {model.n_layers - 1}",
        )  # fmt: skip
    return chosen


def _ids(model: TransformerModel, tokens: Tokens, genes: Sequence[str] | None) -> Ints:
    """Vocabulary ids of the genes asked for, or of all that are tokens."""
    vocabulary = model.vocabulary
    if genes is None:
        found: NDArray[np.int64] = np.unique(tokens.gene_ids[tokens.is_gene]).astype(np.int64)
        if not found.size:
            raise InputError("no cell holds a gene of the model", where="gene_states",
                             fix="check the gene identifiers of the cells")  # fmt: skip
        return found
    ids = vocabulary.lookup(genes)
    by_symbol = {str(s): i for i, s in enumerate(vocabulary.labels) if s}
    ids = np.array([i if i >= 0 else by_symbol.get(g, -1) for g, i in zip(genes, ids, strict=True)])
    missing = [g for g, i in zip(genes, ids, strict=True) if i < 0]
    if missing:
        raise InputError(
            f"{len(missing)} genes are not in the vocabulary of {model.name}, first {missing[0]}",
            where="genes",
            fix="leave them out, or name them as the model does",
        )
    if len(np.unique(ids)) < len(ids):
        raise InputError("a gene is named twice", where="genes")
    return ids.astype(np.int64)


def _domains(cells: AnnData, domain: str | None) -> tuple[Ints, tuple[str, ...]]:
    if domain is None:
        return np.zeros(cells.n_obs, dtype=np.int64), (ALL,)
    found = column(cells.obs, domain, role="domains")
    names, codes = np.unique(np.asarray(found.values, dtype=str), return_inverse=True)
    return codes.astype(np.int64), tuple(names.tolist())
