"""Probes: how well do features name the labels of cells of other donors?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.bootstrap import BootstrapResult
from cellglass.stats.finding import NullSummary
from cellglass.stats.interval import Interval

from .probe_design import ProbeDesign
from .probe_models import NEIGHBOURS, STEPS, Classifier, Features, as_features, fit_predict

DRAWS, PERMUTATIONS = 1000, 199
Metric = Literal["balanced accuracy", "macro F1"]
METRICS: tuple[Metric, ...] = ("balanced accuracy", "macro F1")


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """What a probe reached on held-out cells.

    Attributes
    ----------
    design
        Labels, donors and folds.
    predicted
        Label named for each cell, a place in ``design.names``, shape (n,); -1 where left out.
    bootstrap
        Balanced accuracy and macro F1 with their resamples.
    null
        Balanced accuracy with permuted labels; None where labels cannot be permuted.
    majority
        Balanced accuracy and macro F1 of naming every cell after the most frequent label of the
        training cells.
    n_features
        Columns of the features.
    notes
        What was left out, what intervals are conditional on, fits that did not converge.
    """

    design: ProbeDesign
    predicted: NDArray[np.int64]
    bootstrap: BootstrapResult
    null: NullSummary | None
    majority: tuple[float, float]
    n_features: int
    notes: tuple[str, ...]

    @property
    def balanced_accuracy(self) -> float:
        """Mean over labels of the share of their cells that is named right."""
        return float(self.bootstrap.estimates[0])

    @property
    def macro_f1(self) -> float:
        """Mean over labels of the harmonic mean of precision and recall."""
        return float(self.bootstrap.estimates[1])

    def interval(self, metric: Metric = "balanced accuracy") -> Interval:
        """Bootstrap interval of a metric, over donors or (told in `notes`) over cells."""
        return self.bootstrap.interval(METRICS.index(metric))

    def to_row(self) -> dict[str, Any]:
        """Return what a table shows."""
        accuracy, f1 = self.interval(), self.interval("macro F1")
        null = self.null
        return {
            "n_features": self.n_features,
            "balanced_accuracy": self.balanced_accuracy,
            "balanced_accuracy_low": accuracy.low,
            "balanced_accuracy_high": accuracy.high,
            "macro_f1": self.macro_f1,
            "macro_f1_low": f1.low,
            "macro_f1_high": f1.high,
            "majority": self.majority[0],
            "permuted": float("nan") if null is None else null.mean,
            "p": float("nan") if null is None else null.p,
            "unit": accuracy.unit,
            "n": accuracy.n,
            "notes": "; ".join(self.notes),
        }


def metrics(confusion: NDArray[np.floating]) -> NDArray[np.float64]:
    """Balanced accuracy and macro F1 of confusion matrices.

    Parameters
    ----------
    confusion
        Cells by true and named label, shape (..., L, L).

    Returns
    -------
    numpy.ndarray
        Shape (2, ...). Labels without a cell are left out of the means.

    Examples
    --------
    >>> metrics(np.array([[3.0, 1.0], [0.0, 2.0]])).round(3).tolist()
    [0.875, 0.829]
    """
    c = np.asarray(confusion, dtype=np.float64)
    right = np.diagonal(c, axis1=-2, axis2=-1)
    support, named = c.sum(-1), c.sum(-2)
    held = support > 0
    n = np.maximum(held.sum(-1), 1)
    recall = right / np.where(held, support, 1)
    f1 = 2 * right / np.where(held, support + named, 1)
    return np.stack([(recall * held).sum(-1) / n, (f1 * held).sum(-1) / n])


def probe(
    features: ArrayLike | sparse.spmatrix,
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    classifier: Classifier = "logistic",
    folds: int = 5,
    seed: int = DEFAULT_SEED,
    penalty: float = 1.0,
    steps: int = STEPS,
    neighbours: int = NEIGHBOURS,
    draws: int = DRAWS,
    permutations: int = PERMUTATIONS,
    null: Literal["held out", "refit"] = "held out",
    level: float = 0.95,
    task: str = "probe",
    design: ProbeDesign | None = None,
) -> ProbeResult:
    """Cross-validated accuracy of naming labels, split by donor.

    Parameters
    ----------
    features
        Cells x m, dense or sparse.
    labels, groups
        Label and donor of each cell.
    classifier, penalty, steps, neighbours
        See `probe_models.fit_predict`. Scaling is fitted on training cells only.
    folds
        Folds of donors (one a donor where there are fewer); of cells with a single donor.
    seed, task
        Root seed and name of the task: folds, resamples and permutations.
    draws, level
        Of the bootstrap: over donors where there are at least 6, else over cells, which a note
        marks as conditional on the donors.
    permutations
        Draws of the null.
    null
        ``"held out"`` permutes the labels of held-out cells against what was named: cheap, and
        a valid test, because no fit saw them. ``"refit"`` permutes before fitting, once a draw.
        Both permute within donors, so that the null holds what the composition of donors gives
        (between donors where a donor has one label only).
    design
        Folds of another probe, to be compared in pairs; `labels`, `groups` and `folds` then
        play no part.

    Returns
    -------
    ProbeResult
        Accuracies, intervals, null, majority baseline, notes.

    Raises
    ------
    InputError
        If rows differ, values are not finite or fewer than two labels can be judged.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> types, donors = np.tile(["B", "T"], 60), np.repeat(np.arange(6), 20)
    >>> x = rng.normal(size=(120, 3)) + 4 * (types == "T")[:, None]
    >>> found = probe(x, types, donors, seed=1, draws=100)
    >>> found.balanced_accuracy > 0.95, found.interval().unit
    (True, 'donor')
    """
    held = design or ProbeDesign.make(labels, groups, folds=folds, seed=seed, task=task)
    x = as_features(features, len(held))
    options: dict[str, Any] = {
        "classifier": classifier, "penalty": penalty, "steps": steps, "neighbours": neighbours,
    }  # fmt: skip
    predicted, majority, unfinished = _named(x, held, held.codes, options)
    n = len(held.names)
    counts = confusion_cells(held.codes, predicted, n)
    estimates = metrics(np.asarray(counts.sum(0)).reshape(n, n))
    drawn = held.resample(counts, draws=draws, seed=seed, task=task).reshape(-1, n, n)
    baseline = metrics(confusion_of(held.codes, majority, n))
    notes = list(held.notes)
    if unfinished:
        notes.append(f"{unfinished} fits had not converged after {steps} steps")
    return ProbeResult(
        held,
        predicted,
        held.bootstrap(METRICS, estimates, metrics(drawn), level),
        _null(x, held, predicted, float(estimates[0]), options, permutations, null, seed, task),
        (float(baseline[0]), float(baseline[1])),
        x.shape[1],
        tuple(notes),
    )


def _named(
    x: Features, design: ProbeDesign, codes: NDArray[np.int64], options: dict[str, Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Label named for each cell when held out, the majority's, fits that did not converge."""
    predicted = np.full(len(design), -1, dtype=np.int64)
    majority = predicted.copy()
    unfinished = 0
    for train, test in design.splits():
        predicted[test], converged = fit_predict(x[train], codes[train], x[test], **options)
        majority[test] = np.bincount(codes[train]).argmax()
        unfinished += not converged
    return predicted, majority, unfinished


def _null(
    x: Features,
    design: ProbeDesign,
    predicted: NDArray[np.int64],
    observed: float,
    options: dict[str, Any],
    permutations: int,
    kind: str,
    seed: int,
    task: str,
) -> NullSummary | None:
    n = len(design.names)
    values = []
    for draw in range(permutations):
        codes = design.permuted(seed, f"{task}/null/{draw}")
        if codes is None:
            return None
        named = predicted if kind == "held out" else _named(x, design, codes, options)[0]
        values.append(float(metrics(confusion_of(codes, named, n))[0]))
    if not values:
        return None
    drawn = np.array(values)
    # equal up to rounding counts as reached
    p = (1 + int((drawn >= observed - 1e-12).sum())) / (1 + len(drawn))
    return NullSummary(f"permuted labels, {kind}", len(drawn), float(drawn.mean()),
                       float(drawn.std()), p)  # fmt: skip


def confusion_of(
    codes: NDArray[np.int64], predicted: NDArray[np.int64], n: int
) -> NDArray[np.float64]:
    """Confusion matrix, true by named label; cells with code -1 are left out."""
    kept = codes >= 0
    flat = np.bincount(codes[kept] * n + predicted[kept], minlength=n * n)
    return flat.reshape(n, n).astype(np.float64)


def confusion_cells(
    codes: NDArray[np.int64], predicted: NDArray[np.int64], n: int
) -> sparse.csr_matrix:
    """Which entry of the confusion matrix each cell is in, cells x n squared."""
    rows = np.flatnonzero(codes >= 0)
    entry = codes[rows] * n + predicted[rows]
    return sparse.csr_matrix((np.ones(len(rows)), (rows, entry)), (len(codes), n * n))
