"""Retrieval of genes across two models, on genes that were held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.nulls.correspondence import CorrespondenceNull
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import Ints
from cellglass.stats.bootstrap import bootstrap_mean
from cellglass.stats.permutation import NullDistribution, require_attainable
from cellglass.stats.wilson import wilson

from .cca_similarity import alignment_folds
from .costs import Metric
from .held_out import AllGenes, HeldOut, InSample, Scorer, Untrained
from .matched import Matched
from .method import Alignment
from .pair_ranks import MEASURES, RANKED, chance

Matrix = NDArray[np.float64]

BOOTSTRAP = 1000


@dataclass(frozen=True, eq=False)
class Retrieval:
    """How well genes find themselves in the other model.

    Attributes
    ----------
    method, metric
        The map, and what nearest means.
    directions
        Names of both directions.
    table
        One row a direction and measure. ``value`` on held-out genes with ``chance`` and the ends
        of its interval over ``n`` genes; ``null_mean``, ``null_sd`` and ``p`` of the refit null
        that permutes pairs in training and judging alike; ``identity_null_mean`` and
        ``identity_null_sd`` and ``identity_p`` of the same maps judged by the true pairs, nan
        where nothing is learnt from pairs. ``in_sample`` and ``in_sample_null_mean`` are the
        published way: fitted and judged on the same genes, a measure of fit and no evidence.
    ranks
        Rank share of each gene in either direction, 0 the nearest and 1 the farthest.
    null
        Values of the refit null, shape (draws, 2, measures). Draws are shared by all methods
        with the same seed, folds and genes.
    n_genes, n_held_out, folds, repeats, draws, seed
        Genes; candidates among which each is sought; the rest as asked.
    """

    method: str
    metric: str
    directions: tuple[str, str]
    table: pd.DataFrame
    ranks: pd.DataFrame
    null: Matrix
    n_genes: int
    n_held_out: float
    folds: int
    repeats: int
    draws: int
    seed: int

    def value(self, measure: str = "top1", direction: int = 0, column: str = "value") -> float:
        """One number of the table."""
        rows = self.table[self.table["measure"] == measure]
        rows = rows[rows["direction"] == self.directions[direction]]
        if rows.empty or column not in rows:
            raise InputError(f"no {column} of {measure!r}", where="retrieval table")
        return float(rows[column].iloc[0])


def held_out_retrieval(
    matched: Matched,
    method: Alignment | Untrained,
    *,
    folds: int = 5,
    repeats: int = 1,
    draws: int = 99,
    metric: Metric = "euclidean",
    in_sample: bool = True,
    labels: tuple[str, str] = ("first", "second"),
    confidence: float = 0.95,
    level: float | None = None,
    seed: int = DEFAULT_SEED,
) -> Retrieval:
    """Fit a map on some genes, and seek each of the others among them in the other model.

    Parameters
    ----------
    matched
        Genes of two models.
    method
        The map, or a method that needs no pairs.
    folds
        Parts into which genes are split; each is held out once.
    repeats
        Random partitions, over which a gene's values are averaged.
    draws
        Draws of the refit null; 0 for none.
    metric
        What nearest means in the common space.
    in_sample
        Whether to compute the published way beside it.
    labels
        Names of the models.
    confidence
        Confidence of the intervals.
    level
        Level at which p will be read: a test that cannot reach it is refused.
    seed
        Root seed.

    Returns
    -------
    Retrieval
        Both directions, with chance, null and interval.

    Raises
    ------
    InputError
        If there are too few genes for the folds, or a number makes no sense.
    ResourceError
        If p cannot reach `level`.

    Notes
    -----
    Everything is learnt on training genes: centring, principal axes, whitening, map. The null
    draws a pairing within folds, fits anew and judges against that pairing, which is exact if
    the models share nothing. The same maps judged by the true pairs (``identity_p``, first
    partition only) answer whether the map matters beyond what it cannot change, such as the
    distance of a gene from the centre; folds share training genes, and in that null their maps
    differ more than the observed ones do, so that p is somewhat small (0.05 to 0.08 at 0.05 in
    simulation). A method that only looks at the shapes of the clouds is judged on all genes at
    once, and its null needs no fit.

    Intervals are over genes, given the fitted maps: Wilson's for shares, the bootstrap
    otherwise.

    Examples
    --------
    >>> from cellglass.geometry.alignment.procrustes import Procrustes
    >>> rng = np.random.default_rng(0)
    >>> rows, turn = rng.normal(size=(60, 4)), np.linalg.qr(rng.normal(size=(4, 4)))[0]
    >>> found = held_out_retrieval(Matched.of_arrays(rows, rows @ turn), Procrustes(), draws=19)
    >>> found.value("top1"), found.value("top1", column="p")
    (1.0, 0.05)
    """
    if repeats < 1 or draws < 0:
        raise InputError(
            f"{repeats} repeats, {draws} draws", where="held-out retrieval",
            expected="at least 1 repeat, no negative number of draws",
        )  # fmt: skip
    if draws:
        require_attainable(draws, level, "greater")
    matched.require_genes(2 * folds, "held-out retrieval")
    parts = [alignment_folds(matched, folds, seed, r) for r in range(repeats)]
    if isinstance(method, Alignment):
        scorers: list[Scorer] = [HeldOut(matched, method, part, metric) for part in parts]
    else:
        parts, scorers = parts[:1], [AllGenes(matched, method, metric)]
    rng = generator(seed, "alignment/ties")
    observed = np.stack([scorer.values(None, rng)[0] for scorer in scorers])
    published = _published(matched, method, metric, in_sample)
    null = _Null.make(matched, method, metric, parts, scorers, published, draws, seed)
    values = observed.mean(0)
    directions = (f"{labels[0]} -> {labels[1]}", f"{labels[1]} -> {labels[0]}")
    table = _table(values, observed[0], scorers[0].sizes, null, published, directions,
                   confidence, seed)  # fmt: skip
    if not method.trained:  # the same costs, judged by the same pairs: no null
        table[[c for c in table.columns if c.startswith("identity")]] = np.nan
    share = MEASURES.index("rank_share")
    ranks = pd.DataFrame(values[:, share].T, index=list(matched.names), columns=list(directions))
    return Retrieval(
        method.name, metric, directions, table, ranks, null.permuted, len(matched),
        float(scorers[0].sizes.mean()), folds if isinstance(method, Alignment) else 1,
        len(scorers), draws, seed,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Null:
    """Means over genes of each draw, shapes (draws, 2, measures)."""

    permuted: Matrix
    identity: Matrix
    in_sample: Matrix

    @classmethod
    def make(
        cls,
        matched: Matched,
        method: Alignment | Untrained,
        metric: Metric,
        parts: Sequence[Ints],
        scorers: Sequence[Scorer],
        published: InSample | None,
        draws: int,
        seed: int,
    ) -> _Null:
        null = CorrespondenceNull.of(len(matched), parts[0])
        permuted, identity = (np.full((draws, 2, len(MEASURES)), np.nan) for _ in range(2))
        fitted = np.full((draws, 2, RANKED), np.nan)
        pairings = np.empty((draws, len(matched)), dtype=np.int64)
        for i, (pairing, rng) in enumerate(null.draws(draws, seed, "alignment/correspondence")):
            pairings[i] = pairing
            first = scorers[0].values(pairing, rng)
            own = [first[0].mean(-1)]
            # in other partitions the pairing crosses folds: there it makes new data, fitted anew
            for part in parts[1:]:
                assert isinstance(method, Alignment)
                again = HeldOut(matched.paired(pairing), method, part, metric)
                own.append(again.values(None, rng)[0].mean(-1))
            permuted[i], identity[i] = np.mean(own, axis=0), first[1].mean(-1)
            if published is not None:
                fitted[i] = published.values(pairing, rng)[0].mean(-1)
        if draws:
            null.check(pairings).require()
        return cls(permuted, identity, fitted)


def _published(
    matched: Matched, method: Alignment | Untrained, metric: Metric, wanted: bool
) -> InSample | None:
    return InSample(matched, method, metric) if wanted and isinstance(method, Alignment) else None


def _table(
    values: Matrix,
    first: Matrix,
    sizes: Ints,
    null: _Null,
    published: InSample | None,
    directions: tuple[str, str],
    confidence: float,
    seed: int,
) -> pd.DataFrame:
    means, firsts = values.mean(-1), first.mean(-1)
    flat = values.reshape(-1, values.shape[-1])
    resampled = bootstrap_mean(
        flat, unit="gene", draws=BOOTSTRAP, seed=seed, task="alignment/bootstrap", level=confidence
    )
    in_sample = np.full((2, len(MEASURES)), np.nan)
    if published is not None:
        fitted = published.values(None, generator(seed, "alignment/ties/in sample"))
        in_sample[:, :RANKED] = fitted[0].mean(-1)
    rows = []
    for d, direction in enumerate(directions):
        for m, measure in enumerate(MEASURES):
            if measure in ("reciprocal_rank", "rank_share"):
                interval = resampled.interval(d * len(MEASURES) + m)
                low, high = interval.low, interval.high
            else:
                low, high = map(float, wilson(values[d, m].sum(), values.shape[-1], confidence))
            rows.append({
                "direction": direction, "measure": measure, "value": means[d, m],
                "chance": float(np.mean([chance(measure, int(n)) for n in sizes])),
                "low": low, "high": high, "unit": "gene", "n": values.shape[-1],
                **_against(means[d, m], null.permuted[:, d, m], measure),
                **_against(firsts[d, m], null.identity[:, d, m], measure, "identity_"),
                "in_sample": in_sample[d, m],
                "in_sample_null_mean": _mean(null.in_sample[:, d, m]) if m < RANKED else np.nan,
            })  # fmt: skip
    return pd.DataFrame(rows)


def _against(observed: float, drawn: Matrix, measure: str, prefix: str = "") -> dict[str, float]:
    if not drawn.size:
        return {f"{prefix}{name}": float("nan") for name in ("null_mean", "null_sd", "p")}
    alternative = NullDistribution.of(
        float(observed), drawn, "less" if measure == "rank_share" else "greater"
    )
    return {
        f"{prefix}null_mean": alternative.mean,
        f"{prefix}null_sd": alternative.sd,
        f"{prefix}p": alternative.p,
    }


def _mean(drawn: Matrix) -> float:
    return float(drawn.mean()) if drawn.size else float("nan")
