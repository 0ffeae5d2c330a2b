"""Analysis: do context vectors rank the genes that respond to a perturbation above attention?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.models.context_capture import read_context_edges
from cellglass.models.context_edges import HOWS, ContextEdges, How
from cellglass.regulation.context_check import ATTENTION, DEFINITION, same_cells, worse_and_better
from cellglass.regulation.planning import NO_VALUES, Subject, contexts_of, instance, per_screen
from cellglass.regulation.study_edges import filled
from cellglass.runs.registry import Instance, Plan
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import ScreenConfig
from cellglass.runs.tasks import TaskContext
from cellglass.stats import Finding, bh, wilcoxon
from cellglass.stats.interval import Interval
from cellglass.stats.row_auroc import row_auroc
from cellglass.stats.verdict import MIN_UNITS

from .applicable import started
from .judged import Judged
from .scored import COEXPRESSION, UNTRAINED
from .summary import UNIT, mean_interval
from .tasks import read_judged, response_params, responses_name

ANALYSIS = "regulation.value_edges"
WHAT = "context vectors rank responding genes better than attention"
COSINE: How = "cosine"
METHOD = "expanded percentile bootstrap"


def plan_values(plan: Plan) -> list[Instance]:
    """One instance a model and screen; context vectors are captured in the screen's controls."""

    def make(subject: Subject, screen: ScreenConfig, dataset: str) -> Instance:
        tasks, names = contexts_of(plan, subject, dataset)
        return instance(
            plan,
            subject,
            ANALYSIS,
            "cellglass.regulation.responses.values_analysis:values_result",
            dataset=dataset,
            label={"screen": screen.label},
            params={
                **response_params(plan, screen),
                "contexts": names,
                "min_count": plan.study.genes.min_pair_cells,
            },
            inputs=(responses_name(screen), *names),
            tasks=tasks,
        )

    return per_screen(plan, make, models_only=NO_VALUES)


def values_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    responses: Mapping[str, Any],
    measured: str,
    networks: Sequence[Mapping[str, Any]],
    contexts: Sequence[str],
    min_count: int,
) -> None:
    """Hold a model's context vectors against its attention in ranking responses."""
    edges = [read_context_edges(context.input(name), min_count) for name in contexts]
    judged = read_judged(
        context, subject, statistics=statistics, responses=responses, measured=measured,
        networks=networks,
    )  # fmt: skip
    copy = edges[1] if len(edges) > 1 else None
    judge_values(judged, edges[0], copy).write(context.output)


def judge_values(
    judged: Judged, context: ContextEdges, copy: ContextEdges | None
) -> AnalysisResult:
    """Hold value-weighted edges against attention and |Spearman| in ranking responses.

    Parameters
    ----------
    judged
        Subject, screen and settings.
    context, copy
        Value-weighted edges of the model in the controls of the screen, and of its untrained copy
        (None where not captured).

    Returns
    -------
    AnalysisResult
        Mean AUROC over perturbations of every layer and kind of edge, and the paired differences
        of the cosine from attention of the same layer and from |Spearman|. Descriptive.

    Notes
    -----
    A49 of the specification (2.18), with the endpoint that the paper used.
    """
    scored = judged.scored
    result, enough = started(judged, scored.pairs, ANALYSIS, WHAT)
    if not enough:
        return result
    values = _values(judged, context, copy)
    scores, tests = _scores(judged, values), _differences(judged, values, context.layers)
    screen = judged.measured.name
    result.tables = {"values": scores, "value_differences": tests}
    result.captions = {
        "values": f"Mean AUROC over perturbations of {screen} by layer: attention; cosine of "
        "context vectors, mean over heads and cells; cosine of their cell means (centroid); dot "
        "product; the cosine of the untrained copy; |Spearman| of the same control cells. 95 % "
        "intervals over perturbations.",
        "value_differences": "Cosine of context vectors minus attention of the same layer, and "
        "minus |Spearman|: mean paired difference of AUROC with its 95 % interval over "
        "perturbations, p of Wilcoxon's test, q by BH over the table.",
    }
    result.figures = [
        FigureSpec("values", "layer_lines", "values",
                   f"Mean AUROC over {scored.pairs.n} perturbations of {screen} by layer; bands "
                   "are 95 % intervals over perturbations.",
                   {"what": "mean AUROC", "level": 0.5}, size=(6.4, 4.0))
    ]  # fmt: skip
    result.findings = [
        _finding({str(k): v for k, v in row.items()}, judged) for row in tests.to_dict("records")
    ]  # fmt: skip
    result.checks = [same_cells(judged.held, context)]
    result.notes += [_said(tests), DEFINITION]
    result.method = (
        "Value-weighted edges (cosine of context vectors) of the control cells ranked the genes "
        f"that respond to each perturbation of {screen}, compared with attention of the same "
        "layer and with |Spearman|, paired by perturbation."
    )
    return result


def _values(
    judged: Judged, context: ContextEdges, copy: ContextEdges | None
) -> dict[tuple[str, int | None], NDArray[np.float64]]:
    """AUROC of every perturbation, by kind of edge and layer."""
    scored = judged.scored
    every = np.arange(len(context.sources))

    def of(edges: ContextEdges, layer: int, how: How) -> NDArray[np.float64]:
        matrix = scored.pairs.of(filled(edges.layer(layer, how).scores, every))
        return row_auroc(matrix, scored.pairs.labels, scored.pairs.mask)

    found: dict[tuple[str, int | None], NDArray[np.float64]] = {}
    for layer in context.layers:
        found[ATTENTION, layer] = scored.values(f"layer {layer}")
        found |= {(how, layer): of(context, layer, how) for how in HOWS}
        if copy is not None:
            found[f"{COSINE}, {UNTRAINED}", layer] = of(copy, layer, COSINE)
    found[COEXPRESSION, None] = scored.values(COEXPRESSION)
    return found


def _scores(
    judged: Judged, values: dict[tuple[str, int | None], NDArray[np.float64]]
) -> pd.DataFrame:
    """Means over perturbations; those of |Spearman| over the ones whose gene is measured."""
    rows = []
    for (series, layer), of in values.items():
        known = of[np.isfinite(of)]
        if len(known) < 2:
            continue
        mean, interval = _mean(judged, known, series, layer)
        name = series if layer is None else f"layer {layer}: {series}"
        rows.append(
            {
                "score": name,
                "series": series,
                "layer": layer,
                "value": mean,
                "low": interval.low,
                "high": interval.high,
                "n_perturbations": len(known),
            }
        )
    return pd.DataFrame(rows).astype({"layer": "Int64"})


def _differences(
    judged: Judged,
    values: dict[tuple[str, int | None], NDArray[np.float64]],
    layers: tuple[int, ...],
) -> pd.DataFrame:
    """The cosine of each layer minus what it has to beat, paired by perturbation."""
    rows = []
    for layer in layers:
        own = values[COSINE, layer]
        for other, at in ((ATTENTION, layer), (COEXPRESSION, None)):
            beside = values[other, at]
            both = np.isfinite(own) & np.isfinite(beside)
            if both.sum() < 2:
                continue
            mean, interval = _mean(judged, (own - beside)[both], other, layer)
            rows.append(
                {
                    "first": f"layer {layer}: {COSINE}",
                    "second": other if at is None else f"layer {layer}: {other}",
                    "difference": mean,
                    "low": interval.low,
                    "high": interval.high,
                    "p": wilcoxon(own[both], beside[both]).p,
                    "second_auroc": float(beside[both].mean()),
                    "n_perturbations": int(both.sum()),
                }
            )
    table = pd.DataFrame(rows)
    return table.assign(q=bh(table["p"].to_numpy()))


def _mean(
    judged: Judged, values: NDArray[np.float64], series: str, layer: int | None
) -> tuple[float, Interval]:
    return mean_interval(
        values, draws=judged.settings.bootstrap, seed=judged.seed,
        task=judged.task("values", series, str(layer)),
    )  # fmt: skip


def _finding(row: dict[str, Any], judged: Judged) -> Finding:
    n = int(row["n_perturbations"])
    return Finding(
        analysis=ANALYSIS,
        question=f"Do context vectors of {row['first']} rank responses in "
        f"{judged.measured.name} better than {row['second']}?",
        statistic="mean paired difference of AUROC",
        estimate=row["difference"],
        interval=Interval(row["low"], row["high"], 0.95, METHOD, UNIT, n),
        p=row["p"],
        unit=UNIT,
        n=n,
        baseline=(row["second"], row["second_auroc"]),
        seed=judged.seed,
        family=ANALYSIS,
        kind="descriptive",
        tags={**judged.label, "score": row["first"], "unit": "A49"},
    )


def _said(tests: pd.DataFrame) -> str:
    """In how many layers context vectors do worse, and whether so few units decide anything."""
    n = int(tests["n_perturbations"].min())
    few = ""
    if n < MIN_UNITS:
        few = f" Of {n} perturbations, fewer than {MIN_UNITS}, nothing is decided."
    return f"{worse_and_better(tests)}{few}"
