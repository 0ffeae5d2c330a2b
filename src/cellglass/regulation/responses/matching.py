"""Responding genes beside genes that were as likely to respond, by what single genes say."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.stats import standardised_mean_difference
from cellglass.stats.design import standardised
from cellglass.stats.differential import Matrix
from cellglass.stats.logistic import fit_logistic, linear_predictor

from .baselines import SCALARS
from .pairs import ResponsePairs

NEIGHBOURS = 5
BALANCED = 0.1
ELSEWHERE = "responds elsewhere"


@dataclass(frozen=True, eq=False)
class Matched:
    """Responding genes and their matches.

    Attributes
    ----------
    mask
        Responding genes and the negatives matched to one of them, perturbations x genes.
    propensity
        Log odds of responding, by the covariates alone, perturbations x genes; 0 outside the
        pairs judged.
    balance
        One row a covariate: standardised mean difference of responding genes and others before
        and after matching.
    n_positives, n_negatives
        Pairs in the matched set.
    """

    mask: NDArray[np.bool_] = field(repr=False)
    propensity: Matrix = field(repr=False)
    balance: pd.DataFrame
    n_positives: int
    n_negatives: int

    @property
    def balanced(self) -> bool:
        """Whether every difference is below 0.1 after matching."""
        return bool((self.balance["after"].abs() < BALANCED).all())


def match_responders(
    pairs: ResponsePairs, baselines: dict[str, Matrix], *, neighbours: int = NEIGHBOURS
) -> Matched:
    """Match each responding gene to genes of like propensity, within its perturbation.

    Parameters
    ----------
    pairs
        What is judged.
    baselines
        See `response_baselines`.
    neighbours
        Negatives of nearest propensity for each positive, with replacement; each counts once.

    Returns
    -------
    Matched

    Notes
    -----
    Specification 2.10 (A44): logistic propensity on target mean, variance, detection and the share
    of perturbations to which the target responds. The published count of perturbations included
    the one at hand, and so its label; here it is left out. SMD = difference of means over the
    root of the mean variance; below 0.1 counts as balanced.
    """
    names = [*SCALARS, ELSEWHERE]
    p, g = np.nonzero(pairs.mask)
    y = pairs.labels[p, g]
    covariates = np.column_stack([baselines[n][p, g] for n in names])
    design = standardised(covariates, np.ones(len(y), bool))
    odds = linear_predictor(fit_logistic(design, y), design)
    propensity = np.zeros(pairs.mask.shape)
    propensity[p, g] = odds
    matched = np.zeros(pairs.mask.shape, dtype=bool)
    for row in range(pairs.n):
        judged = np.flatnonzero(pairs.mask[row])
        labels = pairs.labels[row, judged]
        positives, negatives = judged[labels], judged[~labels]
        matched[row, positives] = True
        distance = np.abs(propensity[row, positives][:, None] - propensity[row, negatives])
        k = min(neighbours, len(negatives))
        nearest = np.argsort(distance, axis=1, kind="stable")[:, :k]
        matched[row, negatives[np.unique(nearest)]] = True
    after = matched[p, g]
    balance = pd.DataFrame(
        {
            "covariate": [*names, "propensity"],
            "before": [*_smd(covariates, y), *_smd(odds[:, None], y)],
            "after": [*_smd(covariates[after], y[after]), *_smd(odds[after][:, None], y[after])],
        }
    )
    return Matched(matched, propensity, balance, int(y.sum()), int((after & ~y).sum()))


def _smd(columns: Matrix, treated: NDArray[np.bool_]) -> list[float]:
    return [standardised_mean_difference(c, treated) for c in columns.T]
