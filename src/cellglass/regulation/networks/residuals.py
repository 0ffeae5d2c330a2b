"""What scores still recover once covariates are taken out of them, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.stats import BootstrapResult, CrossFit, derived, out_of_sample_r2
from cellglass.stats.residual import Model

from .covariates import CovariateSet
from .layer_scores import COEXPRESSION, SIGNED, UNTRAINED, Score
from .resampled import CHANCE, NAN, RegulatorBootstrap, ends, three

KEPT = 0.8
"""Share of the above-chance AUROC that must be left (specification 2.23, criterion C3)."""

SEEDS = 10
UNDEFINED = "not applicable: raw AUROC not above 0.5"
ITSELF = "not applicable: the score is the covariate"
SUPPRESSOR = "suppressor effect"


@dataclass(eq=False)
class Residualisation:
    """Residuals of many scores on the same pairs, with one set of resamples.

    Parameters
    ----------
    boot
        Resamples of the regulators.
    seed, task
        Root seed and name of the streams.
    n_folds
        Folds over pairs.
    seeds
        Draws of the folds for the linear model: how far the result hangs on them.

    Examples
    --------
    See `judge_residual`.
    """

    boot: RegulatorBootstrap
    seed: int
    task: str
    n_folds: int = 5
    seeds: int = SEEDS
    _raw: dict[str, BootstrapResult] = field(default_factory=dict)

    def table(
        self, scores: Sequence[Score], covariates: CovariateSet, model: Model
    ) -> pd.DataFrame:
        """Raw and residual AUROC of every score, and the share retained.

        Parameters
        ----------
        scores
            Candidates and references; |Spearman| among them is what the others are compared
            with, residualised the same way.
        covariates
            What is taken out.
        model
            ``"linear"`` (float64 least squares) or ``"boosted"``.

        Returns
        -------
        pandas.DataFrame
            One row a score: AUROC of the score and of the residual, what changed, the fraction
            retained, R2 out of sample, each with its interval over regulators; the standard
            deviation of the residual's AUROC over draws of the folds (linear model, not of the
            untrained copy); the residual's AUROC minus that of |Spearman|'s; and how to read it.

        Notes
        -----
        Analyses A25 and A35, specification 2.8. Retained = (AUROC of the residual - 0.5) /
        (AUROC - 0.5), within each resample. Where the raw interval reaches 0.5 there is
        nothing to retain, and the fraction is undefined. Where the AUROC rises beyond its
        interval, the covariates had hidden some of it: a suppressor effect.

        Fits are over the pairs that are judged. Over all pairs of genes, whatever sets
        regulators apart from other genes would be left in the residual.
        """
        fit = CrossFit(covariates.make(), n_folds=self.n_folds, model=model)
        order = sorted(scores, key=lambda s: s.name != COEXPRESSION)
        rows: dict[str, dict[str, object]] = {}
        coexpression: BootstrapResult | None = None
        for score in order:
            itself = covariates.pairwise and score.name in (COEXPRESSION, SIGNED)
            start = {
                "score": score.name,
                "kind": score.kind,
                "covariates": covariates.name,
                "model": model,
            }
            values = score.make()[self.boot.pairs.mask]
            raw = self._of_raw(score.name, values)
            if itself or np.ptp(values) == 0.0:
                rows[score.name] = start | _nothing(raw, ITSELF if itself else UNDEFINED)
                continue
            task = f"{self.task}/{covariates.name}/{model}"
            left = fit.residuals(values, seed=self.seed, task=f"{task}/0")
            found = self.boot.pooled_values(left)
            if score.name == COEXPRESSION:
                coexpression = found
            again = model == "linear" and not score.name.startswith(UNTRAINED)
            spread = self._over_seeds(fit, values, left, task) if again else NAN
            beside = None if coexpression is None else derived(
                "difference", np.subtract, found, coexpression
            )  # fmt: skip
            rows[score.name] = (
                start
                | _kept(raw, found)
                | three("r2", self._r2(values, left))
                | {"seed_sd": spread}
                | three("over_spearman", None if score.name == COEXPRESSION else beside)
            )
        return pd.DataFrame([rows[s.name] for s in scores])

    def residual_score(self, score: Score, fit: CrossFit, covariates: CovariateSet) -> Score:
        """The linear residual as a score of its own, for a null."""
        mask = self.boot.pairs.mask

        def make() -> NDArray[np.float64]:
            left = np.zeros(mask.shape)
            left[mask] = fit.residuals(
                score.make()[mask],
                seed=self.seed,
                task=f"{self.task}/{covariates.name}/linear/0",
            )
            return left

        return Score(score.name, score.kind, make)

    def _of_raw(self, name: str, values: NDArray[np.float64]) -> BootstrapResult:
        if name not in self._raw:
            self._raw[name] = self.boot.pooled_values(values)
        return self._raw[name]

    def _over_seeds(
        self, fit: CrossFit, values: NDArray[np.float64], first: NDArray[np.float64], task: str
    ) -> float:
        truth = self.boot.pairs.labels[self.boot.pairs.mask]
        others = (
            fit.residuals(values, seed=self.seed, task=f"{task}/{k}") for k in range(1, self.seeds)
        )
        found = [_auroc(first, truth), *(_auroc(left, truth) for left in others)]
        return float(np.std(found, ddof=1)) if len(found) > 1 else NAN

    def _r2(self, values: NDArray[np.float64], left: NDArray[np.float64]) -> BootstrapResult:
        """R2 with regulators resampled; the mean of the score stays that of all pairs."""
        groups, n = self.boot.pairs.groups, self.boot.resamples.n_groups
        lost = np.bincount(groups, left**2, minlength=n)
        total = np.bincount(groups, (values - values.mean()) ** 2, minlength=n)
        share = np.divide(lost, total, out=np.full(n, NAN), where=total > 0)
        unexplained = self.boot.resamples.mean(share, weights=total)
        found = derived("r2", lambda u: 1.0 - u, unexplained)
        found.estimates[0] = out_of_sample_r2(values, left)
        return found


def _kept(raw: BootstrapResult, left: BootstrapResult) -> dict[str, object]:
    """Raw, residual, change and fraction retained, and how they are to be read."""
    change = derived("change", np.subtract, left, raw)
    retained = derived("retained", lambda a, b: (a - CHANCE) / (b - CHANCE), left, raw)
    defined = ends(raw)[1] > CHANCE
    return {
        **three("auroc", raw),
        **three("auroc_residual", left),
        **three("change", change),
        **three("retained", retained if defined else None),
        "reading": _reading(ends(change), ends(retained)) if defined else UNDEFINED,
    }


def _reading(change: tuple[float, float, float], retained: tuple[float, float, float]) -> str:
    if change[1] > 0:
        return SUPPRESSOR
    if retained[1] >= KEPT:
        return f"{KEPT:.0%} or more retained"
    return f"less than {KEPT:.0%} retained" if retained[2] < KEPT else "undecided"


def _nothing(raw: BootstrapResult, reading: str) -> dict[str, object]:
    names = ("auroc_residual", "change", "retained", "r2", "over_spearman")
    empty = {k: v for name in names for k, v in three(name, None).items()}
    return {**three("auroc", raw), **empty, "reading": reading, "seed_sd": NAN}


def _auroc(values: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """As `cellglass.stats.auroc`, to the bit: edges are few, so that no pair needs a rank."""
    edges, others = np.sort(values[truth]), np.sort(values[~truth])
    twice = sum(int(np.searchsorted(others, edges, side).sum()) for side in ("left", "right"))
    return twice / (2.0 * edges.size * others.size)
