"""Are the strongest edges of a layer members of a reference more often than others?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.stats import NullDistribution, permutation_test

from .profile_universe import Universe

TOP = 1000
SMALLEST_SHARE = 0.1
"""Of all pairs: a top of more than a tenth is no top."""


@dataclass(frozen=True)
class TopEnrichment:
    """Members among the strongest pairs.

    Parameters
    ----------
    k, hits, expected
        Size of the top, members in it, and what the base rate gives.
    odds_ratio
        Of the 2 x 2 table; inf where no pair outside is a member.
    p_enriched, p_depleted
        Fisher's exact test, one tail each, as published. It takes pairs for independent.
    null
        Hits when genes exchange their names: pairs of one gene stay together.
    """

    k: int
    hits: int
    expected: float
    odds_ratio: float
    p_enriched: float
    p_depleted: float
    null: NullDistribution


def top_size(n_pairs: int) -> int:
    """1,000, or a tenth of the pairs where that is less.

    Parameters
    ----------
    n_pairs
        Size of the universe.

    Examples
    --------
    >>> top_size(100_000), top_size(3000)
    (1000, 300)
    """
    return max(1, min(TOP, int(SMALLEST_SHARE * n_pairs)))


def top_enrichment(
    universe: Universe,
    scores: NDArray[np.float64],
    reference: str,
    *,
    draws: int,
    seed: int,
    task: str,
) -> TopEnrichment:
    """Test the strongest pairs for membership.

    Parameters
    ----------
    universe
        Pairs and references.
    scores
        Of each pair.
    reference
        Which reference.
    draws, seed, task
        Of the exchange of names.

    Returns
    -------
    TopEnrichment
        Fisher's exact test of both tails (specification 2.17), and the quadratic assignment
        null, whose unit is the gene (Krackhardt, Social Networks 1988).
    """
    from scipy.stats import fisher_exact

    labels = universe.labels[reference]
    n, members = labels.size, int(labels.sum())
    k = top_size(n)
    top = np.argsort(-scores, kind="stable")[:k]
    hits = int(labels[top].sum())
    table = [[hits, k - hits], [members - hits, n - k - members + hits]]
    odds = float(fisher_exact(table).statistic)
    first, second = universe.first[top], universe.second[top]
    square = universe.squares[reference]

    def exchanged(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        found = np.empty(size)
        for draw in range(size):
            rows = rng.permutation(square.shape[0])
            columns = rng.permutation(square.shape[1]) if universe.directed else rows
            found[draw] = square[rows[first], columns[second]].sum()
        return found

    return TopEnrichment(
        k, hits, k * members / n, odds,
        float(fisher_exact(table, alternative="greater").pvalue),
        float(fisher_exact(table, alternative="less").pvalue),
        permutation_test(hits, exchanged, draws=draws, seed=seed, task=task),
    )  # fmt: skip
