"""Numbers and names of layers, light enough for figures to import."""

from __future__ import annotations

EMBEDDING = -1
"""Input of the first block."""
TOKEN_TABLE = -2
"""Static table of gene embeddings, which has seen no cell."""


def layer_label(layer: int) -> str:
    """How a layer is called.

    Examples
    --------
    >>> [layer_label(i) for i in (-2, -1, 0)]
    ['token table', 'input', 'layer 0']
    """
    return {TOKEN_TABLE: "token table", EMBEDDING: "input"}.get(layer, f"layer {layer}")


def layer_place(layer: int) -> str:
    """Where in the model a layer is, for a sentence.

    Examples
    --------
    >>> [layer_place(i) for i in (-2, -1, 0)]
    ['in the token table', 'at the input', 'after layer 0']
    """
    return {TOKEN_TABLE: "in the token table", EMBEDDING: "at the input"}.get(
        layer, f"after layer {layer}"
    )
