"""Any edge function within strata of cells, put together again; always beside shuffled strata."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import EdgeTable
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats import NullDistribution

from .aggregators import AGGREGATORS, Aggregator, known_aggregators
from .edge_functions import EdgeFunction, SpearmanEdges, score_matrix
from .quality import StratumQuality, stratum_quality
from .strata import Strata, large_strata

Statistic = Callable[[NDArray[np.float64]], float]
COLUMNS = (
    "aggregator", "statistic", "gain", "shuffled_mean", "shuffled_sd", "gain_over_shuffled", "p",
    "draws",
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
    regulators, genes
        Names of rows and columns, where they are known.
    strata
        The strata used; small ones are left out.
    measured
        What the statistic is.
    """

    pooled: NDArray[np.float64]
    scores: dict[str, NDArray[np.float64]]
    statistic: dict[str, float]
    shuffled: dict[str, NullDistribution]
    quality: StratumQuality | None = None
    regulators: tuple[str, ...] = ()
    genes: tuple[str, ...] = ()
    strata: Strata | None = None
    measured: str = "statistic"

    def table(self) -> pd.DataFrame:
        """One row an aggregator: statistic, gain over pooled, shuffled mean, sd and p.

        A gain never stands without the shuffled strata in its row: the pooled score has neither.
        """
        pooled = self.statistic["pooled"]
        rows: list[dict[str, object]] = [
            {"aggregator": "pooled", "statistic": pooled, "draws": 0},
        ]
        for how, null in self.shuffled.items():
            rows.append(
                {
                    "aggregator": how,
                    "statistic": self.statistic[how],
                    "gain": self.statistic[how] - pooled,
                    "shuffled_mean": null.mean,
                    "shuffled_sd": null.sd,
                    "gain_over_shuffled": self.statistic[how] - null.mean,
                    "p": null.p,
                    "draws": null.draws,
                }
            )
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def edges(self, aggregator: Aggregator) -> EdgeTable:
        """Scores of one aggregator as an edge table.

        Raises
        ------
        InputError
            If the aggregator was not asked for, or names of rows and columns are not known.
        """
        if aggregator not in self.scores:
            raise InputError(
                f"no scores of '{aggregator}'", where="CSSI", expected=f"one of {[*self.scores]}"
            )
        if not self.regulators:
            raise InputError("rows and columns have no names here", fix="call cg.regulation.cssi")
        return EdgeTable(self.scores[aggregator], self.regulators, self.genes)

    def __str__(self) -> str:
        said = [f"CSSI, {self.measured}, beside shuffled strata"]
        if self.strata is not None:
            sizes = ", ".join(
                f"{n} ({s})" for n, s in zip(self.strata.names, self.strata.sizes, strict=True)
            )
            said.append(f"strata: {self.strata.source}: {sizes}")
        said += [str(self.quality)] if self.quality is not None else []
        shown = self.table().to_string(index=False, na_rep="", float_format="%.4f")
        return "\n".join([*said, shown])


def stratified(
    edges: EdgeFunction,
    strata: NDArray[np.integer] | Strata,
    statistic: Statistic,
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
        ``edges(cells)`` gives scores, regulators x genes, from the cells with these indices. A
        stratum that cannot say anything of a pair gives nan.
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
        If fewer than two strata are large enough, no shuffle was asked for, there is no such
        aggregator, or the edge function does not give a matrix.

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
    known_aggregators(aggregators)
    if not isinstance(strata, Strata):
        codes = np.asarray(strata, dtype=np.int64)
        names = tuple(str(s) for s in range(int(codes.max(initial=-1)) + 1))
        strata = Strata(codes, names, "given")
    used = large_strata(strata, min_cells)
    cells = np.flatnonzero(used.codes >= 0)
    pooled = _matrix(edges(cells), "all cells")

    def scores(codes: NDArray[np.int64]) -> dict[Aggregator, NDArray[np.float64]]:
        return _aggregated(edges, codes, len(used.names), pooled, aggregators)

    true = scores(used.codes)
    found = {"pooled": statistic(pooled)} | {str(h): statistic(s) for h, s in true.items()}
    drawn: dict[str, list[float]] = {str(how): [] for how in aggregators}
    for draw in range(shuffles):
        wrong = used.codes.copy()
        wrong[cells] = generator(seed, f"{task}/shuffle/{draw}").permutation(used.codes[cells])
        for how, score in scores(wrong).items():
            drawn[how].append(statistic(score))
    return CSSIResult(
        pooled,
        {str(h): s for h, s in true.items()},
        found,
        {h: NullDistribution.of(found[h], np.array(d), "greater") for h, d in drawn.items()},
        None if embedding is None else stratum_quality(embedding, used.codes, seed=seed),
        strata=used,
    )


def _matrix(scores: object, where: str) -> NDArray[np.float64]:
    matrix = score_matrix(scores, f"edge function, {where}")
    if matrix.ndim != 2:
        raise InputError(
            f"scores of shape {matrix.shape}",
            where=f"edge function, {where}",
            expected="regulators x genes",
        )
    return matrix


def _aggregated(
    edges: EdgeFunction,
    codes: NDArray[np.int64],
    n: int,
    pooled: NDArray[np.float64],
    aggregators: Sequence[Aggregator],
) -> dict[Aggregator, NDArray[np.float64]]:
    from .kernels import aggregate_stack

    if isinstance(edges, SpearmanEdges):
        by_stratum = edges.by_stratum(codes, n)
    else:
        parts = [_matrix(edges(np.flatnonzero(codes == s)), f"stratum {s + 1}") for s in range(n)]
        wrong = [p.shape for p in parts if p.shape != pooled.shape]
        if wrong:
            raise InputError(
                f"scores of shape {wrong[0]} in a stratum",
                where="edge function",
                expected=f"the shape over all cells, {pooled.shape}",
            )
        by_stratum = np.stack(parts)
    sizes = np.bincount(codes[codes >= 0], minlength=n).astype(np.float64)
    flat = aggregate_stack(by_stratum.reshape(n, -1), sizes, np.ravel(pooled), np.nan)
    place = {how: i for i, how in enumerate(AGGREGATORS)}
    return {how: flat[place[how]].reshape(pooled.shape) for how in aggregators}
