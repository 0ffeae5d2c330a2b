"""Terms that say the same: greedy choice of distinct ones, by shared genes or by the graph."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cellglass.data import OntologySimilarity
from cellglass.errors import InputError


def distinct_by_genes(genes: Sequence[Collection[str]], *, threshold: float = 0.5) -> list[int]:
    """Keep a term unless it shares most of its genes with a better one.

    Parameters
    ----------
    genes
        Genes behind each term (leading edge or overlap), best term first.
    threshold
        Largest Jaccard index with a term that was kept.

    Returns
    -------
    list of int
        Places of the terms kept.

    Examples
    --------
    >>> distinct_by_genes([{"A", "B"}, {"A", "B", "C"}, {"D"}])
    [0, 2]
    """
    held = [frozenset(g) for g in genes]
    kept: list[int] = []
    for i, mine in enumerate(held):
        if all(len(mine & held[k]) <= threshold * len(mine | held[k]) for k in kept):
            kept.append(i)
    return kept


def distinct_by_lin(
    terms: Sequence[str], similarity: OntologySimilarity | None, *, threshold: float = 0.5
) -> list[int]:
    """Keep a term unless it is close to a better one in the graph.

    Parameters
    ----------
    terms
        Ids, best first.
    similarity
        Of the library.
    threshold
        Largest Lin similarity with a term that was kept.

    Returns
    -------
    list of int
        Places of the terms kept.

    Raises
    ------
    InputError
        If the library has no graph.

    Examples
    --------
    >>> distinct_by_lin(terms, library.similarity)  # doctest: +SKIP
    """
    if similarity is None:
        raise InputError(
            "the library has no graph", where="redundancy by Lin similarity",
            fix="use by='genes', or load the library with ontology=",
        )  # fmt: skip
    lin = similarity.pairwise(terms)
    kept: list[int] = []
    for i in range(len(terms)):
        if not any(lin[i, k] > threshold for k in kept):
            kept.append(i)
    return kept
