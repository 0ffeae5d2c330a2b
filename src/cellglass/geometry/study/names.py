"""Names of the tasks of the study of geometry, and how cells are told."""

from __future__ import annotations

from cellglass.geometry.states.collect import ALL
from cellglass.runs.study import COPY


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


def cells_of(domain: str) -> str:
    """The cells of a domain, for a sentence.

    Examples
    --------
    >>> cells_of("all"), cells_of("T cell")
    ('the cells', 'the cells of T cell')
    """
    return "the cells" if domain == ALL else f"the cells of {domain}"
