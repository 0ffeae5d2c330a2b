"""What to read on the way through a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from .attention import AttentionObserver

TapKind = Literal["residual", "attention", "head_output", "mlp_output", "logits", "cell_embedding"]
StateReducer = Callable[[int, slice, Tensor], None]


@dataclass(frozen=True)
class Tap:
    """One thing to read; made by the constructors below.

    Examples
    --------
    >>> Tap.residual(layers=[0, 3]).layers
    (0, 3)
    """

    kind: TapKind
    layers: tuple[int, ...] | None = None
    observer: AttentionObserver | None = None
    reducer: StateReducer | None = None
    pooling: Literal["cls", "mean"] | None = None
    layer: int | None = None
    normalise: bool = False

    @staticmethod
    def residual(layers: Sequence[int] | None = None, *, reduce: StateReducer | None = None) -> Tap:
        """Output of each layer.

        Parameters
        ----------
        layers
            Which layers; all when None.
        reduce
            Called as ``reduce(layer, cells, state)`` with the slice of cells and their state
            (cells x positions x width) instead of keeping it; the layer of the embedding is -1.

        Returns
        -------
        Tap
            Fills ``trace.residual`` (layers x cells x positions x width) and
            ``trace.embedding`` (input of the first layer).
        """
        return Tap("residual", _layers(layers), reducer=reduce)

    @staticmethod
    def attention(
        layers: Sequence[int] | None = None, *, reduce: AttentionObserver | None = None
    ) -> Tap:
        """Attention probabilities after the softmax.

        Parameters
        ----------
        layers
            Which layers; all when None. A reducer decides for itself.
        reduce
            Reads the weights where they are computed instead of keeping them.

        Returns
        -------
        Tap
            Fills ``trace.attention``, layers x cells x heads x query x key; zero at padding.
        """
        return Tap("attention", _layers(layers), observer=reduce)

    @staticmethod
    def head_output(
        layers: Sequence[int] | None = None, *, reduce: StateReducer | None = None
    ) -> Tap:
        """Head outputs: fills ``trace.head_output``, layers x cells x heads x positions x width."""
        return Tap("head_output", _layers(layers), reducer=reduce)

    @staticmethod
    def mlp_output(
        layers: Sequence[int] | None = None, *, reduce: StateReducer | None = None
    ) -> Tap:
        """Feed-forward outputs: fills ``trace.mlp_output``, as ``trace.residual``."""
        return Tap("mlp_output", _layers(layers), reducer=reduce)

    @staticmethod
    def logits() -> Tap:
        """Read the model's predictions.

        Returns
        -------
        Tap
            Fills ``trace.logits``: masked-gene logits (cells x positions x vocabulary) for
            Geneformer, decoded expression (cells x positions) for scGPT, whose decoder from the
            cell embedding fills ``trace.cell_logits`` (cells x positions) as well.
        """
        return Tap("logits")

    @staticmethod
    def cell_embedding(
        *,
        layer: int | None = None,
        pooling: Literal["cls", "mean"] | None = None,
        normalise: bool = False,
    ) -> Tap:
        """One vector a cell.

        Parameters
        ----------
        layer
            Output of which layer; the family's published choice when None.
        pooling
            ``"cls"`` or the ``"mean"`` over gene tokens; the published choice when None.
        normalise
            Divide by the Euclidean norm (as scGPT's published embedding call does).

        Returns
        -------
        Tap
            Fills ``trace.cell_embedding``, cells x width.
        """
        return Tap("cell_embedding", layer=layer, pooling=pooling, normalise=normalise)


def _layers(layers: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if layers is None else tuple(int(layer) for layer in layers)
