"""Targeted perturbation: do the units of one label hold that label, and only that one?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.interventions.concept_edit import Source, codes_of, directions_of
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.bootstrap import BootstrapResult

from .probe_design import ProbeDesign
from .probe_models import STEPS, Features, Scaler, fit_logistic
from .probes import DRAWS
from .unit_choice import Selection, label_scores, matched_units, strongest

RANDOM_SETS = 50


@dataclass(frozen=True, eq=False)
class TargetedPerturbation:
    """Fall of every label's probe when the units of one label are ablated.

    Attributes
    ----------
    names
        Labels.
    falls
        Fall of balanced accuracy, ablated label x probed label.
    random_falls
        The same with random units of matched activity, draws x ablated x probed.
    bootstrap
        Score of each label (own fall minus the mean of the others') and, last, their mean.
    chosen
        Units ablated in each fold, folds x labels x n_units.
    clean
        Balanced accuracy of each label's probe without ablation.
    notes
        As in `ProbeResult`.
    """

    names: tuple[str, ...]
    falls: NDArray[np.float64]
    random_falls: NDArray[np.float64]
    bootstrap: BootstrapResult
    chosen: NDArray[np.int64]
    clean: NDArray[np.float64]
    notes: tuple[str, ...]

    @property
    def score(self) -> float:
        """Mean score over labels."""
        return float(self.bootstrap.estimates[-1])

    def table(self) -> pd.DataFrame:
        """One row a label and one for their mean: falls, score, interval, random units, p."""
        random = np.stack([_scores(f) for f in self.random_falls])
        random = np.hstack([random, random.mean(1, keepdims=True)])
        own, other = np.diag(self.falls), _others(self.falls)
        rows = []
        for i, name in enumerate((*self.names, "mean")):
            interval = self.bootstrap.interval(i)
            value, drawn = float(self.bootstrap.estimates[i]), random[:, i]
            last = i == len(self.names)
            rows.append({
                "label": name,
                "probe_accuracy": float(self.clean.mean() if last else self.clean[i]),
                "own_fall": float(own.mean() if last else own[i]),
                "other_fall": float(other.mean() if last else other[i]),
                "score": value, "low": interval.low, "high": interval.high,
                "random": float(drawn.mean()), "random_sd": float(drawn.std()),
                "p": (1 + int((drawn >= value - 1e-12).sum())) / (1 + len(drawn)),
                "unit": interval.unit, "n": interval.n, "notes": "; ".join(self.notes),
            })  # fmt: skip
        return pd.DataFrame(rows)


def targeted_perturbation(
    source: Source,
    embedding: NDArray[np.floating],
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    n_units: int = 5,
    select: Selection = "mean difference",
    random_sets: int = RANDOM_SETS,
    pool: int = 20,
    folds: int = 5,
    seed: int = DEFAULT_SEED,
    penalty: float = 1.0,
    steps: int = STEPS,
    draws: int = DRAWS,
    level: float = 0.95,
    task: str = "targeted perturbation",
) -> TargetedPerturbation:
    """Ablate the units most tied to each label and watch all labels' probes.

    Parameters
    ----------
    source
        Units of any kind, or a dictionary.
    embedding
        Cells x width, as the model gives it.
    labels, groups
        Label and donor of each cell.
    n_units
        Units ablated for a label: those that are largest in it, by `select` on the training
        cells of each fold.
    select
        See `label_scores`.
    random_sets, pool
        Sets of random units, each matched in mean activation to a chosen one (drawn from the
        `pool` nearest).
    folds, seed, penalty, steps, draws, level, task
        As in `probe`. Probes are logistic regressions of one label against the rest on the
        embedding, fitted without ablation and not refitted.

    Returns
    -------
    TargetedPerturbation
        Falls, scores, intervals, random units.

    Raises
    ------
    InputError
        If there are not twice as many units as are ablated, or as in `probe`.

    Notes
    -----
    SAEBench's targeted probe perturbation with cells for tokens. The ablation keeps the
    reconstruction error (`concept_edit.ablate`); because probes are linear, it moves their
    decision by ``-z_u <d_u, w>`` a unit. Intervals hold the sizes of labels fixed.

    Examples
    --------
    >>> from cellglass.concepts import LinearUnits, Transform
    >>> rng = np.random.default_rng(0)
    >>> types, donors = np.tile(["B", "T", "NK"], 60), np.repeat(np.arange(6), 30)
    >>> h = rng.random((180, 6))
    >>> h[np.arange(180), np.unique(types, return_inverse=True)[1]] += 5
    >>> names = tuple(f"neuron {i}" for i in range(6))
    >>> units = LinearUnits("neuron", names, np.eye(6), 0.0, Transform.fit(h, centre=False))
    >>> found = targeted_perturbation(units, h, types, donors, n_units=1, draws=50, random_sets=5)
    >>> found.score > 0.2
    True
    """
    design = ProbeDesign.make(labels, groups, folds=folds, seed=seed, task=task)
    h = np.asarray(embedding)
    if h.ndim != 2 or len(h) != len(design):
        raise InputError(f"an array of shape {h.shape}", where="embedding",
                         expected=f"{len(design)} cells x width")  # fmt: skip
    t, z, rows = source.transform(h).astype(np.float64), codes_of(source, h), directions_of(source)
    if not 1 <= n_units <= z.shape[1] // 2:
        raise InputError(
            f"{n_units} units to ablate of {z.shape[1]}", where="targeted_perturbation",
            expected="at least 1, and as many others for comparison", fix="ablate fewer units",
        )  # fmt: skip
    n = len(design.names)
    weight = _weights(design)
    gains = np.zeros((len(design), n, n), dtype=np.int8)
    random_falls = np.zeros((random_sets, n, n))
    clean = np.zeros(n)
    chosen, unfinished = [], 0
    for index, (train, test) in enumerate(design.splits()):
        slopes, intercepts, failed = _probes(t[train], design.codes[train], n, penalty, steps)
        unfinished += failed
        moves = rows @ slopes.T
        decision = t[test] @ slopes.T + intercepts
        truth = design.codes[test, None] == np.arange(n)
        before = (decision > 0) == truth
        clean += (before * weight[test]).sum(0)
        seen, held = z[train], z[test].tocsc()
        mean_activity = np.asarray(seen.mean(0)).ravel()
        sets = [_of_label(seen, design.codes[train] == i, n_units, select) for i in range(n)]
        chosen.append(np.stack(sets))
        for i, units in enumerate(sets):
            after = ((decision - held[:, units].toarray() @ moves[units]) > 0) == truth
            gains[test, i] = before.astype(np.int8) - after.astype(np.int8)
            for draw in range(random_sets):
                rng = generator(seed, f"{task}/random/{index}/{i}/{draw}")
                drawn = matched_units(units, mean_activity, rng, pool=pool)
                after = ((decision - held[:, drawn].toarray() @ moves[drawn]) > 0) == truth
                lost = before.astype(np.float64) - after
                random_falls[draw, i] += (lost * weight[test]).sum(0)
    per_cell = np.stack([_scores(gains[:, i] * weight, i) for i in range(n)], axis=1)
    per_cell = np.hstack([per_cell, per_cell.mean(1, keepdims=True)])
    drawn_scores = design.resample(per_cell, draws=draws, seed=seed, task=task)
    notes = list(design.notes)
    if unfinished:
        notes.append(f"{unfinished} fits had not converged after {steps} steps")
    falls = np.einsum("cij,cj->ij", gains.astype(np.float64), weight)
    names = (*design.names, "mean")
    return TargetedPerturbation(
        design.names, falls, random_falls,
        design.bootstrap(names, per_cell.sum(0), drawn_scores.T.copy(), level),
        np.array(chosen), clean, tuple(notes),
    )  # fmt: skip


def _weights(design: ProbeDesign) -> NDArray[np.float64]:
    """What a hit of each cell adds to each label's balanced accuracy, cells x labels."""
    truth = design.codes[:, None] == np.arange(len(design.names))
    positives = truth.sum(0)
    negatives = design.judged.sum() - positives
    return np.where(truth, 0.5 / positives, 0.5 / negatives) * design.judged[:, None]


def _probes(
    t: NDArray[np.float64], codes: NDArray[np.int64], n: int, penalty: float, steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Slopes (labels x width) and intercepts on unscaled features; fits that did not converge."""
    scaler = Scaler(t)
    x = scaler(t)
    slopes, intercepts, failed = np.zeros((n, t.shape[1])), np.zeros(n), 0
    for i in range(n):
        model, converged = fit_logistic(
            x, (codes == i).astype(np.int64), penalty=penalty, steps=steps
        )
        slopes[i] = model.coef_[0] / scaler.sd
        intercepts[i] = model.intercept_[0] - slopes[i] @ scaler.mean
        failed += not converged
    return slopes, intercepts, failed


def _of_label(
    z: Features, positive: NDArray[np.bool_], n_units: int, select: Selection
) -> NDArray[np.int64]:
    return strongest(label_scores(z, positive, select), n_units, signed=True)


def _others(falls: NDArray[np.float64]) -> NDArray[np.float64]:
    n = len(falls)
    return (falls.sum(1) - np.diag(falls)) / (n - 1)


def _scores(falls: NDArray[np.float64], own: int | None = None) -> NDArray[np.float64]:
    """Own fall minus mean other fall: of a square matrix, or by row for one label."""
    if own is None:
        return np.diag(falls) - _others(falls)
    n = falls.shape[1]
    return falls[:, own] - (falls.sum(1) - falls[:, own]) / (n - 1)
