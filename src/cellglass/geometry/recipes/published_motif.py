"""The signed motif-community score of the published screen (H118, H123), label leakage included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.data.network import Network
from cellglass.errors import InputError
from cellglass.geometry.blend import l1_log_odds
from cellglass.geometry.guards.containment import label_containment
from cellglass.geometry.guards.guard import GuardResult
from cellglass.geometry.named import require_pairs
from cellglass.geometry.nulls.community_shuffle import CommunityShuffle
from cellglass.seeds import DEFAULT_SEED, generator, integer_seed
from cellglass.stats.arguments import Bools, Ints, as_labels, as_scores
from cellglass.stats.auroc import auroc
from cellglass.stats.design import standardised

Floats = NDArray[np.float64]
FOLDS = 4
PENALTY = 0.25
NAMES = (
    "H70", "community", "motif", "consistent", "community x motif", "community x consistent",
    "H70 x community x consistent",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class PublishedMotif:
    """The motif-community model, and what its number is made of.

    Attributes
    ----------
    base_auroc, auroc, delta
        Of the H70 score, of the pooled out-of-fold probabilities, and their difference.
    predicted_auroc
        What the motif flag explains by itself: see `predicted_auroc`.
    motif
        G1 of the motif flag.
    log_odds
        Pooled out-of-fold log odds, shape (pairs,).
    """

    base_auroc: float
    auroc: float
    delta: float
    predicted_auroc: float
    motif: GuardResult
    log_odds: Floats = field(repr=False)


@dataclass(frozen=True, eq=False)
class CommunityAblation:
    """The lift with communities exchanged between genes.

    Attributes
    ----------
    lift
        Over the H70 score, with the communities as they are.
    draws
        With shuffled communities, the model refitted each time, shape (draws,).
    kept
        Mean of the draws over the lift: what the motif flag does by itself. 0.965 as published.
    """

    lift: float
    draws: Floats
    kept: float


def reference_signs(network: Network, sources: Sequence[str], targets: Sequence[str]) -> Ints:
    """Signs of pairs in the reference that also labels them.

    Parameters
    ----------
    network
        TRRUST, or any network with a sign as its weight.
    sources, targets
        Names of both ends, one of each a pair.

    Returns
    -------
    numpy.ndarray
        1 activation, -1 repression, 0 for pairs outside the network and those without a sign,
        int64, shape (pairs,).

    Raises
    ------
    InputError
        If there is not one target a source.

    Notes
    -----
    Specification 2.11. Of several rows of a pair the published code kept the first of the file.
    `cellglass.data.Network` joins the rows of a pair: one with either sign (207 of 8,403 pairs)
    is an activation here, and one whose mode is also "Unknown" has the sign it has elsewhere.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"source": ["A", "A"], "target": ["B", "C"], "weight": [-1.0, np.nan]})
    >>> reference_signs(Network.from_frame(rows), ["A", "A", "B"], ["B", "C", "A"]).tolist()
    [-1, 0, 0]
    """
    require_pairs(sources, targets)
    frame = network.frame
    signs = np.sign(np.nan_to_num(frame["weight"].to_numpy(dtype=np.float64)))
    if "mode" in frame.columns:
        for i in np.flatnonzero(frame["weight"].isna()):
            found = [m for m in str(frame["mode"].iloc[i]).split(";") if m in _SIGNS]
            signs[i] = _SIGNS[found[0]] if found else 0
    known = dict(zip(zip(frame["source"], frame["target"], strict=True), signs, strict=True))
    return np.array(
        [int(known.get(pair, 0)) for pair in zip(sources, targets, strict=True)], dtype=np.int64
    )


_SIGNS = {"Activation": 1, "Repression": -1}


def motif_features(
    h70: ArrayLike, same_community: ArrayLike, signs: ArrayLike, margin: ArrayLike
) -> Floats:
    """Make the seven features of H123, in the order of `NAMES`.

    Parameters
    ----------
    h70
        Score of each pair, shape (n,).
    same_community
        Whether both genes are in one community, shape (n,).
    signs
        Of `reference_signs`, shape (n,).
    margin
        S_st - S_ts of the prior support, shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n, 7).

    Raises
    ------
    InputError
        If shapes differ or a value is not finite.

    Examples
    --------
    >>> motif_features([0.5, 0.2], [True, True], [1, 0], [0.3, 0.1]).tolist()
    [[0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5], [0.2, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    score = as_scores(h70, "H70").astype(np.float64)
    together = as_labels(same_community, score.shape, "same_community").astype(np.float64)
    sign, gap = (
        as_scores(v, n).astype(np.float64) for v, n in ((signs, "signs"), (margin, "margin"))
    )
    if sign.shape != score.shape or gap.shape != score.shape:
        raise InputError(
            f"{sign.size} signs, {gap.size} margins, {score.size} pairs", where="motif"
        )
    motif = (sign != 0).astype(np.float64)
    consistent = (sign * np.sign(gap) > 0).astype(np.float64)
    return np.column_stack([
        score, together, motif, consistent, together * motif, together * consistent,
        score * together * consistent,
    ])  # fmt: skip


def published_motif(
    h70: ArrayLike,
    same_community: ArrayLike,
    signs: ArrayLike,
    margin: ArrayLike,
    labels: ArrayLike,
    *,
    seed: int = DEFAULT_SEED,
) -> PublishedMotif:
    """Fit H123's model and measure its lift over the H70 score, as published.

    Parameters
    ----------
    h70, same_community, signs, margin
        See `motif_features`.
    labels
        True at pairs of the reference, shape (n,).
    seed
        Of the folds.

    Returns
    -------
    PublishedMotif
        With the guard that refuses the motif flag, and the AUROC that the flag alone predicts.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or a class has fewer pairs than folds.

    Notes
    -----
    Specification 2.11: features standardised, L1 logistic regression with C = 0.25 (liblinear),
    4 stratified folds of pairs, pooled out-of-fold predictions, held against the raw H70 score.
    Labels say that the pair is in TRRUST, the motif flag that it is there with a sign: its
    precision is 1 by construction (specification 0.1). Log odds are pooled in place of
    probabilities: they rank the same, and do not saturate.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.random(400) < 0.25
    >>> signs = labels * rng.choice([-1, 0, 1], 400)
    >>> found = published_motif(
    ...     rng.normal(size=400), rng.random(400) < 0.5, signs, rng.random(400), labels
    ... )
    >>> found.delta > 0.2, found.motif.state
    (True, 'failed')
    """
    features = motif_features(h70, same_community, signs, margin)
    truth = as_labels(labels, (len(features),))
    odds = _out_of_fold(features, truth, seed)
    motif = features[:, NAMES.index("motif")]
    base, full = auroc(features[:, 0], truth), auroc(odds, truth)
    return PublishedMotif(
        base, full, full - base,
        predicted_auroc(float(motif.mean()), float(truth.mean()), base),
        label_containment(motif, truth, "motif"), odds,
    )  # fmt: skip


def community_ablation(
    h70: ArrayLike,
    communities: ArrayLike,
    ends: tuple[Ints, Ints],
    signs: ArrayLike,
    margin: ArrayLike,
    labels: ArrayLike,
    *,
    draws: int = 10,
    seed: int = DEFAULT_SEED,
) -> CommunityAblation:
    """Exchange the communities of genes and refit, as H118 did.

    Parameters
    ----------
    h70, signs, margin, labels
        See `published_motif`.
    communities
        Community of each gene.
    ends
        Number of both genes of each pair, into `communities`.
    draws
        Shuffles; the published null had 10.
    seed
        Of shuffles and folds; the folds are those of `published_motif`.

    Returns
    -------
    CommunityAblation
        What is kept without communities is no evidence for geometry.

    Raises
    ------
    InputError
        As `published_motif`; if no shuffle can change a community, or the model has no lift.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.random(400) < 0.25
    >>> ends = rng.integers(0, 40, 400), rng.integers(0, 40, 400)
    >>> found = community_ablation(
    ...     rng.normal(size=400), rng.integers(0, 5, 40), ends,
    ...     labels * rng.choice([-1, 0, 1], 400), rng.random(400), labels, draws=3,
    ... )
    >>> bool(found.kept > 0.9)
    True
    """
    of_gene = np.asarray(communities)

    def lift(codes: NDArray[np.integer]) -> float:
        same = codes[ends[0]] == codes[ends[1]]
        return published_motif(h70, same, signs, margin, labels, seed=seed).delta

    whole = lift(np.unique(of_gene, return_inverse=True)[1])
    if not whole > 0:
        raise InputError(
            f"the model's lift is {whole:.4g}", where="community ablation",
            expected="a lift above 0", fix="there is nothing that communities could explain",
        )  # fmt: skip
    null = CommunityShuffle(of_gene)
    rng = generator(seed, "published motif/communities")
    values = np.array([lift(null.draw(rng)) for _ in range(draws)])
    return CommunityAblation(whole, values, float(values.mean() / whole))


def predicted_auroc(coverage: float, prevalence: float, base_auroc: float) -> float:
    """AUROC that a flag of positives alone gives on top of a score.

    Parameters
    ----------
    coverage
        Share of all pairs that are flagged, all of them positive.
    prevalence
        Share of positives.
    base_auroc
        Of the score that ranks the pairs without a flag.

    Returns
    -------
    float
        tpr + (1 - tpr) base, tpr = coverage / prevalence.

    Raises
    ------
    InputError
        If more pairs are flagged than are positive, or a share is out of range.

    Notes
    -----
    Specification 0.1: within 0.022 of the published AUROC on average, over 22 rows.

    Examples
    --------
    >>> predicted_auroc(0.1, 0.25, 0.5)
    0.7
    """
    if not 0 <= coverage <= prevalence <= 1 or prevalence == 0 or not 0 <= base_auroc <= 1:
        raise InputError(
            f"coverage {coverage:g}, prevalence {prevalence:g}, AUROC {base_auroc:g}",
            where="predicted AUROC", expected="0 <= coverage <= prevalence <= 1",
        )  # fmt: skip
    recall = coverage / prevalence
    return recall + (1 - recall) * base_auroc


def _out_of_fold(features: Floats, truth: Bools, seed: int) -> Floats:
    from sklearn.model_selection import StratifiedKFold

    rarer = int(min(truth.sum(), (~truth).sum()))
    if rarer < FOLDS:
        raise InputError(
            f"{rarer} pairs of the rarer class", where="published motif",
            expected=f"at least {FOLDS}",
        )  # fmt: skip
    state = integer_seed(seed, "published motif/folds")
    odds = np.empty(truth.size)
    for fit, judge in StratifiedKFold(FOLDS, shuffle=True, random_state=state).split(
        features, truth
    ):
        train = np.zeros(truth.size, dtype=bool)
        train[fit] = True
        scaled = standardised(features, train)
        _, odds[judge] = l1_log_odds(scaled[fit], truth[fit], PENALTY, state, scaled[judge])
    return odds
