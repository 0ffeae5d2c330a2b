"""Held-out choice: take the best candidate of one part of the data, score it on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats.permutation import TIE_TOLERANCE


@dataclass(frozen=True, eq=False)
class HeldOutChoice:
    """What choosing is worth on data it did not see.

    Attributes
    ----------
    chosen
        Candidate chosen in each evaluation.
    held_out
        Mean score of the chosen ones on the held-out data.
    in_sample
        Mean of their scores on the data they were chosen on: what a report of the best would say.
    random_mean, random_sd
        Mean and standard deviation over candidates of their mean held-out score: a choice at
        random, kept in all evaluations.
    p
        Share of candidates that would have done at least as well, were they fixed beforehand.
    n_candidates
        Candidates; the smallest p is one over it.
    """

    chosen: tuple[str, ...]
    held_out: float
    in_sample: float
    random_mean: float
    random_sd: float
    p: float
    n_candidates: int


def held_out_choice(
    choosing: NDArray[np.floating], scoring: NDArray[np.floating], names: Sequence[str]
) -> HeldOutChoice:
    """Choose on one part, score on the other, and compare with a choice at random.

    Parameters
    ----------
    choosing
        Score of each candidate on the data that choose, evaluations x candidates: one
        evaluation a direction (half A to half B, and back).
    scoring
        The same on the data held out.
    names
        Of the candidates.

    Returns
    -------
    HeldOutChoice
        With an exact p: all candidates are enumerated.

    Raises
    ------
    InputError
        If shapes do not fit, a score is not finite or there are fewer than two candidates.

    Notes
    -----
    Unit A18 of the specification. The paper draws layers at random; candidates are few, so all
    are looked at instead. A random candidate is kept through all evaluations: the evaluations
    share cells or regulators, and drawing anew in each would average the luck away.

    Examples
    --------
    >>> found = held_out_choice(np.array([[0.6, 0.7, 0.5]]), np.array([[0.5, 0.65, 0.55]]), "abc")
    >>> found.chosen, found.held_out, round(found.p, 3)
    (('b',), 0.65, 0.333)
    """
    a, b = np.asarray(choosing, dtype=np.float64), np.asarray(scoring, dtype=np.float64)
    if a.ndim != 2 or a.shape != b.shape or a.shape[1] != len(names) or not len(a):
        raise InputError(
            f"scores of shapes {a.shape} and {b.shape} for {len(names)} candidates",
            where="held-out choice",
            expected="evaluations x candidates, twice",
        )
    if len(names) < 2 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InputError(
            f"{len(names)} candidates, {int((~np.isfinite([a, b])).sum())} scores not finite",
            where="held-out choice",
            expected="two candidates or more, finite scores",
        )
    best = a.argmax(1)
    evaluations = np.arange(len(a))
    held_out = float(b[evaluations, best].mean())
    fixed = b.mean(0)
    reached = fixed >= held_out - TIE_TOLERANCE * abs(held_out)
    # Choices that change between evaluations may beat every fixed candidate; p has a floor.
    p = max(int(reached.sum()), 1) / len(names)
    return HeldOutChoice(
        tuple(str(names[i]) for i in best),
        held_out,
        float(a[evaluations, best].mean()),
        float(fixed.mean()),
        float(fixed.std(ddof=1)),
        p,
        len(names),
    )
