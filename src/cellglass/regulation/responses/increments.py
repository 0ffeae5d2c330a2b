"""What a score adds to single-gene statistics in predicting responses, out of sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cellglass.regulation.networks.pairwise import pairwise_part
from cellglass.stats.boosted_classifier import boosted_log_odds
from cellglass.stats.design import standardised, van_der_waerden
from cellglass.stats.differential import Matrix
from cellglass.stats.logistic import fit_logistic, linear_predictor
from cellglass.stats.row_auroc import row_auroc

from .pairs import ResponsePairs
from .scored import Scored
from .splits import SPLITS, Split, split_pairs

Model = Literal["logistic", "boosted"]
MODELS: tuple[Model, ...] = get_args(Model)

BASE = "single genes"
SCORE, PAIRWISE = f"{BASE} + score", f"{BASE} + pairwise part"
COEXPRESSED, BOTH = f"{BASE} + |Spearman|", f"{BASE} + score + |Spearman|"
ALONE, COEXPRESSION_ALONE = "score alone", "|Spearman| alone"
ELSEWHERE = f"{BASE} + responds elsewhere"
ELSEWHERE_PAIRWISE = f"{ELSEWHERE} + pairwise part"
GENE = ("mean", "variance", "detection")
FEATURES: dict[str, tuple[str, ...]] = {
    BASE: GENE,
    SCORE: (*GENE, "score"),
    PAIRWISE: (*GENE, "pairwise"),
    COEXPRESSED: (*GENE, "coexpression"),
    BOTH: (*GENE, "score", "coexpression"),
    ALONE: ("score",),
    COEXPRESSION_ALONE: ("coexpression",),
    ELSEWHERE: (*GENE, "elsewhere"),
    ELSEWHERE_PAIRWISE: (*GENE, "elsewhere", "pairwise"),
}
# What each set is compared with.
OVER = {SCORE: BASE, PAIRWISE: BASE, COEXPRESSED: BASE, BOTH: COEXPRESSED,
        ELSEWHERE_PAIRWISE: ELSEWHERE}  # fmt: skip
_BOOSTED = frozenset({BASE, SCORE, PAIRWISE, COEXPRESSED})


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Held-out log odds of every feature set under one model and split.

    Attributes
    ----------
    model, split
        Which.
    odds
        Log odds by feature set, perturbations x genes; nan outside the mask.
    fold
        Test fold of each pair, perturbations x genes; -1 outside the mask.
    layers
        The layer chosen in each fold, on training pairs alone.
    n_empty
        Folds whose training pairs held one class only; their odds are all 0.
    """

    model: Model
    split: Split
    odds: Mapping[str, Matrix] = field(repr=False)
    fold: NDArray[np.int64] = field(repr=False)
    layers: tuple[str, ...]
    n_empty: int


@dataclass(frozen=True, eq=False)
class _Columns:
    """Columns that do not depend on the fold, long, and scores by layer."""

    p: NDArray[np.int64]
    g: NDArray[np.int64]
    y: NDArray[np.bool_]
    fixed: dict[str, Matrix]
    scores: dict[str, NDArray[np.float32]]
    pairwise: dict[str, NDArray[np.float32]]


def held_out_predictions(
    scored: Scored,
    *,
    models: tuple[Model, ...] = MODELS,
    splits: tuple[Split, ...] = SPLITS,
    folds: int = 5,
    joint_folds: int = 3,
    seed: int,
    task: str,
) -> list[HeldOut]:
    """Fit every feature set under every model and split.

    Parameters
    ----------
    scored
        Scores of a subject on a screen.
    models
        Logistic regression, and gradient-boosted trees for the sets that decide.
    splits
        What is held out: perturbations, targets, both.
    folds, joint_folds
        See `split_pairs`.
    seed, task
        Root seed and name of the streams.

    Returns
    -------
    list of HeldOut

    Raises
    ------
    InputError
        If there are fewer than two perturbations without a gene in common.

    Notes
    -----
    Specification 2.7 (A36, A40). Scores enter as normal scores of their ranks within the
    perturbation, and apart from that as their pairwise part (`pairwise_part`): a score's own
    column effects are single-gene statistics that mean, variance and detection need not
    hold. The layer is chosen in each fold on its training pairs. How often a target responds to
    other perturbations is a feature only where perturbations are held out, and is counted over the
    training perturbations alone: with targets held out it would be made of test labels.

    Folds differ in their share of responding genes, and a model's intercept follows that of its
    training pairs, which is high where that of the test pairs is low. Where the genes of one
    perturbation are dealt to several folds, those intercepts would push its AUROC below 0.5, of
    weak models more than of strong ones. Log odds are therefore those at equal classes (the
    published "balanced" fit). All feature sets learn from the same pairs.
    """
    columns = _columns(scored)
    found = []
    for split in splits:
        parts = list(
            split_pairs(
                scored.pairs.groups[columns.p], columns.g, columns.y, split, folds=folds,
                joint_folds=joint_folds, seed=seed, task=task,
            )
        )  # fmt: skip
        layers = [_layer(scored, columns, train) for train, _ in parts]
        fold = np.full(scored.pairs.mask.shape, -1, dtype=np.int64)
        for f, (_, test) in enumerate(parts):
            fold[columns.p[test], columns.g[test]] = f
        for model in models:
            odds: dict[str, Matrix] = {}
            empty = 0
            for name, features in FEATURES.items():
                if (split != "perturbation" and "elsewhere" in features) or (
                    model == "boosted" and name not in _BOOSTED
                ):
                    continue
                odds[name], empty = _fit(
                    scored, columns, features, parts, layers, model, seed,
                    f"{task}/{split}/{model}",
                )  # fmt: skip
            found.append(HeldOut(model, split, odds, fold, tuple(layers), empty))
    return found


def _columns(scored: Scored) -> _Columns:
    pairs = scored.pairs
    p, g = np.nonzero(pairs.mask)
    known = np.asarray(np.isfinite(scored.coexpression).all(1))
    coexpression = np.where(known[:, np.newaxis], _normal_rows(scored.coexpression, pairs), 0.0)
    fixed = {n: pairs.features[n].to_numpy(float)[g] for n in GENE}
    fixed["coexpression"] = coexpression[p, g]
    return _Columns(
        p,
        g,
        pairs.labels[p, g],
        fixed,
        {n: _normal_rows(m, pairs)[p, g].astype(np.float32) for n, m in scored.candidates.items()},
        {
            n: pairwise_part(m, pairs.mask)[p, g].astype(np.float32)
            for n, m in scored.candidates.items()
        },
    )


def _normal_rows(scores: Matrix, pairs: ResponsePairs) -> Matrix:
    """Normal scores of the ranks within each perturbation: rows differ in scale otherwise."""
    out = np.zeros(pairs.mask.shape)
    for row in range(pairs.n):
        judged = pairs.mask[row]
        if np.isfinite(scores[row, judged]).all():
            out[row, judged] = van_der_waerden(scores[row, judged])
    return out


def _layer(scored: Scored, columns: _Columns, train: NDArray[np.bool_]) -> str:
    """The layer with the best mean AUROC over perturbations, on training pairs alone."""
    names = list(scored.candidates)
    if len(names) == 1:
        return names[0]
    pairs = scored.pairs
    mask = np.zeros(pairs.mask.shape, dtype=bool)
    mask[columns.p[train], columns.g[train]] = True
    means = []
    for matrix in scored.candidates.values():
        values = row_auroc(matrix, pairs.labels, mask)
        known = values[np.isfinite(values)]
        means.append(known.mean() if known.size else 0.5)
    return names[int(np.argmax(means))]


def _fit(
    scored: Scored,
    columns: _Columns,
    features: tuple[str, ...],
    parts: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]],
    layers: list[str],
    model: Model,
    seed: int,
    task: str,
) -> tuple[Matrix, int]:
    """Held-out log odds of one feature set, and how many folds had nothing to learn from."""
    out = np.full(scored.pairs.mask.shape, np.nan)
    empty = 0
    for f, ((train, test), layer) in enumerate(zip(parts, layers, strict=True)):
        y = columns.y
        if not test.any():
            continue
        if not y[train].any() or y[train].all():
            empty += 1
            odds = np.zeros(int(test.sum()))
        else:
            design = np.column_stack(
                [_column(name, scored, columns, train, layer) for name in features]
            )
            if model == "logistic":
                scaled = standardised(design, train)
                odds = linear_predictor(fit_logistic(scaled[train], y[train]), scaled[test])
                odds -= np.log(y[train].sum() / (~y[train]).sum())
            else:
                odds = boosted_log_odds(design, y, train, test, seed=seed, task=f"{task}/{f}")
        out[columns.p[test], columns.g[test]] = odds
    return out, empty


def _column(
    name: str, scored: Scored, columns: _Columns, train: NDArray[np.bool_], layer: str
) -> Matrix:
    if name == "score":
        return columns.scores[layer].astype(np.float64)
    if name == "pairwise":
        return columns.pairwise[layer].astype(np.float64)
    if name == "elsewhere":
        return _elsewhere(scored, columns, train)
    return columns.fixed[name]


def _elsewhere(scored: Scored, columns: _Columns, train: NDArray[np.bool_]) -> Matrix:
    """Share of the training perturbations to which each target responds, its own left out."""
    pairs = scored.pairs
    n, _ = pairs.mask.shape
    own = [set(s) for s in pairs.sources]
    teaching = np.zeros(n, dtype=bool)
    teaching[np.unique(columns.p[train])] = True
    others = np.array([[teaching[q] and not own[p] & own[q] for q in range(n)] for p in range(n)])
    counted = np.maximum(others.astype(float) @ pairs.mask, 1.0)
    share = (others.astype(float) @ (pairs.labels & pairs.mask)) / counted
    return np.asarray(share[columns.p, columns.g])
