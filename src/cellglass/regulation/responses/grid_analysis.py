"""Analysis: does the outcome hinge on how responses are called?"""

from __future__ import annotations

import numpy as np

from cellglass.regulation.checklist import ITEMS
from cellglass.regulation.coexpression import COEXPRESSION
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.stats import Finding, not_applicable

from .applicable import started
from .grid import SCALARS, SUBJECT, Grid, sensitivity_grid
from .judged import Judged
from .measured import Measured
from .summary import UNIT, mean_interval

ANALYSIS = "regulation.response_grid"
WHAT = "the outcome does not hinge on how responses are called"


def judge_grid(judged: Judged) -> AnalysisResult:
    """Repeat the comparison with single-gene rankings at 27 points.

    Parameters
    ----------
    judged
        Subject, screen and settings.

    Returns
    -------
    AnalysisResult
        Every point; smallest and largest AUROC; at how many points a single-gene ranking beats
        the subject and |Spearman| on the same pairs; what was clipped. Where the subject ranks too
        few perturbations at every point, not applicable, and the rest stays.

    Notes
    -----
    A32 of the specification (2.5), item S5 of the checklist. The layer is the one chosen at the
    study's own settings, the same at all points.
    """
    if not isinstance(judged.measured, Measured):
        result = AnalysisResult(ANALYSIS, judged.label)
        result.verdicts = [
            not_applicable(WHAT, f"responses in {judged.measured.name}",
                           why="fold changes come without cells, so nothing can be called anew",
                           tags=judged.label)
        ]  # fmt: skip
        return result
    result, _ = started(judged, judged.scored.pairs, ANALYSIS, WHAT, needed=0)
    layer = judged.scored.choice.main if judged.scored.pairs.n >= 2 else None
    grid = sensitivity_grid(judged.measured, judged.responses, held=judged.held, layer=layer)
    result.tables["grid"] = grid.table
    result.captions["grid"] = (
        "One row a way to call responses: effect, control cells and genes asked for and used, "
        "perturbations judged (n) and mean AUROC over them of rankings by single genes, "
        f"{COEXPRESSION} and the score, with p of a t test against 0.5. The rankings judge other "
        f"perturbations; beside {COEXPRESSION} and the score stands the best single-gene ranking "
        "on the same pairs."
    )
    result.figures = [
        FigureSpec("grid", "sensitivity_points", "grid",
                   "Mean AUROC over perturbations at every point of the grid, by ranking. Points "
                   "that clipping made equal lie on one another.", size=(6.4, 3.0))
    ]  # fmt: skip
    result.findings = _findings(grid, judged)
    told = _summary(grid)
    result.notes += [told, *([f"Clipped: {grid.clipped}."] if grid.clipped else [])]
    most, least = int(grid.table[f"n_{SUBJECT}"].max()), judged.responses.min_perturbations
    if most < least:
        result.verdicts = [
            not_applicable(WHAT, f"responses in {judged.measured.name}",
                           why=f"the score ranks {most} perturbations at most, {least} are needed",
                           tags=judged.label)
        ]  # fmt: skip
    state = "passed" if most >= least else "not run"
    result.checks = [Check("S5", ITEMS["S5"], state, told)]
    result.method = (
        "Responses were called at 27 combinations of effect (0.25, 0.5, 1), control cells (500, "
        "2,000, 10,000) and variable genes (1,000, 2,000, 5,000)."
    )
    return result


def _summary(grid: Grid) -> str:
    """Smallest and largest means, and at how many points a single gene beats the scores."""
    table = grid.table
    parts = []
    for name in (SUBJECT, COEXPRESSION):
        usable = table[table[f"n_{name}"] >= 2]
        if usable.empty:
            parts.append(f"{name}: no point with 2 perturbations")
            continue
        beaten = int((usable[f"{name}_single_gene"] > usable[name]).sum())
        parts.append(
            f"{name}: AUROC {usable[name].min():.3f} to {usable[name].max():.3f}, below the best "
            f"single-gene ranking of the same pairs at {beaten} of {len(usable)} points"
        )
    distinct = f"{len(table)} points, {grid.n_distinct} of them distinct"
    return f"{distinct}. {'; '.join(parts)}."


def _findings(grid: Grid, judged: Judged) -> list[Finding]:
    """One descriptive finding a point and score, those that clipping repeats left out."""
    findings = []
    seen: set[tuple[float, int, int]] = set()
    for i, row in grid.table.iterrows():
        point = (float(row["effect"]), int(row["controls_used"]), int(row["genes_used"]))
        if point in seen:
            continue
        seen.add(point)
        for name in (SUBJECT, COEXPRESSION, *SCALARS):
            values = grid.values[int(str(i)), name]
            values = values[np.isfinite(values)]
            if len(values) < 2:
                continue
            mean, interval = mean_interval(
                values, draws=judged.settings.bootstrap, seed=judged.seed, task=judged.task("grid")
            )
            p = row[f"{name}_p"]
            findings.append(
                Finding(
                    ANALYSIS, f"Does {name} rank responding genes of {judged.measured.name} above "
                    f"others at effect {point[0]:g}, {point[1]:,} controls, {point[2]:,} genes?",
                    "mean AUROC over perturbations", mean, interval, None,
                    float(p) if np.isfinite(p) else float("nan"), UNIT, len(values), None, None,
                    judged.seed,
                    {**judged.label, "score": name, "unit": "A32", "effect": f"{point[0]:g}",
                     "controls": str(point[1]), "genes": str(point[2])}, ANALYSIS, "descriptive",
                )
            )  # fmt: skip
    return findings
