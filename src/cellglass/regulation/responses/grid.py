"""The sensitivity grid: 27 ways to call responses, each judged anew."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.regulation.coexpression import COEXPRESSION, standardised_ranks
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.sections import ResponsesConfig
from cellglass.stats import bh
from cellglass.stats.differential import Matrix, Moments, welch
from cellglass.stats.row_auroc import row_auroc

from .measured import Measured
from .pairs import DIGITS

EFFECTS = (0.25, 0.5, 1.0)
CONTROLS = (500, 2000, 10000)
GENES = (1000, 2000, 5000)
SCALARS = ("variance", "mean", "detection")
SUBJECT = "score"


@dataclass(frozen=True, eq=False)
class Grid:
    """Every point of the grid.

    Attributes
    ----------
    table
        One row a point: effect, n_controls and n_genes asked for and used; of each score the
        perturbations that it ranks (``n_``), its mean AUROC over them and p of a t test against
        0.5 (``_p``); and beside |Spearman| and the subject the best mean AUROC of a single-gene
        ranking on the very same pairs (``_single_gene``).
    values
        AUROC of each used perturbation by point and score, nan where it is not judged, so that
        scores can be compared on the same perturbations.
    n_distinct
        Points that differ after clipping.
    clipped
        What was clipped, in words; empty where nothing was.
    """

    table: pd.DataFrame
    values: dict[tuple[int, str], NDArray[np.float64]] = field(repr=False)
    n_distinct: int
    clipped: str


@dataclass(frozen=True, eq=False)
class _Controls:
    """What depends on the number of controls only."""

    n: int
    moments: Moments
    p: Matrix
    spearman: Matrix
    order: NDArray[np.int64]


def sensitivity_grid(
    measured: Measured,
    settings: ResponsesConfig,
    *,
    held: StudyEdges | None = None,
    layer: str | None = None,
    effects: tuple[float, ...] = EFFECTS,
    controls: tuple[int, ...] = CONTROLS,
    genes: tuple[int, ...] = GENES,
) -> Grid:
    """Judge rankings under every combination of effect, number of controls and number of genes.

    Parameters
    ----------
    measured
        The screen.
    settings
        Cells and genes that a perturbation needs; false discovery rate.
    held
        Edges of a subject in the control cells; only its genes count then.
    layer
        Which of its scores, fixed beforehand; the first where None.
    effects, controls, genes
        Values of the grid; numbers beyond what the screen has are clipped to it.

    Returns
    -------
    Grid

    Notes
    -----
    Specification 2.5 (A32). Genes are the most variable ones in the control cells drawn, with
    measured perturbed genes forced in; |Spearman| is over the control cells drawn; a subject's
    edges stay those of all its control cells. The test is Welch's at all points. Tests, ranks of
    cells and moments are computed once a number of controls, q and |Spearman| once a set of genes.

    A subject ranks the perturbations whose genes it scores, which are fewer than single genes rank
    in many screens; means over other perturbations are no comparison, hence ``_single_gene``.

    Examples
    --------
    See ``benchmarks/sensitivity_grid.py``.
    """
    columns = np.arange(len(measured.genes))
    if held is not None:
        columns = held.genes["column"].to_numpy()
    values: dict[tuple[int, str], NDArray[np.float64]] = {}
    rows: list[dict[str, object]] = []
    distinct: set[tuple[float, int, int]] = set()
    for n_controls in controls:
        drawn = _draw(measured, columns, n_controls)
        for n_genes in genes:
            chosen = _variable(measured, columns, drawn, n_genes)
            point = _Point.of(measured, drawn, columns, chosen, held, layer, settings)
            for effect in effects:
                row = {
                    "effect": effect,
                    "n_controls": n_controls,
                    "n_genes": n_genes,
                    "controls_used": drawn.n,
                    "genes_used": len(chosen),
                }
                found, beside = point.judge(effect, settings)
                values |= {(len(rows), name): v for name, v in found.items()}
                distinct.add((effect, drawn.n, len(chosen)))
                rows.append(row | _summary(found, beside))
    table = pd.DataFrame(rows)
    return Grid(table, values, len(distinct), _clipped(table))


@dataclass(frozen=True, eq=False)
class _Point:
    """Rankings and q values over one set of genes and controls, ready for any effect."""

    difference: Matrix
    q: Matrix
    candidate: NDArray[np.bool_]
    scores: dict[str, Matrix]
    judged: dict[str, NDArray[np.bool_]]

    @classmethod
    def of(
        cls,
        measured: Measured,
        drawn: _Controls,
        columns: NDArray[np.int64],
        chosen: NDArray[np.int64],
        held: StudyEdges | None,
        layer: str | None,
        settings: ResponsesConfig,
    ) -> _Point:
        at = columns[chosen]
        targets, singles = _targets(measured)
        place = {measured.genes[i]: j for j, i in enumerate(at)}
        candidate = np.ones((len(targets), len(at)), dtype=bool)
        for row, genes in enumerate(targets):
            candidate[row, [place[g] for g in genes if g in place]] = False
        p = np.where(candidate, drawn.p[:, chosen], np.nan)
        difference = np.asarray(measured.moments.mean)[:, at] - drawn.moments.mean[:, chosen]
        control = drawn.moments.columns(chosen)
        shape = candidate.shape
        scores = {
            "variance": np.broadcast_to(control.variance, shape),
            "mean": np.broadcast_to(control.mean, shape),
            "detection": np.broadcast_to(control.detection, shape),
        }
        judged = dict.fromkeys(SCALARS, candidate & singles[:, None])
        sources = np.array([place.get(t[0], -1) if s else -1
                            for t, s in zip(targets, singles, strict=True)])  # fmt: skip
        known = sources >= 0
        scores[COEXPRESSION] = drawn.spearman[:, chosen]
        judged[COEXPRESSION] = candidate & known[:, None]
        if held is not None:
            scores[SUBJECT], judged[SUBJECT] = _subject(
                measured, held, layer, chosen, targets, singles, candidate
            )
        return cls(difference, np.stack([bh(row) for row in p]), candidate, scores, judged)

    def judge(
        self, effect: float, settings: ResponsesConfig
    ) -> tuple[dict[str, NDArray[np.float64]], dict[str, list[NDArray[np.float64]]]]:
        """AUROC of every score by perturbation, and of single genes on the pairs of the others."""
        with np.errstate(invalid="ignore"):
            responds = self.candidate & (self.q <= settings.fdr)
            responds &= np.abs(self.difference) >= effect
        found, beside = {}, {}
        for name, scores in self.scores.items():
            mask = self.judged[name]
            positives = (responds & mask).sum(1)
            least = settings.min_responders
            enough = (positives >= least) & (mask.sum(1) - positives >= least)
            found[name] = _some_rows(scores, responds, mask, enough)
            if name not in SCALARS:
                beside[name] = [
                    _some_rows(self.scores[s], responds, mask, enough)[enough] for s in SCALARS
                ]
        return found, beside


def _some_rows(
    scores: Matrix, responds: NDArray[np.bool_], mask: NDArray[np.bool_], rows: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """AUROC of some rows, nan in the others."""
    out = np.full(len(rows), np.nan)
    if rows.any():
        out[rows] = row_auroc(scores[rows], responds[rows] & mask[rows], mask[rows])
    return out


def _targets(measured: Measured) -> tuple[list[tuple[str, ...]], NDArray[np.bool_]]:
    targets = [tuple(str(g).split("+")) for g in measured.used["genes"]]
    return targets, np.array([len(t) == 1 for t in targets])


def _draw(measured: Measured, columns: NDArray[np.int64], n: int) -> _Controls:
    """Controls, tests and |Spearman| of the perturbed genes for one number of controls."""
    used = min(n, measured.controls.shape[0])
    moments = measured.control(used).columns(columns)
    p = welch(measured.moments.columns(columns), moments)[1]
    dense = measured.controls[:used, columns].toarray()
    ranks = standardised_ranks(dense)
    targets, singles = _targets(measured)
    place = {measured.genes[i]: j for j, i in enumerate(columns)}
    sources = np.array([place.get(t[0], -1) for t in targets])
    known = singles & (sources >= 0)
    spearman = np.zeros((len(targets), len(columns)))
    spearman[known] = np.abs(np.ascontiguousarray(ranks[:, sources[known]].T) @ ranks)
    # rounding is no order: genes that one cell expresses are tied, and midranks count them so
    spearman = spearman.round(DIGITS)
    order = np.argsort(-moments.variance[0], kind="stable")
    return _Controls(used, moments, p, spearman, order)


def _variable(
    measured: Measured, columns: NDArray[np.int64], drawn: _Controls, n: int
) -> NDArray[np.int64]:
    """The most variable genes with the measured perturbed ones, as places in `columns`."""
    perturbed = {g for t in _targets(measured)[0] for g in t}
    forced = np.array([measured.genes[i] in perturbed for i in columns], dtype=bool)
    keep = forced.copy()
    room = max(n - int(forced.sum()), 0)
    keep[drawn.order[~forced[drawn.order]][:room]] = True
    return np.flatnonzero(keep)


def _subject(
    measured: Measured,
    held: StudyEdges,
    layer: str | None,
    chosen: NDArray[np.int64],
    targets: list[tuple[str, ...]],
    singles: NDArray[np.bool_],
    candidate: NDArray[np.bool_],
) -> tuple[Matrix, NDArray[np.bool_]]:
    """Scores of a subject and what they can judge."""
    name = layer or held.layer_scores[0]
    scores = held.edges.candidate(name).scores[:, chosen]
    evaluable = held.edges.evaluable[:, chosen]
    label = dict(zip(held.genes["column"], held.genes["gene"].astype(str), strict=True))
    column = {g: i for i, g in enumerate(measured.genes)}
    row = {g: i for i, g in enumerate(held.edges.sources)}
    out, mask = np.zeros(candidate.shape), np.zeros(candidate.shape, dtype=bool)
    for p, (genes, single) in enumerate(zip(targets, singles, strict=True)):
        source = row.get(label.get(column.get(genes[0], -1), genes[0]), -1)
        if single and source >= 0:
            mask[p] = candidate[p] & evaluable[source]
            out[p, mask[p]] = scores[source, mask[p]]
    return out, mask


def _summary(
    found: dict[str, NDArray[np.float64]], beside: dict[str, list[NDArray[np.float64]]]
) -> dict[str, object]:
    row: dict[str, object] = {}
    for name, by_perturbation in found.items():
        values = by_perturbation[np.isfinite(by_perturbation)]
        n = len(values)
        row[f"n_{name}"] = n
        row[name] = float(values.mean()) if n else np.nan
        row[f"{name}_p"] = _t_test(values)
        if name in beside:
            row[f"{name}_single_gene"] = max(map(_mean, beside[name]))
    return row


def _t_test(values: NDArray[np.float64]) -> float:
    """Two-sided p of Student's t test against 0.5; nan where it has no scale."""
    from scipy import special

    n = len(values)
    if n < 2 or float(np.ptp(values)) == 0:
        return float("nan")
    t = (values.mean() - 0.5) / (values.std(ddof=1) / np.sqrt(n))
    return float(2.0 * special.stdtr(n - 1, -abs(t)))


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _clipped(table: pd.DataFrame) -> str:
    """Say what the screen has less of than the grid asks for."""
    told = []
    for asked, used, what in (
        ("n_controls", "controls_used", "control cells"), ("n_genes", "genes_used", "genes"),
    ):  # fmt: skip
        short = table[table[asked] > table[used]]
        if len(short):
            values = sorted(set(short[asked]))
            told.append(
                f"{' and '.join(f'{int(v):,}' for v in values)} {what} were asked for, "
                f"{int(short[used].max()):,} are there"
            )
    return "; ".join(told)
