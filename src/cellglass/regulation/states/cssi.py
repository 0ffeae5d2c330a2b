"""CSSI: edge scores within cell states, put together again; always beside shuffled states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError, nearest
from cellglass.regulation.coexpression import spearman
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats import NullDistribution

Aggregator = Literal[
    "max", "mean", "unweighted mean", "median", "std", "range", "deviation", "size-weighted sum"
]
AGGREGATORS: tuple[Aggregator, ...] = get_args(Aggregator)
EdgeFunction = Callable[[NDArray[np.int64]], NDArray[np.float64]]


def aggregate(
    by_stratum: NDArray[np.floating],
    sizes: NDArray[np.integer],
    how: Aggregator,
    *,
    pooled: NDArray[np.floating] | None = None,
) -> NDArray[np.float64]:
    """Put the scores of strata together.

    Parameters
    ----------
    by_stratum
        Scores, strata x regulators x genes; nan where a pair is not seen in a stratum.
    sizes
        Cells of each stratum.
    how
        ``"max"``; ``"mean"`` (weighted by the share of cells); ``"unweighted mean"``;
        ``"median"``; ``"std"``; ``"range"`` (max - min); ``"deviation"`` (largest
        ``|score - pooled|``); ``"size-weighted sum"`` (as in SCENIC-style aggregation).
    pooled
        Score over all cells; needed for the deviation.

    Returns
    -------
    numpy.ndarray
        Regulators x genes; nan where no stratum sees the pair.

    Notes
    -----
    Specification 2.16. Strata that do not see a pair are left out, weights renormalised.

    Examples
    --------
    >>> float(aggregate(np.array([[[0.1]], [[0.5]]]), np.array([30, 10]), "mean")[0, 0])
    0.2
    """
    scores = np.asarray(by_stratum, dtype=np.float64)
    seen = np.isfinite(scores)
    anywhere = np.asarray(seen.any(0))
    weights = np.asarray(sizes, dtype=np.float64)[:, None, None] * seen
    filled = np.where(seen, scores, 0.0)
    if how in ("mean", "size-weighted sum"):
        total = (filled * weights).sum(0)
        out = total / np.maximum(weights.sum(0), 1e-300) if how == "mean" else total
    elif how == "unweighted mean":
        out = filled.sum(0) / np.maximum(seen.sum(0), 1)
    elif how == "max":
        out = np.where(seen, scores, -np.inf).max(0)
    elif how == "range":
        out = np.where(seen, scores, -np.inf).max(0) - np.where(seen, scores, np.inf).min(0)
    elif how == "median":
        out = _nanmedian(scores, anywhere)
    elif how == "std":
        mean = filled.sum(0) / np.maximum(seen.sum(0), 1)
        square = (np.where(seen, scores - mean, 0.0) ** 2).sum(0)
        out = np.sqrt(square / np.maximum(seen.sum(0), 1))
    elif how == "deviation":
        if pooled is None:
            raise InputError("the deviation needs the pooled score", where="CSSI", fix="pooled=")
        out = np.where(seen, np.abs(scores - pooled), -np.inf).max(0)
    else:
        raise InputError(f"no aggregator '{how}'", where="CSSI", fix=nearest(how, AGGREGATORS))
    return np.where(anywhere, out, np.nan)


def _nanmedian(scores: NDArray[np.float64], anywhere: NDArray[np.bool_]) -> NDArray[np.float64]:
    out = np.zeros(scores.shape[1:])
    out[anywhere] = np.nanmedian(scores[:, anywhere], axis=0)
    return out


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


def stratum_quality(
    embedding: NDArray[np.floating], strata: NDArray[np.integer], *, seed: int = DEFAULT_SEED
) -> StratumQuality:
    """Measure strata in an embedding of the cells.

    Parameters
    ----------
    embedding
        Cells x dimensions, for example the model's or principal components.
    strata
        Stratum of each cell, 0..n-1.
    seed
        Of the shuffled comparison and of the sample (2,000 cells) that silhouettes use.

    Returns
    -------
    StratumQuality
        Silhouette, the mean of 20 shuffled ones, and the share of variance between strata.

    Examples
    --------
    >>> import numpy as np
    >>> embedding = np.repeat([[0.0, 1.0], [9.0, 8.0]], 5, axis=0)
    >>> float(stratum_quality(embedding, np.repeat([0, 1], 5)).silhouette)
    1.0
    """
    from sklearn.metrics import silhouette_score

    sizes = np.bincount(strata)
    sizes = sizes[sizes > 0]
    rng = generator(seed, "stratum-quality")
    sample = np.sort(rng.permutation(len(strata))[:2000])
    part, codes = embedding[sample], strata[sample]
    shuffled = [silhouette_score(part, rng.permutation(codes)) for _ in range(20)]
    centred = embedding - embedding.mean(0)
    means = np.stack([centred[strata == s].mean(0) for s in np.unique(strata)])
    between = float((sizes[:, None] * means**2).sum() / max((centred**2).sum(), 1e-300))
    return StratumQuality(
        float(silhouette_score(part, codes)), float(np.mean(shuffled)), between,
        len(sizes), int(sizes.min()), int(sizes.max()),
    )  # fmt: skip


@dataclass
class CSSIResult:
    """CSSI scores, and the same from shuffled strata.

    Attributes
    ----------
    pooled
        Scores over all cells, regulators x genes.
    scores
        Aggregated scores by aggregator.
    statistic
        Value of the statistic: pooled, each aggregator.
    shuffled
        Distribution of each aggregator's statistic over shuffled strata.
    quality
        Of the strata, where an embedding was given.
    """

    pooled: NDArray[np.float64]
    scores: dict[str, NDArray[np.float64]]
    statistic: dict[str, float]
    shuffled: dict[str, NullDistribution]
    quality: StratumQuality | None = None

    def table(self) -> pd.DataFrame:
        """One row an aggregator: statistic, gain over pooled, shuffled mean and p."""
        pooled = self.statistic["pooled"]
        rows = [
            {
                "aggregator": how,
                "statistic": self.statistic[how],
                "gain": self.statistic[how] - pooled,
                "shuffled_mean": null.mean,
                "shuffled_sd": null.sd,
                "p": null.p,
                "draws": null.draws,
            }
            for how, null in self.shuffled.items()
        ]
        first = {"aggregator": "pooled", "statistic": pooled, "gain": 0.0, "draws": 0}
        return pd.DataFrame([first, *rows])[list(rows[0])]


def stratified(
    edges: EdgeFunction,
    strata: NDArray[np.integer],
    statistic: Callable[[NDArray[np.float64]], float],
    *,
    aggregators: Sequence[Aggregator] = AGGREGATORS,
    min_cells: int = 5,
    shuffles: int = 100,
    embedding: NDArray[np.floating] | None = None,
    seed: int = DEFAULT_SEED,
    task: str = "cssi",
) -> CSSIResult:
    """Stratify any edge function by cell states.

    Parameters
    ----------
    edges
        ``edges(cells)`` gives scores, regulators x genes, from the cells with these indices.
    strata
        Stratum of each cell; negative values belong to none.
    statistic
        What is compared, for example AUROC against a network: takes scores, gives a number,
        the larger the better.
    aggregators
        See `aggregate`.
    min_cells
        Strata with fewer cells are left out.
    shuffles
        Draws with the strata permuted over cells, sizes kept. Never zero: wrong strata make
        CSSI worse than pooling, and a gain means nothing without them.
    embedding
        For the strata's quality, cells x dimensions.
    seed, task
        Root seed and name of the streams.

    Returns
    -------
    CSSIResult
        Scores and their statistic, pooled, stratified and shuffled.

    Raises
    ------
    InputError
        If fewer than two strata are large enough, or no shuffle was asked for.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(60, 4))
    >>> found = stratified(lambda c: np.abs(np.corrcoef(x[c].T)), np.arange(60) % 2,
    ...              lambda s: float(s[0, 1]), shuffles=19)
    >>> sorted(found.scores)[:2]
    ['deviation', 'max']
    """
    if shuffles < 1:
        raise InputError("no shuffles of the strata asked for", where="CSSI", expected="19 or more")
    strata = np.asarray(strata)
    kept = _large(strata, min_cells)
    cells = np.flatnonzero(np.isin(strata, kept))
    codes = np.searchsorted(kept, strata[cells])
    pooled = edges(cells)
    scores = _stratified(edges, cells, codes, pooled, aggregators)
    found = {"pooled": statistic(pooled)} | {h: statistic(s) for h, s in scores.items()}
    drawn: dict[str, list[float]] = {how: [] for how in aggregators}
    for draw in range(shuffles):
        rng = generator(seed, f"{task}/shuffle/{draw}")
        wrong = _stratified(edges, cells, rng.permutation(codes), pooled, aggregators)
        for how, score in wrong.items():
            drawn[how].append(statistic(score))
    return CSSIResult(
        pooled,
        {str(h): s for h, s in scores.items()},
        found,
        {h: NullDistribution.of(found[h], np.array(d), "greater") for h, d in drawn.items()},
        None if embedding is None else stratum_quality(embedding[cells], codes, seed=seed),
    )


def spearman_edges(expression: NDArray[np.floating], rows: NDArray[np.integer]) -> EdgeFunction:
    """|Spearman| as an edge function over cells; see `stratified`.

    Parameters
    ----------
    expression
        Cells x genes.
    rows
        Columns of the regulators.

    Returns
    -------
    callable
        ``edges(cells)`` gives |Spearman| over those cells, regulators x genes.

    Examples
    --------
    >>> import numpy as np
    >>> expression = np.array([[1, 4, 0], [2, 3, 5], [3, 1, 2], [4, 0, 9]])
    >>> edges = spearman_edges(expression, np.array([0]))
    >>> edges(np.arange(4)).round(1)
    array([[1. , 1. , 0.8]])
    """

    def edges(cells: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.abs(spearman(expression, rows, cells=cells))

    return edges


def _large(strata: NDArray[np.integer], min_cells: int) -> NDArray[np.integer]:
    values, sizes = np.unique(strata[strata >= 0], return_counts=True)
    kept = values[sizes >= min_cells]
    if len(kept) < 2:
        raise InputError(
            f"{len(kept)} strata have {min_cells} cells or more (sizes {sizes.tolist()[:10]})",
            where="CSSI strata",
            expected="at least two",
            fix="use fewer strata or more cells",
        )
    return kept


def _stratified(
    edges: EdgeFunction,
    cells: NDArray[np.int64],
    codes: NDArray[np.integer],
    pooled: NDArray[np.float64],
    aggregators: Sequence[Aggregator],
) -> dict[Aggregator, NDArray[np.float64]]:
    n = int(codes.max()) + 1
    by_stratum = np.stack([edges(cells[codes == s]) for s in range(n)])
    sizes = np.bincount(codes, minlength=n)
    return {how: aggregate(by_stratum, sizes, how, pooled=pooled) for how in aggregators}
