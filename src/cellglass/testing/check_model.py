"""Does a model keep the contract? What every `TransformerModel` must do, tested on real cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import CheckpointError
from cellglass.models.accumulate import EdgeAccumulator, EdgeAxes
from cellglass.models.contract import TransformerModel
from cellglass.models.interventions import Intervention
from cellglass.models.sites import Site
from cellglass.models.taps import Tap
from cellglass.models.tokens import Tokens

if TYPE_CHECKING:
    from anndata import AnnData

ATOL, RTOL = 1e-5, 1e-4


def check_model(model: TransformerModel, cells: AnnData) -> list[str]:
    """Test that a model keeps the contract.

    Parameters
    ----------
    model
        The model, for example of a family that another package registers.
    cells
        A few cells with counts (four or more; eight are plenty).

    Returns
    -------
    list of str
        One line a check, with what was measured.

    Raises
    ------
    CheckpointError
        The first check that fails: what was found and what the contract says.

    Examples
    --------
    >>> import cellglass as cg
    >>> lines = check_model(cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:4])
    >>> any("padding" in line for line in lines)
    True
    """
    tokens = model.tokenize(cells)
    checks: tuple[Callable[[TransformerModel, Tokens], str], ...] = (
        _shapes,
        _attention_rows,
        _padding,
        _batches,
        _causality,
        _patching,
        _reducer,
        _masking,
    )
    lines = [_tokens(model, tokens, cells)]
    return lines + [check(model, tokens) for check in checks]


def _tokens(model: TransformerModel, tokens: Tokens, cells: AnnData) -> str:
    _require(len(tokens) == cells.n_obs, f"{len(tokens)} rows of tokens for {cells.n_obs} cells")
    longest = int(tokens.lengths.max())
    _require(longest <= model.max_tokens, f"{longest} tokens, at most {model.max_tokens}")
    ids = tokens.gene_ids[tokens.valid]
    _require(
        ids.min() >= 0 and ids.max() < model.vocabulary.n_embeddings, "ids outside the vocabulary"
    )
    again = model.tokenize(cells)
    _require(
        np.array_equal(again.gene_ids, tokens.gene_ids), "tokenising twice gives different tokens"
    )
    genes = tokens.is_gene.sum(1)
    return f"tokens: {int(np.median(genes))} genes a cell (median), the same each time"


def _shapes(model: TransformerModel, tokens: Tokens) -> str:
    taps = [Tap.residual(), Tap.attention(), Tap.head_output(), Tap.mlp_output(), Tap.logits(),
            Tap.cell_embedding()]  # fmt: skip
    trace = model.forward(tokens, taps)
    n, p = tokens.gene_ids.shape
    layers, heads, width = model.n_layers, model.n_heads, model.width
    for name, shape in {
        "embedding": (n, p, width),
        "residual": (layers, n, p, width),
        "attention": (layers, n, heads, p, p),
        "head_output": (layers, n, heads, p, width // heads),
        "mlp_output": (layers, n, p, width),
        "cell_embedding": (n, width),
    }.items():
        found = getattr(trace, name).shape
        _require(found == shape, f"trace.{name} has shape {found}, not {shape}")
    _require(trace.logits.shape[:2] == (n, p), f"trace.logits has shape {trace.logits.shape}")
    _require(bool(np.isfinite(trace.cell_embedding).all()), "cell embeddings are not finite")
    return f"taps: {layers} layers, {heads} heads, width {width}, all shapes as stated"


def _attention_rows(model: TransformerModel, tokens: Tokens) -> str:
    attention = model.forward(tokens, [Tap.attention()]).attention
    sums = attention.sum(-1).transpose(1, 3, 0, 2)
    worst = float(np.abs(sums[tokens.valid] - 1).max())
    _require(worst < 1e-4, f"attention rows sum to 1 only within {worst:.1e}")
    at_padding = attention.transpose(1, 4, 0, 2, 3)
    leaked = float(np.abs(at_padding[~tokens.valid]).max(initial=0.0))
    _require(leaked == 0, f"padding receives attention up to {leaked:.1e}")
    return f"attention: rows sum to 1 within {worst:.0e}, nothing at padding"


def _padding(model: TransformerModel, tokens: Tokens) -> str:
    """More padding changes nothing, nor does what stands there."""
    gene = int(tokens.gene_ids[0][tokens.is_gene[0]][0])
    n, at_end = len(tokens), ((0, 0), (0, 7))
    values = tokens.values
    if values is not None:
        values = np.pad(np.where(tokens.valid, values, 5), at_end, constant_values=5)
    wider = Tokens(
        np.pad(np.where(tokens.valid, tokens.gene_ids, gene), at_end, constant_values=gene),
        np.hstack([tokens.valid, np.zeros((n, 7), bool)]),
        values,
        None,
        tokens.vocabulary,
        tokens.cell_names,
    )
    one = model.forward(tokens, [Tap.cell_embedding()]).cell_embedding
    worst = _difference(model.forward(wider, [Tap.cell_embedding()]).cell_embedding, one)
    _require(worst <= 1, f"padding changes the cell embedding ({worst:.1f} times the tolerance)")
    return "padding: more of it, and what stands there, changes nothing"


def _batches(model: TransformerModel, tokens: Tokens) -> str:
    one = model.forward(tokens, [Tap.cell_embedding()], batch_size=1).cell_embedding
    all_at_once = model.forward(tokens, [Tap.cell_embedding()], batch_size=99).cell_embedding
    worst = _difference(all_at_once, one)
    _require(worst <= 1, f"results depend on batches ({worst:.1f} times the tolerance)")
    return "batches: results agree whatever their size"


def _causality(model: TransformerModel, tokens: Tokens) -> str:
    """A head changes what comes after it and nothing before it."""
    layer = model.n_layers // 2
    taps = [Tap.residual()]
    clean = model.forward(tokens, taps).residual
    changed = model.forward(
        tokens, taps, [Intervention.head_zero(layer, range(model.n_heads))]
    ).residual
    before = np.abs(changed[:layer] - clean[:layer]).max(initial=0.0)
    after = np.abs(changed[layer:] - clean[layer:])[:, tokens.valid].max()
    _require(before == 0, "zeroing heads changed an earlier layer")
    _require(after > 0, "zeroing all heads of a layer changed nothing after it")
    return f"interventions: zeroing layer {layer} changes later layers by {after:.2g}, earlier by 0"


def _patching(model: TransformerModel, tokens: Tokens) -> str:
    """Patching a run with its own state changes nothing; with another run's, makes it that run."""
    layer = max(model.n_layers - 2, 0)
    site = Site.residual(layer)
    taps = [Tap.residual(), Tap.cell_embedding()]
    clean = model.forward(tokens, taps)
    ablated_by = [Intervention.mlp_zero(0)]
    restored = model.forward(
        tokens, taps, [*ablated_by, Intervention.patch(site, clean.residual[layer])]
    )
    last = model.n_layers - 1
    worst = _difference(restored.residual[last][tokens.valid], clean.residual[last][tokens.valid])
    _require(worst <= 1, f"patching does not restore the clean run ({worst:.1f} x tolerance)")
    return "patching: the clean state restores the clean run"


def _reducer(model: TransformerModel, tokens: Tokens) -> str:
    """Sums in the pass equal sums of kept attention; special tokens and padding add to nothing."""
    seen = np.unique(tokens.gene_ids[tokens.is_gene])[:50]
    axes = EdgeAxes(seen[:10], seen, model.vocabulary.n_embeddings)
    sink = EdgeAccumulator(
        tokens, axes, np.zeros(len(tokens), np.int64), 1,
        layers=range(model.n_layers), n_heads=model.n_heads,
    )  # fmt: skip
    model.forward(tokens, [Tap.attention(reduce=sink)])
    expected = _summed(model, tokens, axes)
    worst = _difference(sink.sums[0], expected)
    _require(worst <= 1, f"accumulated attention differs ({worst:.1f} x tolerance)")
    return "accumulation: equals the sum of kept attention"


def _summed(model: TransformerModel, tokens: Tokens, axes: EdgeAxes) -> NDArray[np.float32]:
    """Mean over heads of kept attention, added pair by pair: slow and obvious."""
    attention = model.forward(tokens, [Tap.attention()]).attention.mean(2)
    out = np.zeros((model.n_layers, len(axes.rows), len(axes.columns)), np.float32)
    row_of, column_of = axes.row_of(), axes.column_of()
    for cell in range(len(tokens)):
        genes = [(p, g) for p, g in enumerate(tokens.gene_ids[cell]) if tokens.is_gene[cell, p]]
        for p, gene in genes:
            for q, other in genes:
                if row_of[gene] >= 0 and column_of[other] >= 0:
                    out[:, row_of[gene], column_of[other]] += attention[:, cell, p, q]
    return out


def _masking(model: TransformerModel, tokens: Tokens) -> str:
    hidden = np.zeros_like(tokens.valid)
    for cell in range(len(tokens)):
        hidden[cell, np.flatnonzero(tokens.is_gene[cell])[0]] = True
    masked = model.mask_tokens(tokens, hidden)
    changed = (masked.gene_ids != tokens.gene_ids) & hidden
    if tokens.values is not None and masked.values is not None:
        changed |= (masked.values != tokens.values) & hidden
    _require(bool(changed[hidden].all()), "masking a token does not change it")
    _require(np.array_equal(masked.valid, tokens.valid), "masking changes which tokens are valid")
    return "masking: hides the token, keeps its place"


def _difference(found: NDArray[np.floating], expected: NDArray[np.floating]) -> float:
    """Largest difference in units of the tolerance."""
    return float((np.abs(found - expected) / (ATOL + RTOL * np.abs(expected))).max(initial=0.0))


def _require(fine: bool, found: str) -> None:
    if not fine:
        raise CheckpointError(
            f"the model breaks the contract: {found}",
            where="cellglass.testing.check_model",
            fix="see the contract in cellglass.models.contract",
        )
