"""How good strata are, by measures that do not look at any edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

SAMPLE = 2000
SHUFFLES = 20


@dataclass(frozen=True)
class StratumQuality:
    """How good strata are, by measures that do not look at any edge.

    Attributes
    ----------
    silhouette
        Mean silhouette of the strata in the embedding.
    silhouette_shuffled
        The same with shuffled strata, mean of 20 draws.
    variance_between
        Share of the embedding's variance that lies between strata.
    n_strata, smallest, largest
        Number of strata and cells in the smallest and largest.
    """

    silhouette: float
    silhouette_shuffled: float
    variance_between: float
    n_strata: int
    smallest: int
    largest: int

    def __str__(self) -> str:
        return (
            f"{self.n_strata} strata with {self.smallest} to {self.largest} cells; silhouette "
            f"{self.silhouette:.3f} (shuffled {self.silhouette_shuffled:.3f}); "
            f"{self.variance_between:.0%} of the embedding's variance lies between them"
        )


def stratum_quality(
    embedding: NDArray[np.floating], strata: NDArray[np.integer], *, seed: int = DEFAULT_SEED
) -> StratumQuality:
    """Measure strata in an embedding of the cells.

    Parameters
    ----------
    embedding
        Cells x dimensions, for example the model's or principal components.
    strata
        Stratum of each cell, 0..n-1; cells with a negative one are left out.
    seed
        Of the shuffled comparison and of the sample (2,000 cells) that silhouettes use.

    Returns
    -------
    StratumQuality
        Silhouette, the mean of 20 shuffled ones, and the share of variance between strata.

    Raises
    ------
    InputError
        If there is not one stratum a cell, or fewer than two strata.

    Examples
    --------
    >>> import numpy as np
    >>> embedding = np.repeat([[0.0, 1.0], [9.0, 8.0]], 5, axis=0)
    >>> float(stratum_quality(embedding, np.repeat([0, 1], 5)).silhouette)
    1.0
    """
    from sklearn.metrics import silhouette_score

    if len(embedding) != len(strata):
        raise InputError(
            f"{len(embedding):,} cells in the embedding, {len(strata):,} strata",
            where="quality of strata",
            expected="one stratum a cell",
        )
    embedding, strata = embedding[strata >= 0], strata[strata >= 0]
    sizes = np.bincount(strata)
    sizes = sizes[sizes > 0]
    if len(sizes) < 2:
        raise InputError(f"{len(sizes)} strata", where="quality of strata", expected="two or more")
    rng = generator(seed, "stratum-quality")
    sample = np.sort(rng.permutation(len(strata))[:SAMPLE])
    part, codes = embedding[sample], strata[sample]
    shuffled = [silhouette_score(part, rng.permutation(codes)) for _ in range(SHUFFLES)]
    centred = embedding - embedding.mean(0)
    means = np.stack([centred[strata == s].mean(0) for s in np.unique(strata)])
    between = float((sizes[:, None] * means**2).sum() / max((centred**2).sum(), 1e-300))
    return StratumQuality(
        float(silhouette_score(part, codes)), float(np.mean(shuffled)), between,
        len(sizes), int(sizes.min()), int(sizes.max()),
    )  # fmt: skip
