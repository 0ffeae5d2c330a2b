"""Removal of donor effects: drop the units tied to donors and keep the labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.concepts.interventions.concept_edit import Source, codes_of, directions_of
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import as_codes
from cellglass.stats.bootstrap import BootstrapResult

from .probe_design import ProbeDesign
from .probe_models import NEIGHBOURS, STEPS, Classifier, Scaler, fit_logistic, fit_predict
from .probes import DRAWS, confusion_cells, confusion_of, metrics
from .unit_choice import matched_units, strongest

RANDOM_SETS = 10


@dataclass(frozen=True, eq=False)
class RemovalOfProbe:
    """Accuracy of one probe before and after units are removed.

    Attributes
    ----------
    before, after
        Balanced accuracy on held-out cells.
    fall
        ``before - after`` with its resamples.
    random_falls
        Falls with random units of matched activity, one a set.
    chance
        One over the number of classes.
    notes
        What was left out, what intervals are conditional on, fits that did not converge.
    """

    before: float
    after: float
    fall: BootstrapResult
    random_falls: NDArray[np.float64]
    chance: float
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DonorRemoval:
    """What removing units tied to donors does to the donor probe and to the label probe.

    Attributes
    ----------
    donor, label
        The two probes.
    chosen
        Units removed in each fold of the donor probe, folds x n_units. (The label probe chooses
        on its own training donors.)
    """

    donor: RemovalOfProbe
    label: RemovalOfProbe
    chosen: NDArray[np.int64]

    @property
    def donor_removed(self) -> float:
        """Share of the donor probe's accuracy above chance that is gone."""
        return _share(self.donor.before - self.donor.after, self.donor)

    @property
    def label_kept(self) -> float:
        """Share of the label probe's accuracy above chance that is left."""
        return _share(self.label.after - self.label.chance, self.label)

    def table(self) -> pd.DataFrame:
        """One row a probe: accuracies, fall with interval, falls of random units, p."""
        rows = []
        for name, found in (("donor", self.donor), ("label", self.label)):
            interval, drawn = found.fall.interval(), found.random_falls
            value = float(found.fall.estimates[0])
            rows.append({
                "probe": name, "before": found.before, "after": found.after,
                "chance": found.chance, "fall": value, "low": interval.low,
                "high": interval.high, "random_fall": float(drawn.mean()),
                "random_sd": float(drawn.std()),
                "p": (1 + int((drawn >= value - 1e-12).sum())) / (1 + len(drawn)),
                "unit": interval.unit, "n": interval.n, "notes": "; ".join(found.notes),
            })  # fmt: skip
        return pd.DataFrame(rows)


def donor_association(
    activations: NDArray[np.floating] | sparse.csr_matrix,
    donors: NDArray[np.integer],
    labels: NDArray[np.integer],
) -> NDArray[np.float64]:
    """Share of each unit's variance within labels that lies between donors.

    Parameters
    ----------
    activations
        Cells x units, dense or sparse.
    donors, labels
        Codes from 0, shape (cells,).

    Returns
    -------
    numpy.ndarray
        Partial eta squared, shape (units,), 0 to 1; 0 for units constant within labels. Taken
        within labels, because donors differ in composition: a pure cell-type unit must not
        count as a donor's.

    Examples
    --------
    >>> donors, labels = np.repeat([0, 1], 4), np.tile([0, 1], 4)
    >>> x = np.column_stack([donors, labels]).astype(float)
    >>> donor_association(x, donors, labels).tolist()
    [1.0, 0.0]
    """
    x = sparse.csr_matrix(activations, dtype=np.float64)
    square = np.asarray(x.multiply(x).sum(0)).ravel()
    of_label = _explained(x, labels)
    of_both = _explained(x, labels * (int(donors.max()) + 1) + donors)
    total, between = square - of_label, of_both - of_label
    # what subtracting leaves of a constant is rounding
    constant = total <= 1e-12 * square
    return np.asarray(np.where(constant, 0.0, between / np.where(constant, 1.0, total)))


def donor_removal(
    source: Source,
    embedding: NDArray[np.floating],
    labels: ArrayLike,
    donors: ArrayLike,
    *,
    n_units: int = 20,
    refit: bool = True,
    random_sets: int = RANDOM_SETS,
    pool: int = 20,
    folds: int = 5,
    seed: int = DEFAULT_SEED,
    classifier: Classifier = "logistic",
    penalty: float = 1.0,
    steps: int = STEPS,
    neighbours: int = NEIGHBOURS,
    draws: int = DRAWS,
    level: float = 0.95,
    task: str = "donor removal",
) -> DonorRemoval:
    """Set the units most tied to donors to 0; probe donors and labels before and after.

    Parameters
    ----------
    source
        Units of any kind, or a dictionary.
    embedding
        Cells x width, as the model gives it.
    labels, donors
        Label and donor (or batch) of each cell.
    n_units
        Units removed: those with the largest `donor_association` on the training cells of each
        fold.
    refit
        Fit the probes again on embeddings without the units: what is gone must then not be
        found anywhere else. False keeps the probes of the whole embedding (as SAEBench does;
        logistic only).
    random_sets, pool
        Sets of random units of matched activity, see `matched_units`.
    folds, seed, classifier, penalty, steps, neighbours, draws, level, task
        As in `probe`. Labels are probed across donors; donors across cells of the same donors,
        because nothing else could name them.

    Returns
    -------
    DonorRemoval
        Both probes, before and after, beside random units.

    Raises
    ------
    InputError
        With a single donor, too few units, or as in `probe`.

    Notes
    -----
    SAEBench's spurious correlation removal, adapted: the donor is the spurious signal. The edit
    keeps the reconstruction error.

    Examples
    --------
    >>> from cellglass.concepts import LinearUnits, Transform
    >>> rng = np.random.default_rng(0)
    >>> types, donors = np.tile([0, 1], 60), np.repeat(np.arange(6), 20)
    >>> h = np.hstack([np.eye(2)[types], np.eye(6)[donors]]) * 5 + rng.random((120, 8))
    >>> h = np.hstack([h, rng.random((120, 8))])
    >>> names = tuple(f"neuron {i}" for i in range(16))
    >>> units = LinearUnits("neuron", names, np.eye(16), 0.0, Transform.fit(h, centre=False))
    >>> found = donor_removal(units, h, types, donors, n_units=6, draws=50, random_sets=2)
    >>> found.donor_removed > 0.5, found.label_kept > 0.9
    (True, True)
    """
    h = np.asarray(embedding)
    of_donor, names = as_codes(np.asarray(donors), len(h))
    if len(names) < 2:
        raise InputError("1 donor", where="donor_removal", expected="at least 2",
                         fix="this needs cells of several donors")  # fmt: skip
    by_donor = ProbeDesign.make(labels, donors, folds=folds, seed=seed, task=f"{task}/l")
    z = codes_of(source, h)
    if not 1 <= n_units <= z.shape[1] // 2:
        raise InputError(
            f"{n_units} units to remove of {z.shape[1]}", where="donor_removal",
            expected="at least 1, and as many others for comparison", fix="remove fewer units",
        )  # fmt: skip
    if not refit and classifier != "logistic":
        raise InputError("refit=False with kNN", where="donor_removal", expected="logistic")
    run = _Run(
        source.transform(h).astype(np.float64), z, directions_of(source), of_donor, by_donor.codes,
        n_units, refit, random_sets, pool, seed, task,
        {"classifier": classifier, "penalty": penalty, "steps": steps, "neighbours": neighbours},
    )  # fmt: skip
    by_cell = ProbeDesign.make(donors, np.zeros(len(h)), folds=folds, seed=seed, task=f"{task}/d")
    by_cell = replace(by_cell, notes=("donors told apart by cells: cells resampled",))
    donor, chosen = run.probe(by_cell, draws, level)
    label, _ = run.probe(by_donor, draws, level)
    return DonorRemoval(donor, label, chosen)


@dataclass(eq=False)
class _Run:
    """What both probes share."""

    t: NDArray[np.float64]
    z: sparse.csr_matrix
    rows: NDArray[np.float64]
    donors: NDArray[np.int64]
    labels: NDArray[np.int64]
    n_units: int
    refit: bool
    random_sets: int
    pool: int
    seed: int
    task: str
    options: dict[str, Any]

    def probe(
        self, design: ProbeDesign, draws: int, level: float
    ) -> tuple[RemovalOfProbe, NDArray[np.int64]]:
        """Probe on the whole embedding, without the chosen units, without random ones."""
        n = len(design.names)
        named = np.full((2 + self.random_sets, len(design)), -1, dtype=np.int64)
        chosen, unfinished = [], 0
        for fold, (train, test) in enumerate(design.splits()):
            tied = donor_association(self.z[train], self.donors[train], self.labels[train])
            units = strongest(tied, self.n_units)
            chosen.append(units)
            mean = np.asarray(self.z[train].mean(0)).ravel()
            sets = [np.zeros(0, np.int64), units]
            for draw in range(self.random_sets):
                rng = generator(self.seed, f"{self.task}/random/{fold}/{draw}")
                sets.append(matched_units(units, mean, rng, pool=self.pool))
            named[:, test], failed = self._named(design.codes, train, test, sets)
            unfinished += failed
        accuracy = [float(metrics(confusion_of(design.codes, p, n))[0]) for p in named]
        drawn = [
            metrics(
                design.resample(
                    confusion_cells(design.codes, p, n),
                    draws=draws, seed=self.seed, task=f"{self.task}/{n}",
                ).reshape(-1, n, n)
            )[0]
            for p in named[:2]
        ]  # fmt: skip
        fall = design.bootstrap(
            ("fall",), np.array([accuracy[0] - accuracy[1]]), (drawn[0] - drawn[1])[None], level
        )
        notes = list(design.notes)
        if unfinished:
            notes.append(f"{unfinished} fits had not converged after {self.options['steps']} steps")
        found = RemovalOfProbe(
            accuracy[0], accuracy[1], fall, accuracy[0] - np.array(accuracy[2:]), 1 / n,
            tuple(notes),
        )  # fmt: skip
        return found, np.array(chosen)

    def _named(
        self,
        codes: NDArray[np.int64],
        train: NDArray[np.int64],
        test: NDArray[np.int64],
        sets: list[NDArray[np.int64]],
    ) -> tuple[NDArray[np.int64], int]:
        """Classes named for the test cells without each set of units; fits not converged."""
        out, failed = [], 0
        if not self.refit:
            scaler = Scaler(self.t[train])
            model, converged = fit_logistic(
                scaler(self.t[train]), codes[train], penalty=self.options["penalty"],
                steps=self.options["steps"],
            )  # fmt: skip
            out = [model.predict(scaler(self._without(test, units))) for units in sets]
            return np.array(out, dtype=np.int64), int(not converged)
        for units in sets:
            named, converged = fit_predict(
                self._without(train, units), codes[train], self._without(test, units),
                **self.options,
            )  # fmt: skip
            out.append(named)
            failed += not converged
        return np.array(out), failed

    def _without(self, cells: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(self.t[cells] - self.z[cells][:, units] @ self.rows[units])


def _explained(x: sparse.csr_matrix, codes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Sum over cells of the squared mean of their class, by column."""
    _, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    n = len(inverse)
    gather = sparse.csr_matrix((np.ones(n), (inverse, np.arange(n))), (len(counts), n))
    sums = (gather @ x).toarray()
    return np.asarray((sums**2 / counts[:, None]).sum(0))


def _share(part: float, probe: RemovalOfProbe) -> float:
    """Share of what the probe knows above chance; nan where it knows nothing."""
    whole = probe.before - probe.chance
    return part / whole if whole > 0 else float("nan")
