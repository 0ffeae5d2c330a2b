"""Do other seeds find the same concepts? Matching, null, subspaces, and seeds that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.statistics.inputs import as_names
from cellglass.concepts.statistics.matching import (
    Matching,
    MatchMethod,
    NullKind,
    match_directions,
    random_directions,
    unit_rows,
)
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import as_fraction
from cellglass.stats.wilson import wilson

MATCHED = 0.7
MATCHED_CLOSELY = 0.9
SHARED_START = 0.1
NULLS: tuple[NullKind, ...] = ("isotropic", "covariance")


@dataclass(frozen=True, eq=False)
class SeedStability:
    """How dictionaries of several seeds agree.

    Attributes
    ----------
    pairs
        One row a pair of seeds: ``seed_a``, ``seed_b``, ``n_matched``, ``mean_cosine``,
        ``share_matched`` (cosine of `MATCHED` or more), ``share_matched_closely``
        (`MATCHED_CLOSELY` or more).
    units
        One row a seed and unit: ``seed``, ``unit``, ``stability`` (share of the other seeds with
        a match of `MATCHED` or more) with ``stability_low`` and ``stability_high`` (Wilson,
        over seeds), ``n_other_seeds``, ``mean_match`` and ``best_match`` (matched cosines).
    null
        One row a kind of random direction and draw: ``null``, ``draw``, ``mean_cosine``,
        ``share_matched``, ``share_matched_closely`` of the first seed's dictionary with random
        directions of the number of the second.
    """

    pairs: pd.DataFrame
    units: pd.DataFrame
    null: pd.DataFrame

    @property
    def pw_mcc(self) -> float:
        """Mean matched cosine over pairs of seeds."""
        return float(self.pairs.mean_cosine.mean())

    def summary(self) -> pd.DataFrame:
        """PW-MCC and matched shares beside the mean of each null.

        Returns
        -------
        pandas.DataFrame
            One row a measure: ``measure``, ``value`` (mean over pairs), ``lowest`` and
            ``highest`` pair, ``n_pairs``, and the mean under each null.
        """
        rows = []
        for measure in ("mean_cosine", "share_matched", "share_matched_closely"):
            found = self.pairs[measure]
            rows.append(
                {
                    "measure": "pw_mcc" if measure == "mean_cosine" else measure,
                    "value": found.mean(),
                    "lowest": found.min(),
                    "highest": found.max(),
                    "n_pairs": len(found),
                    **{
                        f"null_{kind}": part[measure].mean()
                        for kind, part in self.null.groupby("null", sort=False)
                    },
                }
            )
        return pd.DataFrame(rows)


def seed_stability(
    decoders: Sequence[ArrayLike],
    names: Sequence[Sequence[str]] | None = None,
    *,
    matched: float = MATCHED,
    matched_closely: float = MATCHED_CLOSELY,
    method: MatchMethod = "hungarian",
    signed: bool = False,
    null_draws: int = 1,
    seed: int = DEFAULT_SEED,
) -> SeedStability:
    """Match the dictionaries of all pairs of seeds.

    Parameters
    ----------
    decoders
        One array a seed, units x width; dictionaries may differ in size. Leave dead units out:
        their directions are those of the start, which no other seed has.
    names
        Names of the units of each seed.
    matched, matched_closely
        Cosines from which on a concept counts as found again, and as closely so.
    method, signed
        See `match_directions`.
    null_draws
        Random dictionaries of each kind: isotropic, and with the second moments of the matched
        dictionary. With thousands of directions one draw is a mean over thousands.
    seed
        Root seed of the random dictionaries.

    Returns
    -------
    SeedStability

    Raises
    ------
    InputError
        If there are fewer than two dictionaries, or widths differ.

    Notes
    -----
    Seeds that start from the same dictionary agree for that reason alone: see
    `initial_difference`. The mean matched cosine over pairs is called PW-MCC (Song and others,
    arXiv 2505.20254).

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(20, 10))
    >>> round(seed_stability([rows, rows[::-1]]).pw_mcc, 5)
    1.0
    """
    if len(decoders) < 2:
        raise InputError(f"{len(decoders)} dictionary", where="seed stability",
                         expected="dictionaries of at least two seeds")  # fmt: skip
    rows = [unit_rows(d, f"dictionary {i}") for i, d in enumerate(decoders)]
    words = [as_names(None if names is None else names[i], len(r)) for i, r in enumerate(rows)]
    cosines: list[list[NDArray[np.float64]]] = [[] for _ in rows]
    pairs = []
    for a, b in combinations(range(len(rows)), 2):
        found = match_directions(rows[a], rows[b], method=method, signed=signed)
        pairs.append({"seed_a": a, "seed_b": b, **_shares(found, matched, matched_closely)})
        cosines[a].append(found.of_first(len(rows[a]), 0.0))
        back = (
            Matching(found.second, found.first, found.cosine)
            if method == "hungarian"
            else match_directions(rows[b], rows[a], method=method, signed=signed)
        )
        cosines[b].append(back.of_first(len(rows[b]), 0.0))
    units = [_units(s, words[s], np.stack(c), matched) for s, c in enumerate(cosines)]
    null = []
    for kind in NULLS:
        for draw in range(null_draws):
            rng = generator(seed, f"seed stability/{kind}/{draw}")
            like = rows[1] if kind == "covariance" else None
            drawn = random_directions(len(rows[1]), rows[1].shape[1], rng, like=like)
            found = match_directions(rows[0], drawn, method=method, signed=signed)
            null.append({"null": kind, "draw": draw, **_shares(found, matched, matched_closely)})
    return SeedStability(
        pd.DataFrame(pairs), pd.concat(units, ignore_index=True), pd.DataFrame(null)
    )


def _shares(found: Matching, matched: float, closely: float) -> dict[str, float]:
    return {
        "n_matched": len(found.cosine),
        "mean_cosine": float(found.cosine.mean()),
        "share_matched": float((found.cosine >= matched).mean()),
        "share_matched_closely": float((found.cosine >= closely).mean()),
    }


def _units(
    seed: int, names: list[str], cosine: NDArray[np.float64], matched: float
) -> pd.DataFrame:
    """Stability of the units of one seed from its cosines, other seeds x units."""
    hits = (cosine >= matched).sum(0)
    low, high = wilson(hits, np.full(hits.size, len(cosine)))
    return pd.DataFrame(
        {
            "seed": seed,
            "unit": names,
            "stability": hits / len(cosine),
            "stability_low": low,
            "stability_high": high,
            "n_other_seeds": len(cosine),
            "mean_match": cosine.mean(0),
            "best_match": cosine.max(0),
        }
    )


def initial_difference(
    first: ArrayLike,
    second: ArrayLike,
    *,
    close: float = MATCHED_CLOSELY,
    shared: float = SHARED_START,
) -> float:
    """Share of the initial directions of one seed that another seed starts with too.

    Parameters
    ----------
    first, second
        Decoders before training, units x width.
    close
        Absolute cosine from which on two directions are the same.
    shared
        Share from which on the seeds do not differ.

    Returns
    -------
    float
        The share, below `shared`. Order does not matter: directions are matched one to one.

    Raises
    ------
    InputError
        If the share is `shared` or more: agreement after training would be put in beforehand.

    Notes
    -----
    A start that is the same for all seeds (k-means on the same cells, for example) has been taken
    for stability (arXiv 2606.02061). The limits are ours.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> initial_difference(rng.normal(size=(50, 20)), rng.normal(size=(50, 20)))
    0.0
    """
    found = match_directions(first, second).cosine
    share = float((found >= as_fraction(close, "close")).mean())
    if share >= shared:
        raise InputError(
            f"{share:.0%} of the initial directions are the same in two seeds",
            where="seeds of the dictionaries",
            expected=f"less than {shared:.0%}: seeds that start alike agree for that reason alone",
            fix="draw the initial dictionary of each seed anew",
        )
    return share


@dataclass(frozen=True, eq=False)
class SubspaceOverlap:
    """How much of the span of some concepts lies in the span of others.

    Attributes
    ----------
    overlap
        Mean squared cosine of the principal angles: 1 for the same space.
    cosines
        Of the principal angles, in descending order.
    chance
        Expected overlap with a random space: its rank over the width.
    null
        Overlap with the span of directions that have the second moments of the second
        dictionary, one a draw.
    n_first, n_second
        Ranks of the two spans.
    """

    overlap: float
    cosines: NDArray[np.float64]
    chance: float
    null: NDArray[np.float64]
    n_first: int
    n_second: int


def subspace_overlap(
    first: ArrayLike,
    second: ArrayLike,
    *,
    variance_first: ArrayLike | None = None,
    variance_second: ArrayLike | None = None,
    n_top: int | None = None,
    null_draws: int = 20,
    seed: int = DEFAULT_SEED,
) -> SubspaceOverlap:
    """Overlap of the spans of the concepts that carry most variance.

    Parameters
    ----------
    first, second
        Units x width.
    variance_first, variance_second
        What each unit carries, for example the variance of its activation: the `n_top` largest
        are taken. All are alike where None, and the first ones are taken.
    n_top
        Concepts of each span; a quarter of the width where None. Near the width, any two spans
        overlap.
    null_draws
        Random dictionaries.
    seed
        Root seed of them.

    Returns
    -------
    SubspaceOverlap

    Raises
    ------
    InputError
        If widths differ, or `n_top` is not between 1 and the numbers of units.

    Notes
    -----
    Concepts that no other seed finds may still lie in a space that every seed finds
    (arXiv 2606.12138).

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(6, 20))
    >>> round(subspace_overlap(rows, 2 * rows + rows[::-1], n_top=6).overlap, 5)
    1.0
    """
    a, b = unit_rows(first, "first"), unit_rows(second, "second")
    top = max(a.shape[1] // 4, 1) if n_top is None else n_top
    if a.shape[1] != b.shape[1] or not 1 <= top <= min(len(a), len(b)):
        raise InputError(f"{top} top units of arrays of shapes {a.shape} and {b.shape}",
                         where="subspace overlap",
                         expected="one width, and as many units as n_top")  # fmt: skip
    chosen_b = b[_largest(variance_second, len(b), top)]
    base_a, base_b = _basis(a[_largest(variance_first, len(a), top)]), _basis(chosen_b)
    cosines = np.clip(np.linalg.svd(base_a @ base_b.T, compute_uv=False), 0, 1)
    rng = generator(seed, "subspace overlap")
    null = [
        _overlap(base_a, _basis(random_directions(top, a.shape[1], rng, like=b)))
        for _ in range(null_draws)
    ]
    smaller = min(len(base_a), len(base_b))
    return SubspaceOverlap(
        overlap=float((cosines**2).sum() / smaller),
        cosines=cosines,
        chance=max(len(base_a), len(base_b)) / a.shape[1],
        null=np.asarray(null),
        n_first=len(base_a),
        n_second=len(base_b),
    )


def _largest(variance: ArrayLike | None, n: int, top: int) -> NDArray[np.int64]:
    if variance is None:
        return np.arange(top)
    return np.argsort(-np.asarray(variance, dtype=np.float64)[:n], kind="stable")[:top]


def _basis(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Orthonormal rows that span some rows."""
    _, size, basis = np.linalg.svd(rows.astype(np.float64), full_matrices=False)
    return basis[size > 1e-6 * size[0]]


def _overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(((a @ b.T) ** 2).sum() / min(len(a), len(b)))
