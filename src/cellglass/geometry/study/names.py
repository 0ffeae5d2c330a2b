"""Names of the tasks of the study of geometry, and how layers are told."""

from __future__ import annotations

from cellglass.geometry.states.accumulator import EMBEDDING
from cellglass.geometry.states.collect import ALL
from cellglass.runs.study import COPY

TOKEN_TABLE = -2
"""Layer of the static table of gene embeddings."""


def states_name(subject: str, *, untrained: bool = False) -> str:
    """Name of the task that holds the gene states of a model or of a cloud.

    Parameters
    ----------
    subject
        What the report calls it.
    untrained
        Whether those of its untrained copy.

    Examples
    --------
    >>> states_name("m"), states_name("m", untrained=True)
    ('gene-states/m', 'gene-states/m-untrained')
    """
    return f"gene-states/{subject}{COPY if untrained else ''}"


def scores_name(subject: str, domain: str, *, untrained: bool = False) -> str:
    """Name of the task that scores pairs of genes by their distances, in a domain."""
    return f"gene-distances/{subject}{COPY if untrained else ''}/{domain}"


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


def cells_of(domain: str) -> str:
    """The cells of a domain, for a sentence.

    Examples
    --------
    >>> cells_of("all"), cells_of("T cell")
    ('the cells', 'the cells of T cell')
    """
    return "the cells" if domain == ALL else f"the cells of {domain}"
