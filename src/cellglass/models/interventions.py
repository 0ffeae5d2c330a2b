"""What to change on the way through a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

from .sites import Site
from .trace import Trace

StateChange = Callable[[Tensor, "PassContext"], Tensor]


@dataclass(frozen=True)
class PassContext:
    """Which cells a state belongs to: their indices in the tokens, and where tokens are."""

    cells: slice
    valid: Tensor
    n_cells: int  # of the whole pass


@dataclass(frozen=True)
class GeneEdit:
    """A change of the input: set, drop or swap genes. Families say what each means."""

    kind: Literal["set", "drop", "swap"]
    gene: str
    other: str | None = None
    value: float | None = None


@dataclass(frozen=True, eq=False)
class Intervention:
    """One change of a forward pass; made by the constructors below.

    Interventions on the same site apply in the order given, before taps read it. Layers and heads
    that the model lacks raise `InputError` in the forward pass.

    Examples
    --------
    >>> Intervention.head_zero(3, heads=[0, 2]).description
    'zero heads 0, 2 of layer 3'
    """

    description: str
    site: Site | None = None
    change: StateChange | None = None
    uniform: bool = False
    edit: GeneEdit | None = None

    @staticmethod
    def head_zero(layer: int, heads: Sequence[int]) -> Intervention:
        """Set the outputs of heads to zero before the output projection.

        Parameters
        ----------
        layer, heads
            Which heads, from 0.

        Examples
        --------
        >>> import cellglass as cg
        >>> model = cg.load_model("mini-scgpt")
        >>> tokens = model.tokenize(cg.data.pbmc68k_reduced()[:2])
        >>> change = cg.Intervention.head_zero(1, heads=[0])
        >>> trace = model.forward(tokens, [cg.Tap.head_output()], [change])
        >>> float(abs(trace.head_output[1, :, 0]).max())
        0.0
        """
        return _on_heads(layer, heads, "zero", lambda part, _: torch.zeros_like(part))

    @staticmethod
    def head_mean(layer: int, heads: Sequence[int], reference: Trace | ArrayLike) -> Intervention:
        """Replace the outputs of heads by their mean over a reference run.

        Parameters
        ----------
        layer, heads
            Which heads.
        reference
            A trace with `Tap.head_output`, whose mean over valid tokens is taken, or the means
            themselves, len(heads) x head width.

        Raises
        ------
        InputError
            If the trace holds no head outputs of that layer.

        Examples
        --------
        >>> Intervention.head_mean(0, [1], np.zeros((1, 32))).description
        'mean heads 1 of layer 0'
        """
        means = (
            _reference_rows(reference, layer, heads).mean(1)
            if isinstance(reference, Trace)
            else torch.as_tensor(np.asarray(reference))
        )

        def change(part: Tensor, _: PassContext) -> Tensor:
            return means.to(part)[None, :, None, :].expand_as(part)

        return _on_heads(layer, heads, "mean", change)

    @staticmethod
    def head_uniform(layer: int, heads: Sequence[int]) -> Intervention:
        """Make heads attend to all valid tokens alike (1/n), values kept.

        Parameters
        ----------
        layer, heads
            Which heads, from 0.

        Examples
        --------
        >>> Intervention.head_uniform(2, [0, 3]).description
        'uniform heads 0, 3 of layer 2'
        """
        site = Site.head_output(layer, heads)
        return Intervention(_describe("uniform", layer, heads), site, uniform=True)

    @staticmethod
    def head_resample(
        layer: int, heads: Sequence[int], reference: Trace, *, seed: int = DEFAULT_SEED
    ) -> Intervention:
        """Replace each token's head outputs by those of a random token of a reference run.

        Parameters
        ----------
        layer, heads
            Which heads.
        reference
            A trace with `Tap.head_output`.
        seed
            Draws depend on it and on the cell's index, not on batches.

        Raises
        ------
        InputError
            If the trace holds no head outputs of that layer.
        """
        bank = _reference_rows(reference, layer, heads)

        def change(part: Tensor, context: PassContext) -> Tensor:
            out = torch.empty_like(part)
            for i, cell in enumerate(range(context.cells.start, context.cells.stop)):
                rng = generator(seed, f"resample/{layer}/{cell}")
                rows = torch.as_tensor(rng.integers(bank.shape[1], size=part.shape[2]))
                out[i] = bank[:, rows].to(part)
            return out

        return _on_heads(layer, heads, "resample", change)

    @staticmethod
    def mlp_zero(layer: int) -> Intervention:
        """Set the output of a layer's feed-forward block to zero; the residual passes by.

        Parameters
        ----------
        layer
            From 0.
        """
        return Intervention(
            f"zero feed-forward block of layer {layer}",
            Site.mlp_output(layer),
            lambda state, _: torch.zeros_like(state),
        )

    @staticmethod
    def add_direction(site: Site, direction: ArrayLike, scale: float = 1.0) -> Intervention:
        """Add ``scale * direction`` to every token at a site.

        Parameters
        ----------
        site
            Where; not at head outputs, whose last axis is one head's width.
        direction
            Shape (width,).
        scale
            Factor.

        Examples
        --------
        >>> Intervention.add_direction(Site.residual(1), np.ones(128), scale=2).description
        'add a direction times 2 at residual 1'
        """
        vector = torch.as_tensor(np.asarray(direction))
        return Intervention(
            f"add a direction times {scale:g} at {site.kind} {site.layer}",
            site,
            lambda state, _: state + scale * vector.to(state),
        )

    @staticmethod
    def project_out(site: Site, direction: ArrayLike) -> Intervention:
        """Remove the component along a direction from every token at a site.

        Parameters
        ----------
        site
            Where.
        direction
            Shape (width,); its length does not matter.

        Raises
        ------
        InputError
            If the direction is zero.
        """
        vector = torch.as_tensor(np.asarray(direction))
        norm = torch.linalg.vector_norm(vector)
        if not float(norm) > 0:
            raise InputError("the direction to project out is zero", where="project_out")
        unit = vector / norm

        def change(state: Tensor, _: PassContext) -> Tensor:
            axis = unit.to(state)
            return state - (state @ axis)[..., None] * axis

        return Intervention(f"project out a direction at {site.kind} {site.layer}", site, change)

    @staticmethod
    def patch(
        site: Site, values: ArrayLike | Tensor, *, positions: Sequence[int] | None = None
    ) -> Intervention:
        """Put values of another run in place.

        Parameters
        ----------
        site
            Where. Head sites take the heads named there.
        values
            The state of all cells at the site, for example ``other.residual[layer]``; cells x
            positions x width (head sites: cells x heads x positions x head width).
        positions
            Only these positions; all when None.

        Raises
        ------
        InputError
            In the forward pass, if the values are of other cells or of another shape than the
            state at the site.

        Examples
        --------
        >>> import cellglass as cg
        >>> model = cg.load_model("mini-scgpt")
        >>> tokens = model.tokenize(cg.data.pbmc68k_reduced()[:2])
        >>> taps = [cg.Tap.residual()]
        >>> clean = model.forward(tokens, taps)
        >>> patch = cg.Intervention.patch(cg.Site.residual(0), clean.residual[0])
        >>> restored = model.forward(tokens, taps, [cg.Intervention.mlp_zero(0), patch])
        >>> bool(abs(restored.residual[1] - clean.residual[1])[tokens.valid].max() < 1e-4)
        True
        """
        held = values if isinstance(values, Tensor) else torch.as_tensor(np.asarray(values))

        def change(state: Tensor, context: PassContext) -> Tensor:
            new = held[context.cells].to(state)
            if new.shape[-2] > state.shape[-2]:  # the batch was trimmed to its longest cell
                new = new[..., : state.shape[-2], :]
            if new.shape != state.shape or len(held) != context.n_cells:
                raise InputError(
                    f"values of shape {tuple(held.shape)} cannot be patched into a state of "
                    f"shape {(context.n_cells, *state.shape[1:])}",
                    where=f"patch at {site.kind} {site.layer}",
                    fix="capture the values with a tap at the same site on the same tokens",
                )
            if positions is None:
                return new
            at = [p for p in positions if p < state.shape[-2]]
            out = state.clone()
            out[..., at, :] = new[..., at, :]
            return out

        return Intervention(f"patch {site.kind} {site.layer}", site, change)

    @staticmethod
    def map(site: Site, function: Callable[[Tensor], Tensor]) -> Intervention:
        """Send the state at a site through a function.

        Parameters
        ----------
        site
            Where.
        function
            Takes and gives the state of a batch as a torch tensor, cells x positions x width
            (head outputs: cells x heads x positions x head width).

        Examples
        --------
        >>> Intervention.map(Site.residual(0), lambda state: 2 * state).description
        'map residual 0'
        """
        return Intervention(f"map {site.kind} {site.layer}", site, lambda state, _: function(state))

    @staticmethod
    def set_gene(gene: str, value: float) -> Intervention:
        """Give a gene a value in every cell (scGPT: bin; scVI: count; Geneformer: normalised).

        The gene is added where a cell does not hold it; 0 drops it.

        Parameters
        ----------
        gene
            Name in the vocabulary, or symbol. `InputError` in the pass where it is unknown.
        value
            Its input value.
        """
        return Intervention(f"set {gene} to {value:g}", edit=GeneEdit("set", gene, value=value))

    @staticmethod
    def drop_gene(gene: str) -> Intervention:
        """Take a gene's token out of every cell that holds it.

        Parameters
        ----------
        gene
            Name in the vocabulary, or symbol.

        Examples
        --------
        >>> import cellglass as cg
        >>> model, cells = cg.load_model("mini-geneformer"), cg.data.pbmc68k_reduced()[:2]
        >>> model.embed_perturbed(cells, [cg.Intervention.drop_gene("LYZ")]).shape
        (2, 128)
        """
        return Intervention(f"drop {gene}", edit=GeneEdit("drop", gene))

    @staticmethod
    def swap_gene(gene: str, other: str) -> Intervention:
        """Exchange two genes' values (Geneformer: ranks) in cells that hold both or either.

        Parameters
        ----------
        gene, other
            Names in the vocabulary, or symbols.
        """
        return Intervention(f"swap {gene} and {other}", edit=GeneEdit("swap", gene, other))


def _describe(what: str, layer: int, heads: Sequence[int]) -> str:
    return f"{what} heads {', '.join(map(str, heads))} of layer {layer}"


def _on_heads(layer: int, heads: Sequence[int], what: str, change: StateChange) -> Intervention:
    return Intervention(_describe(what, layer, heads), Site.head_output(layer, heads), change)


def _reference_rows(reference: Any, layer: int, heads: Sequence[int]) -> Tensor:
    """Head outputs of all valid tokens of a reference run, heads x tokens x head width."""
    held = reference.tensor("head_output")
    layers = reference.layers["head_output"]
    if layer not in layers:
        raise InputError(
            f"the reference run holds head outputs of layers {list(layers)}, not of {layer}",
            fix="tap head_output at that layer in the reference run",
        )
    part = held[layers.index(layer)][:, list(heads)]
    valid = torch.as_tensor(reference.tokens.valid, device=part.device)[:, : part.shape[2]]
    return part.permute(1, 0, 2, 3)[:, valid]
