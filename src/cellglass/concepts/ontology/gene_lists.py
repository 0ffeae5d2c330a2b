"""Which genes stand for a unit: those over a cutoff, their effective number, or the top n."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats.enrichment import name_hash

ListRule = str | int
RULES = ("cutoff", "participation ratio")
THRESHOLD = 0.05


def participation_ratio(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Effective number of genes of each unit.

    Parameters
    ----------
    scores
        Units x genes; only positive scores count.

    Returns
    -------
    numpy.ndarray
        (sum F^2)^2 / sum F^4, shape (units,); 0 where no score is positive. n equal scores give
        n.

    Examples
    --------
    >>> participation_ratio(np.array([[2.0, 2.0, 0.0], [1.0, 0.0, 0.0]])).tolist()
    [2.0, 1.0]
    """
    positive = np.maximum(np.nan_to_num(scores), 0.0)
    top = positive.max(axis=1, keepdims=True, initial=0.0)
    square = np.divide(positive, top, out=np.zeros_like(positive), where=top > 0) ** 2
    fourth = (square**2).sum(1)
    return np.divide(square.sum(1) ** 2, fourth, out=np.zeros(len(scores)), where=fourth > 0)


def gene_lists(
    scores: NDArray[np.float64],
    tested: NDArray[np.bool_],
    genes: Sequence[str],
    *,
    rule: ListRule = "cutoff",
    threshold: float = THRESHOLD,
    gene_q: NDArray[np.float64] | None = None,
    gene_level: float = 0.05,
    seed: int = 42,
) -> NDArray[np.bool_]:
    """Choose the genes of each unit.

    Parameters
    ----------
    scores, tested
        Units x genes; scores of tested genes are finite.
    genes
        Gene names, which break ties.
    rule
        ``"cutoff"``: scores above `threshold` (Pedrocchi et al.); ``"participation ratio"``: as
        many of the highest positive scores as the effective number of genes, rounded; a number n:
        the n highest positive scores.
    threshold
        For ``"cutoff"``.
    gene_q
        Adjusted p of each gene's score, units x genes: only genes below `gene_level` are taken.
    gene_level
        For `gene_q`.
    seed
        Of the hash that breaks ties.

    Returns
    -------
    numpy.ndarray
        bool, units x genes.

    Raises
    ------
    InputError
        If the rule is unknown.

    Examples
    --------
    >>> s, t = np.array([[0.5, 0.01, 0.2]]), np.ones((1, 3), bool)
    >>> gene_lists(s, t, ["A", "B", "C"]).tolist()
    [[True, False, True]]
    >>> gene_lists(s, t, ["A", "B", "C"], rule=1).tolist()
    [[True, False, False]]
    """
    open_ = tested & (np.where(tested, scores, 0.0) > 0)
    if gene_q is not None:
        open_ &= gene_q < gene_level
    if rule == "cutoff":
        return open_ & (np.where(tested, scores, -np.inf) > threshold)
    if rule == "participation ratio":
        wanted = np.rint(participation_ratio(np.where(open_, scores, 0.0))).astype(np.int64)
    elif isinstance(rule, int) and not isinstance(rule, bool) and rule > 0:
        wanted = np.full(len(scores), rule)
    else:
        raise InputError(
            f"list rule {rule!r}", where="gene lists",
            expected=" or ".join([*map(repr, RULES), "a number of genes"]),
        )  # fmt: skip
    hashes = name_hash(genes, seed)
    out = np.zeros_like(open_)
    for row, n in enumerate(wanted):
        held = np.flatnonzero(open_[row])
        best = held[np.lexsort((hashes[held], -scores[row, held]))[:n]]
        out[row, best] = True
    return out
