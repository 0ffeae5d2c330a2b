"""One forward pass: binds taps and interventions to the encoder's sites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor

from cellglass.errors import InputError

from .attention import AttentionObserver
from .interventions import Intervention, PassContext
from .sites import SiteKind
from .taps import StateReducer, Tap
from .tokens import Tokens
from .trace import Trace

_STATE_TAPS: dict[SiteKind, str] = {
    "residual": "residual",
    "head_output": "head_output",
    "mlp_output": "mlp_output",
}


class ForwardPass:
    """Collects what is tapped and applies what is changed; implements `PassHooks`.

    Parameters
    ----------
    tokens
        All cells of the pass.
    taps, interventions
        What to read and what to change.
    n_layers, n_heads
        Of the model, for checking and for the size of what is kept.
    """

    def __init__(
        self,
        tokens: Tokens,
        taps: Sequence[Tap],
        interventions: Sequence[Intervention],
        n_layers: int,
        n_heads: int,
    ) -> None:
        self.trace = Trace(tokens)
        self.n_layers, self.n_heads = n_layers, n_heads
        self.observers: list[AttentionObserver] = []
        self._changes: dict[tuple[SiteKind, int | None], list[Intervention]] = defaultdict(list)
        self._uniform: dict[int, set[int]] = defaultdict(set)
        self._kept: dict[str, tuple[int, ...]] = {}
        self._reducers: dict[str, list[tuple[tuple[int, ...], StateReducer]]] = defaultdict(list)
        self._context = PassContext(slice(0, 0), torch.empty(0), len(tokens))
        self._full: _KeepAttention | None = None
        _refuse_clashes(taps)
        for tap in taps:
            self._bind_tap(tap)
        for intervention in interventions:
            self._bind_intervention(intervention)

    def _bind_tap(self, tap: Tap) -> None:
        layers = tuple(range(self.n_layers)) if tap.layers is None else tap.layers
        self._check_layers(layers, f"Tap.{tap.kind}")
        if tap.kind == "attention":
            if tap.observer is not None:
                self._bind_observer(tap.observer)
            elif self._full is None:
                self._full = _KeepAttention(self.trace.tokens, layers, self.n_heads)
                self.observers.append(self._full)
        elif tap.kind in _STATE_TAPS.values():
            if tap.reducer is not None:
                self._reducers[tap.kind].append((layers, tap.reducer))
            else:
                self._kept[tap.kind] = layers

    def _bind_observer(self, observer: AttentionObserver) -> None:
        """Check the layers an observer names, and hand it the tokens as gene edits left them."""
        self._check_layers(getattr(observer, "layers", None) or (), "Tap.attention(reduce=...)")
        begin_pass = getattr(observer, "begin_pass", None)
        if begin_pass is not None:
            begin_pass(self.trace.tokens)
        self.observers.append(observer)

    def _bind_intervention(self, intervention: Intervention) -> None:
        site = intervention.site
        if site is None:
            return
        if site.layer is not None:
            self._check_layers((site.layer,), intervention.description)
        if any(not 0 <= h < self.n_heads for h in site.heads or ()):
            raise InputError(
                f"heads {list(site.heads or ())} asked for",
                where=intervention.description,
                expected=f"0 to {self.n_heads - 1}",
            )
        if intervention.uniform and site.layer is not None:
            every = range(self.n_heads)
            self._uniform[site.layer].update(every if site.heads is None else site.heads)
        else:
            self._changes[site.kind, site.layer].append(intervention)

    def _check_layers(self, layers: Sequence[int], where: str) -> None:
        wrong = [layer for layer in layers if not 0 <= layer < self.n_layers]
        if wrong:
            raise InputError(
                f"layers {wrong} asked for", where=where, expected=f"0 to {self.n_layers - 1}"
            )

    def begin_batch(self, cells: slice, valid: Tensor) -> None:
        """Announce the cells of the next batch."""
        self._context = PassContext(cells, valid, len(self.trace.tokens))
        for observer in self.observers:
            observer.begin_batch(cells.start)

    def uniform_heads(self, layer: int) -> Sequence[int]:
        """Heads whose attention is to be uniform."""
        return sorted(self._uniform.get(layer, ()))

    def at(self, kind: SiteKind, layer: int | None, state: Tensor) -> Tensor:
        """Apply the interventions of a site, then record it."""
        for intervention in self._changes.get((kind, layer), ()):
            state = self._apply(intervention, state)
        self._record(kind, layer, state)
        return state

    def _apply(self, intervention: Intervention, state: Tensor) -> Tensor:
        change, site = intervention.change, intervention.site
        if change is None or site is None:
            return state
        if site.heads is None:
            return change(state, self._context)
        heads = list(site.heads)
        out = state.clone()
        out[:, heads] = change(state[:, heads], self._context)
        return out

    def _record(self, kind: SiteKind, layer: int | None, state: Tensor) -> None:
        if kind == "embedding":
            if "residual" in self._kept:
                self._keep("embedding", 0, 1, state)
            for _, reducer in self._reducers["residual"]:
                reducer(-1, self._context.cells, state)
            return
        if kind not in _STATE_TAPS or layer is None:
            return
        name = _STATE_TAPS[kind]
        layers = self._kept.get(name, ())
        if layer in layers:
            self._keep(name, layers.index(layer), len(layers), state)
        for wanted, reducer in self._reducers[name]:
            if layer in wanted:
                reducer(layer, self._context.cells, state)

    def _keep(self, name: str, slot: int, n_slots: int, state: Tensor) -> None:
        """Write a batch's state into the result, padded to the tokens' positions."""
        cells = self._context.cells
        n_cells, n_positions = self.trace.tokens.gene_ids.shape
        held = self.trace._tensors.get(name)
        if held is None:
            shape = (n_slots, n_cells, *state.shape[1:-2], n_positions, state.shape[-1])
            held = torch.zeros(shape, dtype=state.dtype, device=state.device)
            self.trace.put(name, held, self._kept.get(name))
        held[slot, cells, ..., : state.shape[-2], :] = state

    def finish(self) -> Trace:
        """Complete the trace after the last batch."""
        if self._full is not None and self._full.held is not None:
            self.trace.put("attention", self._full.held, self._full.layers)
        embedding = self.trace._tensors.get("embedding")
        if embedding is not None and embedding.dim() == 4:
            self.trace.put("embedding", embedding[0])
        return self.trace


def stacked(parts: Sequence[Tensor], n_positions: int, key: str) -> Tensor:
    """Concatenate batches over cells; position-wise results are padded to `n_positions`."""
    if key == "cell_embedding":
        return torch.cat(list(parts))
    first = parts[0]
    shape = (sum(len(p) for p in parts), n_positions, *first.shape[2:])
    out = torch.zeros(shape, dtype=first.dtype, device=first.device)
    row = 0
    for part in parts:
        out[row : row + len(part), : part.shape[1]] = part
        row += len(part)
    return out


def _refuse_clashes(taps: Sequence[Tap]) -> None:
    """Two taps that would fill one entry of the trace with different things are an error."""
    held: dict[str, Tap] = {}
    for tap in taps:
        if tap.observer is not None or tap.reducer is not None:
            continue
        first = held.setdefault(tap.kind, tap)
        if tap != first:
            raise InputError(
                f"two taps of different settings would fill trace.{tap.kind}: {_settings(first)} "
                f"and {_settings(tap)}",
                where=f"Tap.{tap.kind}",
                expected="one tap of a kind a pass (or several with reduce=)",
                fix="run a second forward pass, or tap all layers at once and choose afterwards",
            )


def _settings(tap: Tap) -> str:
    """Settings of a tap that differ between taps of its kind, as they were given."""
    names = ("layer", "pooling", "normalise") if tap.kind == "cell_embedding" else ("layers",)
    return ", ".join(f"{name}={getattr(tap, name)}" for name in names)


class _KeepAttention:
    """Observer that keeps every weight: layers x cells x heads x query x key."""

    needs_qkv = False

    def __init__(self, tokens: Tokens, layers: tuple[int, ...], n_heads: int) -> None:
        self.tokens, self.layers, self.n_heads = tokens, layers, n_heads
        self.held: Tensor | None = None
        self.first_cell = 0
        self._cell = 0
        self._positions = torch.empty(0, dtype=torch.long)

    def wants(self, layer: int) -> bool:
        return layer in self.layers

    def begin_batch(self, first_cell: int) -> None:
        self.first_cell = first_cell

    def begin_cell(self, cell: int, positions: Tensor) -> None:
        self._cell, self._positions = self.first_cell + cell, positions

    def query_rows(self) -> Tensor | None:
        return None

    def update(
        self, layer: int, rows: Tensor, weights: Tensor, qkv: tuple[Tensor, Tensor, Tensor] | None
    ) -> None:
        if self.held is None:
            n_cells, n = self.tokens.gene_ids.shape
            self.held = torch.zeros(
                (len(self.layers), n_cells, self.n_heads, n, n),
                dtype=weights.dtype,
                device=weights.device,
            )
        target = self.held[self.layers.index(layer), self._cell]
        queries = self._positions[rows]
        target[:, queries[:, None], self._positions[None, :]] = weights
