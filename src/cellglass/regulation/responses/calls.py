"""Which genes respond to which perturbation: differences called by effect and false discovery."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.runs.sections import ResponsesConfig
from cellglass.stats import bh
from cellglass.stats.differential import Matrix, Moments, hedges_g, welch

from .folds import MeasuredFolds
from .measured import WEAK_CONTROLS, Measured

Label = Literal["difference", "standardised"]


@dataclass(frozen=True, eq=False)
class Responses:
    """Called responses of a screen over some genes.

    Attributes
    ----------
    perturbations
        Names of the perturbations.
    targets
        Perturbed genes of each.
    genes
        Genes that may respond.
    n_cells
        Cells of each perturbation.
    difference
        Difference of mean log1p counts per 10,000 (natural logarithm) from the controls,
        perturbations x genes.
    standardised
        The same in pooled standard deviations (Hedges' g).
    p, q
        Two-sided p, and q by BH within each perturbation; nan where a gene is no candidate.
    candidate
        Genes that may respond: all but those perturbed.
    responds
        q and effect pass.
    """

    perturbations: tuple[str, ...]
    targets: tuple[tuple[str, ...], ...]
    genes: tuple[str, ...] = field(repr=False)
    n_cells: NDArray[np.int64] = field(repr=False)
    difference: Matrix = field(repr=False)
    standardised: Matrix = field(repr=False)
    p: Matrix = field(repr=False)
    q: Matrix = field(repr=False)
    candidate: NDArray[np.bool_] = field(repr=False)
    responds: NDArray[np.bool_] = field(repr=False)

    @property
    def n_responders(self) -> NDArray[np.int64]:
        """Responding genes of each perturbation."""
        return self.responds.sum(1, dtype=np.int64)

    @property
    def n_affected(self) -> NDArray[np.int64]:
        """Perturbations to which each gene responds."""
        return self.responds.sum(0, dtype=np.int64)


def call_responses(
    measured: Measured | MeasuredFolds,
    settings: ResponsesConfig,
    *,
    columns: NDArray[np.integer] | None = None,
    label: Label | None = None,
    effect: float | None = None,
    n_controls: int | None = None,
) -> Responses:
    """Call responses by the rule of the study, or a variant of it.

    Parameters
    ----------
    measured
        The screen.
    settings
        Test, effects, false discovery rate.
    columns
        Genes that count, as places among those measured; all where None. q is computed over them.
    label
        Which effect makes a response; that of `settings` where None.
    effect
        Least absolute effect; that of `settings` where None.
    n_controls
        Another number of controls, for Welch's test.

    Returns
    -------
    Responses
        Of fold changes, by the difference alone: p and q are nan.

    Raises
    ------
    InputError
        If fold changes, which come without a variance, are to be standardised; or if Mann-Whitney's
        test is asked for with other controls than those it was made with.

    Notes
    -----
    Specification 2.5: Welch's t or Mann-Whitney, BH at 0.05 within each perturbation over the
    genes of the set without the perturbed one, and |difference of mean log1p| at or above the
    threshold. A gene of large variance passes a threshold on the difference more easily, so
    that a variance baseline is partly built into that label; the standardised label is free of
    it.

    Examples
    --------
    See `cellglass.regulation.responses.measured.measure`.
    """
    kind = label or settings.label
    least = effect
    if least is None:
        least = settings.effect if kind == "difference" else settings.standardised_effect
    at = np.arange(len(measured.genes)) if columns is None else np.asarray(columns)
    if isinstance(measured, MeasuredFolds):
        return _of_folds(measured, at, kind, least)
    groups = measured.moments.columns(at)
    control = measured.control(n_controls).columns(at)
    if settings.test == "welch":
        p = welch(groups, control)[1]
    elif measured.rank_p is None or n_controls not in (None, measured.n_controls):
        raise InputError(
            f"no Mann-Whitney p against {n_controls or measured.n_controls:,} controls",
            where=measured.name,
            fix="measure the screen with responses.test: mann-whitney, and use its controls",
        )
    else:
        p = np.array(measured.rank_p[:, at])
    return _called(measured, at, groups, control, p, kind, least, settings.fdr)


def call_weak_responses(
    measured: Measured, *, columns: NDArray[np.integer] | None = None
) -> Responses:
    """Call responses as the published weak configuration does.

    Parameters
    ----------
    measured
        The screen.
    columns
        See `call_responses`.

    Returns
    -------
    Responses
        By Mann-Whitney's test against 500 controls, BH at 0.05, |difference| >= 0.1.

    Notes
    -----
    Specification 2.5, row "baseline" (A29).

    Examples
    --------
    See `cellglass.regulation.responses.measured.measure`.
    """
    at = np.arange(len(measured.genes)) if columns is None else np.asarray(columns)
    groups = measured.moments.columns(at)
    control = measured.control(WEAK_CONTROLS).columns(at)
    return _called(
        measured, at, groups, control, np.array(measured.weak_p[:, at]), "difference", 0.1, 0.05
    )


def _called(
    measured: Measured,
    at: NDArray[np.integer],
    groups: Moments,
    control: Moments,
    p: Matrix,
    label: Label,
    effect: float,
    fdr: float,
) -> Responses:
    targets, candidate = _candidates(measured, at)
    p[~candidate] = np.nan
    q = np.stack([bh(row) for row in p]) if len(p) else p
    difference = np.asarray(groups.mean) - control.mean
    standardised = hedges_g(groups, control)
    size = np.abs(difference if label == "difference" else standardised)
    with np.errstate(invalid="ignore"):
        responds = candidate & (q <= fdr) & (size >= effect)
    return Responses(
        tuple(map(str, measured.used["perturbation"])),
        targets,
        tuple(measured.genes[i] for i in at),
        np.asarray(groups.n),
        difference,
        standardised,
        p,
        q,
        candidate,
        responds,
    )


def _of_folds(
    measured: MeasuredFolds, at: NDArray[np.integer], label: Label, effect: float
) -> Responses:
    """Responses by the size of fold changes."""
    if label != "difference":
        raise InputError(
            "fold changes have no variance to be standardised by",
            where=measured.name,
            expected='label "difference"',
        )
    targets, candidate = _candidates(measured, at)
    values = measured.values[:, at]
    known = np.isfinite(values)
    values, candidate = np.where(known, values, 0.0), candidate & known
    nothing = np.full(values.shape, np.nan)
    return Responses(
        tuple(map(str, measured.used["perturbation"])),
        targets,
        tuple(measured.genes[i] for i in at),
        np.zeros(len(targets), np.int64),
        values,
        nothing,
        nothing,
        nothing,
        candidate,
        candidate & (np.abs(values) >= effect),
    )


def _candidates(
    measured: Measured | MeasuredFolds, at: NDArray[np.integer]
) -> tuple[tuple[tuple[str, ...], ...], NDArray[np.bool_]]:
    """Perturbed genes of each perturbation, and which genes may respond to it."""
    targets = tuple(tuple(str(t).split("+")) for t in measured.used["genes"])
    place = {measured.genes[i]: j for j, i in enumerate(at)}
    candidate = np.ones((len(targets), len(at)), dtype=bool)
    for row, perturbed in enumerate(targets):
        candidate[row, [place[g] for g in perturbed if g in place]] = False
    return targets, candidate
