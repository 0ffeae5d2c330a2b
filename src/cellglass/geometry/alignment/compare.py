"""Two models on the same genes: is their shape shared, and is each gene in its place?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError, nearest
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nulls.correspondence import CorrespondenceNull, PairingStatistic
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.arguments import Ints
from cellglass.stats.nulls.westfall_young import max_z
from cellglass.stats.permutation import NullDistribution, require_attainable

from .cca import Cca
from .cca_similarity import alignment_folds, of_folds, svcca_of_pairings
from .cka import cka_of_pairings
from .costs import Metric
from .gromov_wasserstein import GromovWasserstein
from .held_out import Untrained
from .jackknife import GROUPS, gene_jackknife
from .knn_overlap import chance_overlap, knn_overlap_of_pairings
from .matched import MatchCounts, Matched
from .method import Alignment
from .pair_ranks import MEASURES
from .pca_only import PcaOnly
from .procrustes import Procrustes
from .retrieval import Retrieval, held_out_retrieval
from .ridge_map import RidgeMap
from .rsa import rsa_of_pairings
from .seeded_gromov_wasserstein import SeededGromovWasserstein

METHODS: dict[str, Callable[[], Alignment | Untrained]] = {
    "pca": PcaOnly,
    "procrustes": Procrustes,
    "cca": Cca,
    "ridge": RidgeMap,
    "gromov_wasserstein": GromovWasserstein,
    "gromov_wasserstein_seeded": SeededGromovWasserstein,
}
"""Maps by name, with their defaults. The last two need POT and more time."""

DEFAULT_METHODS = ("pca", "procrustes", "cca", "ridge")

SHAPES = ("cka", "cka_biased", "cka_rbf", "rsa", "knn_jaccard", "knn_overlap", "svcca",
          "cca_held_out")  # fmt: skip
"""Measures of global shape; all are higher the more alike the models are."""

FEWEST_GENES = 2 * GROUPS


@dataclass(frozen=True, eq=False)
class AlignmentReport:
    """What two models share.

    Attributes
    ----------
    labels
        Names of the models.
    counts
        Genes matched and dropped.
    shape
        One row a measure of global shape: ``measure``, ``estimate``, ``chance`` (where it is
        known; nan otherwise), ``low`` and ``high`` (jackknife over genes), ``null_mean``,
        ``null_sd``, ``z``, ``p`` (permuted pairing, refitted where something is fitted),
        ``p_adjusted`` (over the measures), ``draws``, ``unit``, ``n``, ``held_out``.
    correspondence
        One row a method and direction: ``method``, ``direction``, ``top1``, ``top5``,
        ``top10``, ``reciprocal_rank``, ``rank_share``, ``mutual``, ``assigned``; of top-1
        ``chance``, ``low``, ``high``, ``null_mean``, ``null_sd``, ``p``, ``p_adjusted`` (over
        methods and directions), ``identity_null_mean``, ``identity_p``; the published way
        ``in_sample`` with ``in_sample_null_mean``; ``draws``, ``unit``, ``n``, ``n_held_out``.
    retrievals
        By method, with the table of all measures and the rank of each gene.
    seconds
        Time of each part.
    settings
        As asked.
    """

    labels: tuple[str, str]
    counts: MatchCounts
    shape: pd.DataFrame
    correspondence: pd.DataFrame
    retrievals: dict[str, Retrieval]
    seconds: dict[str, float]
    settings: dict[str, Any] = field(default_factory=dict)


def compare_models(
    first: PointCloud,
    second: PointCloud,
    *,
    labels: tuple[str, str] = ("first", "second"),
    shape: Sequence[str] = SHAPES,
    methods: Sequence[str | Alignment | Untrained] = DEFAULT_METHODS,
    k: int = 10,
    folds: int = 5,
    repeats: int = 1,
    draws: int = 99,
    metric: Metric = "euclidean",
    confidence: float = 0.95,
    level: float | None = None,
    seed: int = DEFAULT_SEED,
) -> AlignmentReport:
    """Compare the gene embeddings of two models: global shape, and gene by gene on held-out genes.

    Parameters
    ----------
    first, second
        Embeddings with gene names; genes are matched by name.
    labels
        Names of the models.
    shape
        Measures of global shape, of `SHAPES`.
    methods
        Maps for gene-level correspondence: names of `METHODS`, or maps with their own settings.
    k
        Neighbours of the kNN overlap.
    folds, repeats
        See `held_out_retrieval`.
    draws
        Draws of the null, shared by all measures and methods.
    metric
        What nearest means in a common space.
    confidence
        Confidence of the intervals.
    level
        Level at which p will be read: a test that cannot reach it is refused.
    seed
        Root seed.

    Returns
    -------
    AlignmentReport
        Tables of shape and correspondence.

    Raises
    ------
    InputError
        If fewer than 40 genes are matched, a name is unknown, or a method comes twice.
    ResourceError
        If p cannot reach `level`.

    Notes
    -----
    Adjusted p values are single-step maxima of z over the shared draws (Westfall and Young).
    Shape can be shared while correspondence is not: distances agree where genes of like kind
    can be exchanged.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows, turn = rng.normal(size=(60, 4)), np.linalg.qr(rng.normal(size=(4, 4)))[0]
    >>> report = compare_models(
    ...     PointCloud.of(rows), PointCloud.of(rows @ turn), shape=["cka"],
    ...     methods=["procrustes"], draws=19,
    ... )
    >>> report.correspondence["top1"].tolist(), report.shape["p"].tolist()
    ([1.0, 1.0], [0.05])
    """
    started = time.perf_counter()
    if draws < 1:
        raise InputError(f"{draws} draws", where="comparison of models", expected="at least 1")
    require_attainable(draws, level, "greater")
    chosen = _methods(methods)
    unknown = [name for name in shape if name not in SHAPES]
    if unknown:
        raise InputError(
            f"no measure {unknown[0]!r}", where="shape", fix=nearest(unknown[0], SHAPES)
        )
    matched = Matched.of(first, second)
    matched.require_genes(FEWEST_GENES, "comparison of models")
    assert matched.counts is not None
    seconds = {"matching": time.perf_counter() - started}
    fold_of = alignment_folds(matched, folds, seed)
    null = CorrespondenceNull.of(len(matched), fold_of)
    pairings = np.array([p for p, _ in null.draws(draws, seed, "alignment/correspondence")])
    rows, drawn = [], []
    for name in shape:
        began = time.perf_counter()
        row, values = _shape_row(name, matched, pairings, fold_of, k, confidence, seed)
        rows.append(row)
        drawn.append(values)
        seconds[name] = time.perf_counter() - began
    shapes = pd.DataFrame(rows)
    if rows:
        shapes["p_adjusted"] = max_z(shapes["estimate"].to_numpy(float), np.array(drawn))
    retrievals = {}
    for method in chosen:
        began = time.perf_counter()
        retrievals[method.name] = held_out_retrieval(
            matched, method, folds=folds, repeats=repeats, draws=draws, metric=metric,
            labels=labels, confidence=confidence, level=level, seed=seed,
        )  # fmt: skip
        seconds[method.name] = time.perf_counter() - began
    return AlignmentReport(
        labels, matched.counts, shapes, _correspondence(retrievals), retrievals, seconds,
        {"k": k, "folds": folds, "repeats": repeats, "draws": draws, "metric": metric,
         "confidence": confidence, "seed": seed},
    )  # fmt: skip


def _methods(methods: Sequence[str | Alignment | Untrained]) -> list[Alignment | Untrained]:
    chosen: list[Alignment | Untrained] = []
    for method in methods:
        if isinstance(method, str):
            if method not in METHODS:
                raise InputError(
                    f"no method {method!r}", where="methods", fix=nearest(method, METHODS)
                )
            chosen.append(METHODS[method]())
        else:
            chosen.append(method)
    names = [method.name for method in chosen]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"method {twice[0]!r} comes twice", where="methods", expected="each method once"
        )
    return chosen


def _statistic(
    name: str, matched: Matched, fold_of: Ints, k: int, components: int
) -> PairingStatistic:
    if name == "cka":
        return cka_of_pairings(matched)
    if name == "cka_biased":
        return cka_of_pairings(matched, unbiased=False)
    if name == "cka_rbf":
        return cka_of_pairings(matched, kernel="rbf")
    if name == "rsa":
        return rsa_of_pairings(matched)
    if name.startswith("knn"):
        return knn_overlap_of_pairings(matched, k, jaccard=name == "knn_jaccard")
    if name == "svcca":
        return svcca_of_pairings(matched, components=components)
    return of_folds(matched, Cca(), fold_of)


def svcca_components(n: int) -> int:
    """Components of SVCCA in a comparison: 20, or a quarter of the genes if that is fewer.

    Parameters
    ----------
    n
        Genes.

    Returns
    -------
    int
        Components.

    Examples
    --------
    >>> svcca_components(320), svcca_components(40)
    (20, 10)
    """
    return min(20, n // 4)


def _shape_row(
    name: str,
    matched: Matched,
    pairings: NDArray[np.int64],
    fold_of: Ints,
    k: int,
    confidence: float,
    seed: int,
) -> tuple[dict[str, Any], NDArray[np.float64]]:
    components = svcca_components(len(matched))
    statistic = _statistic(name, matched, fold_of, k, components)
    drawn = np.array([statistic(pairing) for pairing in pairings])
    found = NullDistribution.of(statistic(None), drawn)

    def of_kept(kept: Ints) -> float:
        return _statistic(name, matched.take(kept), fold_of[kept], k, components)(None)

    interval = gene_jackknife(of_kept, len(matched), seed=seed, confidence=confidence)
    overlap, jaccard = chance_overlap(len(matched), k)
    known = {"knn_overlap": overlap, "knn_jaccard": jaccard}
    row = {
        "measure": name, "estimate": found.observed,
        "chance": known.get(name, 0.0 if name in ("cka", "cca_held_out") else float("nan")),
        "low": interval.low, "high": interval.high, "null_mean": found.mean, "null_sd": found.sd,
        "z": found.z, "p": found.p, "draws": found.draws, "unit": interval.unit, "n": interval.n,
        "held_out": name == "cca_held_out",
    }  # fmt: skip
    return row, drawn


def _correspondence(retrievals: dict[str, Retrieval]) -> pd.DataFrame:
    rows, drawn = [], []
    for name, found in retrievals.items():
        for d, direction in enumerate(found.directions):
            table = found.table[found.table["direction"] == direction].set_index("measure")
            values: dict[str, float] = {m: found.value(m, d) for m in MEASURES}
            top = table.loc["top1"]
            rows.append({
                "method": name, "direction": direction, **values,
                **{column: top[column] for column in (
                    "chance", "low", "high", "null_mean", "null_sd", "p", "identity_null_mean",
                    "identity_p", "in_sample", "in_sample_null_mean", "unit", "n",
                )},
                "n_held_out": found.n_held_out, "draws": found.draws,
            })  # fmt: skip
            drawn.append(found.null[:, d, 0])
    frame = pd.DataFrame(rows)
    if rows:
        frame["p_adjusted"] = max_z(frame["top1"].to_numpy(float), np.array(drawn))
    return frame
