"""Sparse probes: how well do the best 1, 2, 5 or 20 units name a label?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.errors import InputError, nearest
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.bootstrap import BootstrapResult

from .probe_design import ProbeDesign
from .probe_models import STEPS, Features, Scaler, as_features, fit_logistic
from .probes import DRAWS, PERMUTATIONS
from .unit_choice import Selection, label_scores, strongest

SIZES = (1, 2, 5, 20)


@dataclass(frozen=True, eq=False)
class SparseProbeResult:
    """Held-out accuracy of the best few units, one label against the rest.

    Attributes
    ----------
    design
        Labels, donors and folds.
    sizes
        Numbers of units.
    bootstrap
        Balanced accuracy: first the mean over labels at each size, then each label at each size
        (label by label), with their resamples.
    permuted
        Mean over labels with permuted labels, sizes x draws.
    chosen
        Units chosen on the training cells of each fold, best first: folds x labels x largest
        size. Choosing them on all cells would leak.
    notes
        As in `ProbeResult`.
    """

    design: ProbeDesign
    sizes: tuple[int, ...]
    bootstrap: BootstrapResult
    permuted: NDArray[np.float64]
    chosen: NDArray[np.int64]
    notes: tuple[str, ...]

    def summary(self) -> pd.DataFrame:
        """One row a size: mean over labels, interval, permuted labels, p."""
        rows = []
        for i, size in enumerate(self.sizes):
            interval = self.bootstrap.interval(i)
            value, null = float(self.bootstrap.estimates[i]), self.permuted[i]
            rows.append({
                "n_units": size, "balanced_accuracy": value, "low": interval.low,
                "high": interval.high, "permuted": float(null.mean()) if null.size else np.nan,
                "p": (1 + int((null >= value - 1e-12).sum())) / (1 + null.size)
                if null.size else np.nan,
                "unit": interval.unit, "n": interval.n, "notes": "; ".join(self.notes),
            })  # fmt: skip
        return pd.DataFrame(rows)

    def by_label(self) -> pd.DataFrame:
        """One row a label and size, with intervals (nan where resamples lack the label)."""
        rows = []
        for j, label in enumerate(self.design.names):
            for i, size in enumerate(self.sizes):
                at = len(self.sizes) * (1 + j) + i
                undefined = np.isnan(self.bootstrap.draws[at]).mean() > 0.5
                interval = None if undefined else self.bootstrap.interval(at)
                rows.append({
                    "label": label, "n_units": size,
                    "balanced_accuracy": float(self.bootstrap.estimates[at]),
                    "low": np.nan if interval is None else interval.low,
                    "high": np.nan if interval is None else interval.high,
                    "units": " ".join(map(str, _most_chosen(self.chosen[:, j, :size]))),
                })  # fmt: skip
        return pd.DataFrame(rows)


def sparse_probe(
    features: ArrayLike | sparse.spmatrix,
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    sizes: Sequence[int] = SIZES,
    select: Selection = "mean difference",
    folds: int = 5,
    seed: int = DEFAULT_SEED,
    penalty: float = 1.0,
    steps: int = STEPS,
    draws: int = DRAWS,
    permutations: int = PERMUTATIONS,
    level: float = 0.95,
    task: str = "sparse probe",
    design: ProbeDesign | None = None,
) -> SparseProbeResult:
    """Balanced accuracy of logistic regression on the best few units, for each label.

    Parameters
    ----------
    features
        Activations of concepts, neurons, components or whatever, cells x units.
    labels, groups
        Label and donor of each cell.
    sizes
        Numbers of units; sizes above the number of units are refused.
    select
        How units are ranked on the training cells of each fold, see `label_scores`. The k with
        the largest absolute score are taken.
    folds, seed, penalty, steps, draws, permutations, level, task, design
        As in `probe`; permuted labels are those of held-out cells.

    Returns
    -------
    SparseProbeResult
        Accuracies for each size, over labels and by label.

    Raises
    ------
    InputError
        If there are fewer units than a size, or as in `probe`.

    Notes
    -----
    Gurnee et al., arXiv 2305.01610, and SAEBench's sparse probing, with cells for tokens: one
    label against the rest, units chosen by mean difference.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> types, donors = np.tile(["B", "T"], 60), np.repeat(np.arange(6), 20)
    >>> x = rng.normal(size=(120, 8))
    >>> x[:, 3] += 4 * (types == "T")
    >>> found = sparse_probe(x, types, donors, sizes=[1], seed=1, draws=100)
    >>> sorted({int(u) for u in found.chosen.ravel()})
    [3]
    """
    held = design or ProbeDesign.make(labels, groups, folds=folds, seed=seed, task=task)
    x = as_features(features, len(held))
    ordered = tuple(sorted({int(s) for s in sizes}))
    if not ordered or ordered[0] < 1 or ordered[-1] > x.shape[1]:
        raise InputError(f"sizes {list(sizes)} of {x.shape[1]} units", where="sparse_probe",
                         expected="from 1 to the number of units")  # fmt: skip
    named, chosen, unfinished = _named(x, held, ordered, select, penalty, steps)
    counts = _counts(held, named)
    shape = named.shape[1:]
    estimates = _accuracies(np.asarray(counts.sum(0)), shape)[0]
    drawn = _accuracies(held.resample(counts, draws=draws, seed=seed, task=task), shape)
    names = tuple(
        f"{who}, {size} units" for who in ("mean over labels", *held.names) for size in ordered
    )
    notes = list(held.notes)
    if unfinished:
        notes.append(f"{unfinished} fits had not converged after {steps} steps")
    return SparseProbeResult(
        held, ordered, held.bootstrap(names, estimates, drawn.T.copy(), level),
        _permuted(held, named, permutations, seed, task), chosen, tuple(notes),
    )  # fmt: skip


def compare_sparse_probes(
    features: Mapping[str, Any],
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    reference: str,
    sizes: Sequence[int] = SIZES,
    folds: int = 5,
    seed: int = DEFAULT_SEED,
    **options: Any,
) -> pd.DataFrame:
    """Sparse probes of several kinds of unit, with the same folds and resamples.

    Parameters
    ----------
    features
        Kind of unit to activations, cells x units.
    labels, groups
        Label and donor of each cell.
    reference
        Kind with which the others are compared, for example ``"neuron"``.
    sizes, folds, seed, options
        As in `sparse_probe`. Sizes that a kind has too few units for are left out for it.

    Returns
    -------
    pandas.DataFrame
        One row a kind and size: `SparseProbeResult.summary` and ``difference``,
        ``difference_low``, ``difference_high`` to the reference at the same size.

    Raises
    ------
    InputError
        If the reference is not among the features.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> types, donors = np.tile(["B", "T"], 60), np.repeat(np.arange(6), 20)
    >>> x = rng.normal(size=(120, 8)) + 4 * (types == "T")[:, None]
    >>> kinds = {"concept": x, "noise": rng.normal(size=(120, 8))}
    >>> table = compare_sparse_probes(kinds, types, donors, reference="noise", sizes=[1])
    >>> bool(table["difference_low"][0] > 0)
    True
    """
    if reference not in features:
        raise InputError(f"no features called '{reference}'", where="compare_sparse_probes",
                         fix=nearest(reference, features))  # fmt: skip
    task = str(options.get("task", "sparse probe"))
    design = ProbeDesign.make(labels, groups, folds=folds, seed=seed, task=task)
    found = {
        kind: sparse_probe(
            x, labels, groups, sizes=[s for s in sizes if s <= x.shape[1]], seed=seed,
            design=design, **options,
        )
        for kind, x in features.items()
    }  # fmt: skip
    base = found[reference]
    tables = []
    for kind, result in found.items():
        table = result.summary()
        table.insert(0, "kind", kind)
        ends = []
        for i, size in enumerate(result.sizes):
            if kind == reference or size not in base.sizes:
                ends.append((np.nan,) * 3)
                continue
            at = base.sizes.index(size)
            own, other = result.bootstrap, base.bootstrap
            delta = own.estimates[[i]] - other.estimates[[at]]
            paired = design.bootstrap(
                ("difference",), delta, own.draws[[i]] - other.draws[[at]], own.level
            )
            interval = paired.interval()
            ends.append((float(delta[0]), interval.low, interval.high))
        table[["difference", "difference_low", "difference_high"]] = ends
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _named(
    x: Features,
    design: ProbeDesign,
    sizes: tuple[int, ...],
    select: Selection,
    penalty: float,
    steps: int,
) -> tuple[NDArray[np.bool_], NDArray[np.int64], int]:
    """Whether each cell was said to have each label, cells x labels x sizes; units; failures."""
    n_labels = len(design.names)
    named = np.zeros((len(design), n_labels, len(sizes)), dtype=np.bool_)
    chosen = []
    unfinished = 0
    for train, test in design.splits():
        fold = np.zeros((n_labels, sizes[-1]), dtype=np.int64)
        seen = x[train]
        for label in range(n_labels):
            positive = design.codes[train] == label
            fold[label] = strongest(label_scores(seen, positive, select), sizes[-1])
            columns = x[:, fold[label]]
            dense = columns.toarray() if sparse.issparse(columns) else np.asarray(columns)
            scaled = Scaler(dense[train])(dense)
            for i, size in enumerate(sizes):
                model, converged = fit_logistic(
                    scaled[train, :size], positive.astype(np.int64), penalty=penalty, steps=steps
                )
                named[test, label, i] = model.predict(scaled[test, :size]) == 1
                unfinished += not converged
        chosen.append(fold)
    return named, np.array(chosen), unfinished


def _counts(design: ProbeDesign, named: NDArray[np.bool_]) -> sparse.csr_matrix:
    """Per cell: hits among positives, among negatives (labels x sizes), positives, negatives."""
    kept = design.judged
    truth = design.codes[:, None] == np.arange(len(design.names))
    truth, other = truth & kept[:, None], ~truth & kept[:, None]
    right = (named & truth[:, :, None]).reshape(len(named), -1)
    silent = (~named & other[:, :, None]).reshape(len(named), -1)
    return sparse.csr_matrix(np.hstack([right, silent, truth, other]).astype(np.float64))


def _accuracies(sums: NDArray[np.floating], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Balanced accuracies, draws x (means over labels at each size, then labels x sizes)."""
    sums = np.atleast_2d(np.asarray(sums, dtype=np.float64))
    n_labels, n_sizes = shape
    m = n_labels * n_sizes
    hits = sums[:, : 2 * m].reshape(-1, 2, n_labels, n_sizes)
    totals = sums[:, 2 * m :].reshape(-1, 2, n_labels, 1)
    totals = np.where(totals > 0, totals, np.nan)
    accuracy = (hits / totals).mean(1)
    defined = ~np.isnan(accuracy)
    n = np.maximum(defined.sum(1), 1)
    mean = np.where(defined, accuracy, 0).sum(1) / n
    return np.hstack([mean, accuracy.reshape(len(sums), m)])


def _permuted(
    design: ProbeDesign, named: NDArray[np.bool_], permutations: int, seed: int, task: str
) -> NDArray[np.float64]:
    rows = np.flatnonzero(design.judged)
    flat = named[rows].reshape(len(rows), -1).astype(np.float64)
    n_labels, n_sizes = named.shape[1:]
    drawn = []
    for draw in range(permutations):
        codes = design.permuted(seed, f"{task}/null/{draw}")
        if codes is None:
            break
        truth = (codes[rows, None] == np.arange(n_labels)).astype(np.float64)
        yes = (truth.T @ flat).reshape(n_labels, n_labels, n_sizes)
        hits = yes[np.arange(n_labels), np.arange(n_labels)]
        positives = truth.sum(0)[:, None]
        false = flat.sum(0).reshape(n_labels, n_sizes) - hits
        silent = 1 - false / (len(rows) - positives)
        drawn.append(((hits / positives + silent) / 2).mean(0))
    return np.array(drawn).T if drawn else np.zeros((n_sizes, 0))


def _most_chosen(units: NDArray[np.int64]) -> list[int]:
    """Units by how many folds chose them, at most as many as one fold takes."""
    found, counts = np.unique(units, return_counts=True)
    return [int(u) for u in found[np.argsort(-counts, kind="stable")][: units.shape[1]]]
