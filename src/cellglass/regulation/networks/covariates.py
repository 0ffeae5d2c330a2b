"""What scores are residualised on: gene-level covariates and pairwise ones, apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .baselines import GeneStatistics
from .recovery import Pairs

GENE_LEVEL = "gene level"
PUBLISHED = "gene level, published five"
PAIRWISE = "pairwise"
BOTH = "gene level and pairwise"

FIVE = ("regulator mean", "regulator variance", "target mean", "target variance",
        "target detection")  # fmt: skip


@dataclass(frozen=True)
class CovariateSet:
    """A set of covariates, made when it is used.

    Parameters
    ----------
    name
        As tables call it.
    columns
        What its columns are.
    pairwise
        Whether co-expression is among them: a residual of co-expression itself is then nothing.
    make
        Gives float64, evaluable pairs x columns.
    """

    name: str
    columns: tuple[str, ...]
    pairwise: bool
    make: Callable[[], NDArray[np.float64]]


def covariate_sets(
    pairs: Pairs, statistics: GeneStatistics, correlation: Callable[[], NDArray[np.float64]]
) -> list[CovariateSet]:
    """The sets of covariates, in the order in which they are reported.

    Parameters
    ----------
    pairs
        The universe.
    statistics
        Mean, variance and detection of regulators and genes.
    correlation
        Gives Spearman's correlation with its sign, regulators x genes.

    Returns
    -------
    list of CovariateSet
        All of `GeneStatistics.covariates`; the published five; co-expression with and without
        its sign; both kinds together.

    Notes
    -----
    Specification 2.8. The port took dropout where detection stands here: one minus the other,
    and the same fit.

    Examples
    --------
    >>> import pandas as pd
    >>> features = pd.DataFrame({"mean": [1.0, 2.0], "variance": 1.0, "detection": 0.5},
    ...     index=["A", "B"])
    >>> mask = np.array([[False, True]])
    >>> pairs = Pairs(("A",), ("A", "B"), mask, mask, "x")
    >>> statistics = GeneStatistics.of(features, ("A",), ("A", "B"))
    >>> sets = covariate_sets(pairs, statistics, lambda: np.array([[1.0, -0.5]]))
    >>> [(s.name, s.make().shape[1]) for s in sets]
    [('gene level', 10), ('gene level, published five', 5), ('pairwise', 2), \
('gene level and pairwise', 12)]
    """

    def gene_level() -> NDArray[np.float64]:
        return statistics.covariates(pairs.mask)[0]

    def published() -> NDArray[np.float64]:
        values, names = statistics.covariates(pairs.mask)
        return values[:, [names.index(n) for n in FIVE]]

    def pairwise() -> NDArray[np.float64]:
        signed = correlation()[pairs.mask]
        return np.column_stack([np.abs(signed), signed])

    nothing = np.zeros_like(pairs.mask)
    every = tuple(statistics.covariates(nothing)[1])
    of_pairs = ("|Spearman|", "Spearman")
    return [
        CovariateSet(GENE_LEVEL, every, False, gene_level),
        CovariateSet(PUBLISHED, FIVE, False, published),
        CovariateSet(PAIRWISE, of_pairs, True, pairwise),
        CovariateSet(
            BOTH, (*every, *of_pairs), True, lambda: np.hstack([gene_level(), pairwise()])
        ),
    ]
