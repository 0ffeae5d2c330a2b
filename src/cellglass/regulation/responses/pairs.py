"""Perturbation x gene pairs on which the scores of a subject can be judged, and what was lost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import listed, plural
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.sections import ResponsesConfig
from cellglass.stats.differential import Matrix
from cellglass.stats.ranks import midranks

from .calls import Label, Responses, call_responses
from .folds import MeasuredFolds
from .measured import Measured
from .splits import shared_genes

KEPT = "judged"
DIGITS = 12
SHOWN = 4


@dataclass(frozen=True, eq=False)
class ResponsePairs:
    """Perturbations that can be judged, over the genes of a subject.

    Attributes
    ----------
    screen
        Name of the screen.
    perturbations
        Perturbations judged; the unit of inference.
    sources
        Perturbed genes of each.
    genes
        Genes that may respond.
    labels, mask
        Responses and pairs that can be judged, perturbations x genes.
    features
        Mean, variance and detection of each gene in the control cells.
    rows, columns
        Row of each of the subject's sources, by its name, and which of its genes count.
    expression
        log1p counts per 10,000 of control cells, cells x genes.
    responses
        All called responses, of perturbations that cannot be judged as well: what a target does
        elsewhere is a baseline.
    place
        Place of each judged perturbation in `responses`.
    fate
        One row a perturbation of the screen: what became of it.
    """

    screen: str
    perturbations: tuple[str, ...]
    sources: tuple[tuple[str, ...], ...]
    genes: tuple[str, ...] = field(repr=False)
    labels: NDArray[np.bool_] = field(repr=False)
    mask: NDArray[np.bool_] = field(repr=False)
    features: pd.DataFrame = field(repr=False)
    rows: dict[str, int] = field(repr=False)
    columns: NDArray[np.bool_] = field(repr=False)
    expression: NDArray[np.float32] = field(repr=False)
    responses: Responses = field(repr=False)
    place: NDArray[np.int64] = field(repr=False)
    fate: pd.DataFrame = field(repr=False)

    @property
    def n(self) -> int:
        """Perturbations judged."""
        return len(self.perturbations)

    def of(self, scores: NDArray[np.floating]) -> Matrix:
        """Scores of a subject, sources x all its genes, as perturbations x genes.

        A perturbation of several genes gets the mean of the ranks of its genes' scores. What is
        not judged is 0.
        """
        out = np.zeros(self.mask.shape)
        counted = np.flatnonzero(self.columns)
        for p, genes in enumerate(self.sources):
            at = [self.rows[g] for g in genes]
            judged = self.mask[p]
            found = np.asarray(scores)[at][:, counted[judged]].astype(np.float64)
            out[p, judged] = found[0] if len(at) == 1 else np.mean([*map(midranks, found)], axis=0)
        return out

    def coexpression(self) -> Matrix:
        """|Spearman| of each perturbed gene with all genes over the control cells.

        Rows of perturbations with a gene that is not measured are nan.
        """
        column = {g: j for j, g in enumerate(self.genes)}
        known = sorted({g for genes in self.sources for g in genes if g in column})
        out = np.full(self.mask.shape, np.nan)
        if not known:
            return out
        found = np.abs(spearman(self.expression, np.array([column[g] for g in known])))
        # rounding is no order: genes that one cell expresses are tied, and midranks count them so
        found = found.round(DIGITS)
        row = {g: i for i, g in enumerate(known)}
        for p, genes in enumerate(self.sources):
            if set(genes) <= set(row):
                values, judged = found[[row[g] for g in genes]], self.mask[p]
                out[p] = values[0]
                if len(genes) > 1:
                    out[p, judged] = np.mean([*map(midranks, values[:, judged])], axis=0)
        return out

    @property
    def groups(self) -> NDArray[np.int64]:
        """Number of the group of each perturbation; those of one group share perturbed genes."""
        return shared_genes(self.sources)

    def subset(self, chosen: NDArray[np.bool_]) -> ResponsePairs:
        """The pairs of some of the judged perturbations."""
        at = np.flatnonzero(chosen)
        return replace(
            self,
            perturbations=tuple(self.perturbations[i] for i in at),
            sources=tuple(self.sources[i] for i in at),
            labels=self.labels[at],
            mask=self.mask[at],
            place=self.place[at],
        )

    def reduction(self) -> str:
        """Say how many perturbations can be judged, and what became of the others."""
        counts = self.fate["fate"].value_counts()
        others = [
            f"{n} {fate} ({_named(self.fate.loc[self.fate['fate'] == fate, 'perturbation'])})"
            for fate, n in counts.items()
            if fate != KEPT
        ]
        told = f"{self.n} of {len(self.fate)} {plural('perturbation', 2)} of {self.screen} judged"
        return told + (f"; {listed(others)}" if others else "") + "."


def response_pairs(
    held: StudyEdges,
    measured: Measured | MeasuredFolds,
    settings: ResponsesConfig,
    *,
    responses: Responses | None = None,
    label: Label | None = None,
    columns: NDArray[np.bool_] | None = None,
) -> ResponsePairs:
    """Find the perturbations and genes on which a subject can be judged.

    Parameters
    ----------
    held
        Edges of the subject in the control cells.
    measured
        The screen.
    settings
        Responding genes that a perturbation needs, and what is done with doubles.
    responses
        Called over the subject's genes; called by `settings` where None.
    label
        Which effect makes a response, where they are called here.
    columns
        Which of the subject's genes count; all where None.

    Returns
    -------
    ResponsePairs
        Possibly of no perturbation: `ResponsePairs.reduction` says why.
    """
    where = gene_columns(held, measured)
    keep = where >= 0 if columns is None else columns & (where >= 0)
    at = where[keep]
    called = responses or call_responses(measured, settings, columns=at, label=label)
    name_of = dict(zip(at.tolist(), held.genes["gene"].astype(str)[keep], strict=True))
    column_of = {g: i for i, g in enumerate(measured.genes)}
    # a perturbed gene goes by the name that the subject has for its column
    alias = {g: name_of.get(column_of.get(g, -1), g) for t in called.targets for g in t}
    row = {g: i for i, g in enumerate(held.edges.sources)}
    evaluable = held.edges.evaluable[:, keep]
    judged, masks, fates = [], [], []
    for p, targets in enumerate(called.targets):
        genes = [alias[g] for g in targets]
        fate, mask = _fate(genes, row, evaluable, called, p, settings)
        fates.append(fate)
        if fate == KEPT:
            judged.append(p)
            masks.append(mask)
    names = tuple(held.genes["gene"].astype(str)[keep])
    features = held.genes.loc[keep].set_index("gene")[["mean", "variance", "detection"]]
    shape = (len(judged), len(names))
    mask = np.stack(masks) if masks else np.zeros(shape, bool)
    return ResponsePairs(
        measured.name,
        tuple(called.perturbations[p] for p in judged),
        tuple(tuple(alias[g] for g in called.targets[p]) for p in judged),
        names,
        called.responds[judged] & mask,
        mask,
        features,
        row,
        keep,
        held.expression[:, keep],
        called,
        np.array(judged, dtype=np.int64),
        _fates(measured, called, fates),
    )


def gene_columns(held: StudyEdges, measured: Measured | MeasuredFolds) -> NDArray[np.int64]:
    """Place of each of the subject's genes among those of a screen; -1 where it has none."""
    if isinstance(measured, Measured):
        return held.genes["column"].to_numpy()
    place = {g: i for i, g in enumerate(measured.genes)}
    return np.array([place.get(g, -1) for g in held.genes["gene"].astype(str)], dtype=np.int64)


def _fate(
    genes: list[str],
    row: dict[str, int],
    evaluable: NDArray[np.bool_],
    called: Responses,
    p: int,
    settings: ResponsesConfig,
) -> tuple[str, NDArray[np.bool_]]:
    """What becomes of a perturbation, and its pairs that can be judged."""
    none = np.zeros(evaluable.shape[1], bool)
    if len(genes) > 2 or (len(genes) == 2 and settings.doubles == "leave out"):
        return "of several genes", none
    if any(g not in row for g in genes):
        return "whose gene has no score", none
    mask = called.candidate[p].copy()
    for g in genes:
        mask &= evaluable[row[g]]
    positives = int((called.responds[p] & mask).sum())
    least = settings.min_responders
    if min(positives, int(mask.sum()) - positives) < least:
        return f"with fewer than {least} responding (or other) genes", none
    return KEPT, mask


def _fates(measured: Measured | MeasuredFolds, called: Responses, fates: list[str]) -> pd.DataFrame:
    """One row a perturbation of the screen."""
    told = dict(zip(called.perturbations, fates, strict=True))
    responders = dict(zip(called.perturbations, called.n_responders.tolist(), strict=True))
    table = measured.table[["perturbation", "genes", "kind", "n_cells", "measured"]].copy()
    table["responders"] = [responders.get(str(p), 0) for p in table["perturbation"]]
    lost = np.where(
        table["n_cells"] == 0, "without any cell that has a count", "with too few cells"
    )
    table["fate"] = [
        told.get(str(p), few) for p, few in zip(table["perturbation"], lost, strict=True)
    ]
    return table


def _named(names: pd.Series) -> str:
    shown = [str(n) for n in names[:SHOWN]]
    return ", ".join(shown) + (", ..." if len(names) > SHOWN else "")
