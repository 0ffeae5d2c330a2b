"""Does a model predict what is hidden better than means do? Losses cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.models.taps import Tap
from cellglass.seeds import DEFAULT_SEED, generator

if TYPE_CHECKING:
    from cellglass.models.contract import TransformerModel
    from cellglass.models.tokens import Tokens

MASKED_SHARE = 0.15
SHUFFLES = 20
SHRINK = 2.0  # pseudo-cells at the gene's mean in the mean of a cell type


def masked_positions(
    tokens: Tokens, *, share: float = MASKED_SHARE, seed: int = DEFAULT_SEED
) -> NDArray[np.bool_]:
    """Draw the gene tokens to hide, at least one a cell, from the seed and the cell's name."""
    hidden = np.zeros(tokens.valid.shape, bool)
    names = tokens.cell_names or [str(i) for i in range(len(tokens))]
    for i, name in enumerate(names):
        genes = np.flatnonzero(tokens.is_gene[i])
        n = max(1, round(share * len(genes)))
        rng = generator(seed, f"masked/{name}")
        hidden[i, rng.permutation(genes)[:n]] = True
    return hidden


def hidden_entries(
    model: TransformerModel, tokens: Tokens, hidden: NDArray[np.bool_], *, batch_size: int = 8
) -> pd.DataFrame:
    """Predict hidden tokens.

    Parameters
    ----------
    model
        The model.
    tokens
        Cells as they are.
    hidden
        Positions to hide, cells x positions.
    batch_size
        Cells at once; their logits are held for a moment.

    Returns
    -------
    pandas.DataFrame
        One row a hidden token: cell, gene (vocabulary id), truth and prediction. For scGPT the
        value (bin) and the decoded one; for Geneformer truth is nan and prediction the log
        probability of the hidden gene.
    """
    masked = model.mask_tokens(tokens, hidden)
    parts = []
    for start in range(0, len(tokens), batch_size):
        stop = min(start + batch_size, len(tokens))
        logits = model.forward(masked[start:stop], [Tap.logits()], batch_size=batch_size).tensor(
            "logits"
        )
        cells, positions = np.nonzero(hidden[start:stop])
        genes = tokens.gene_ids[start:stop][cells, positions]
        if logits.dim() == 3:
            import torch

            at = torch.log_softmax(logits[cells, positions].float(), -1)
            prediction = at[torch.arange(len(genes)), torch.as_tensor(genes)].cpu().numpy()
            truth = np.full(len(genes), np.nan)
        else:
            prediction = logits[cells, positions].float().cpu().numpy()
            if tokens.values is None:
                raise InputError("the tokens carry no values", where="masked prediction")
            truth = tokens.values[start:stop][cells, positions]
        parts.append(
            pd.DataFrame(
                {"cell": cells + start, "gene": genes, "truth": truth.astype(float),
                 "prediction": prediction.astype(float)}
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def value_losses(
    entries: pd.DataFrame,
    visible: pd.DataFrame,
    labels: NDArray[np.str_] | None,
    *,
    seed: int = DEFAULT_SEED,
) -> pd.DataFrame:
    """Squared errors of a model that predicts values, beside those of means.

    Parameters
    ----------
    entries
        Hidden tokens, see `hidden_entries`.
    visible
        Tokens that were not hidden: cell, gene, truth. Means are taken over them.
    labels
        Type of each cell, for the mean of the type.
    seed
        Of the shuffled contexts.

    Returns
    -------
    pandas.DataFrame
        One row a cell: n, and sums of squared errors of ``model`` (its predictions moved, gene
        by gene, to the level of the visible values: what a cell's context says, not what the
        level of a gene is in another data set), ``model_raw``, ``gene_mean``, ``type_mean`` and
        ``shuffled`` (the model's predictions exchanged between cells, gene by gene).
    """
    truth, gene = entries["truth"].to_numpy(), entries["gene"].to_numpy()
    cell, raw = entries["cell"].to_numpy(), entries["prediction"].to_numpy()
    level = _gene_means(visible, gene)
    own_level = _mean_of(raw, gene)[gene]
    moved = raw - own_level + level
    losses = {
        "model": (moved - truth) ** 2,
        "model_raw": (raw - truth) ** 2,
        "gene_mean": (level - truth) ** 2,
    }
    if labels is not None:
        by_type = _type_means(visible, labels, gene, cell, level)
        losses["type_mean"] = (by_type - truth) ** 2
    shuffled = np.zeros(len(truth))
    for draw in range(SHUFFLES):
        exchanged = _exchanged(moved, gene, generator(seed, f"masked/shuffle/{draw}"))
        shuffled += (exchanged - truth) ** 2 / SHUFFLES
    losses["shuffled"] = shuffled
    return _by_cell(cell, losses)


def gene_losses(
    entries: pd.DataFrame,
    swapped: NDArray[np.floating],
    visible: pd.DataFrame,
    labels: NDArray[np.str_] | None,
    n_genes: int,
) -> pd.DataFrame:
    """Cross-entropies (nats) of a model that predicts genes, beside those of frequencies.

    Parameters
    ----------
    entries
        Hidden tokens with the log probability of the true gene.
    swapped
        Log probability of the same genes where the context is that of another cell.
    visible
        Tokens that were not hidden: cell, gene. Frequencies are counted over them.
    labels
        Type of each cell.
    n_genes
        Size of the vocabulary, for the smoothing by one pseudo-count a gene.

    Returns
    -------
    pandas.DataFrame
        As `value_losses`, with ``gene_mean`` the frequency of the gene and ``type_mean`` its
        frequency in the cell's type.
    """
    gene, cell = entries["gene"].to_numpy(), entries["cell"].to_numpy()
    counts = np.bincount(visible["gene"], minlength=n_genes).astype(float)
    frequency = (counts + 1) / (counts.sum() + n_genes)
    losses = {
        "model": -entries["prediction"].to_numpy(),
        "gene_mean": -np.log(frequency[gene]),
        "shuffled": -np.asarray(swapped, float),
    }
    if labels is not None:
        losses["type_mean"] = _type_cross_entropy(visible, labels, gene, cell, frequency)
    return _by_cell(cell, losses)


def visible_tokens(tokens: Tokens, hidden: NDArray[np.bool_]) -> pd.DataFrame:
    """Gene tokens that are not hidden: cell, gene, truth."""
    cells, positions = np.nonzero(tokens.is_gene & ~hidden)
    values = np.zeros(len(cells)) if tokens.values is None else tokens.values[cells, positions]
    return pd.DataFrame(
        {"cell": cells, "gene": tokens.gene_ids[cells, positions], "truth": values.astype(float)}
    )


def _mean_of(values: NDArray[np.floating], gene: NDArray[np.int64]) -> NDArray[np.float64]:
    counts = np.bincount(gene)
    return np.bincount(gene, values) / np.maximum(counts, 1)


def _gene_means(visible: pd.DataFrame, gene: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean visible value of each hidden entry's gene; the mean of all where it is never seen."""
    n = int(max(visible["gene"].max(), gene.max())) + 1
    counts = np.bincount(visible["gene"], minlength=n)
    sums = np.bincount(visible["gene"], visible["truth"], minlength=n)
    overall = float(visible["truth"].mean())
    return np.where(counts > 0, sums / np.maximum(counts, 1), overall)[gene]


def _type_means(
    visible: pd.DataFrame,
    labels: NDArray[np.str_],
    gene: NDArray[np.int64],
    cell: NDArray[np.int64],
    level: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean over the visible cells of the type, drawn a little towards the gene's mean."""
    codes, n_types = _codes(labels)
    n = int(max(visible["gene"].max(), gene.max())) + 1
    flat = codes[visible["cell"]] * n + visible["gene"].to_numpy()
    counts = np.bincount(flat, minlength=n_types * n)
    sums = np.bincount(flat, visible["truth"], minlength=n_types * n)
    at = codes[cell] * n + gene
    return (sums[at] + SHRINK * level) / (counts[at] + SHRINK)


def _type_cross_entropy(
    visible: pd.DataFrame,
    labels: NDArray[np.str_],
    gene: NDArray[np.int64],
    cell: NDArray[np.int64],
    frequency: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Frequency in the cell's type, with the overall frequencies as prior."""
    codes, n_types = _codes(labels)
    n = len(frequency)
    flat = codes[visible["cell"]] * n + visible["gene"].to_numpy()
    counts = np.bincount(flat, minlength=n_types * n).reshape(n_types, n)
    prior = 1000.0  # pseudo-tokens; a cell has hundreds
    smoothed = (counts + prior * frequency) / (counts.sum(1, keepdims=True) + prior)
    return -np.log(smoothed[codes[cell], gene])


def _codes(labels: NDArray[np.str_]) -> tuple[NDArray[np.int64], int]:
    names, codes = np.unique(labels, return_inverse=True)
    return codes, len(names)


def _exchanged(
    values: NDArray[np.float64], gene: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Values permuted among the entries of the same gene."""
    by_gene = np.argsort(gene, kind="stable")
    shuffled = np.lexsort((rng.random(len(gene)), gene))
    out = np.empty_like(values)
    out[by_gene] = values[shuffled]
    return out


def _by_cell(cell: NDArray[np.int64], losses: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    cells, codes = np.unique(cell, return_inverse=True)
    table = {"cell": cells, "n": np.bincount(codes)}
    table |= {name: np.bincount(codes, loss) for name, loss in losses.items()}
    return pd.DataFrame(table)
