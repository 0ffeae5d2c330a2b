"""What would the published recipes have said about this model, and what catches each?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cellglass.geometry.guards.guard import DEFECTS
from cellglass.geometry.layers import layer_label
from cellglass.models.datasets import CELLS, read_cells
from cellglass.models.networks import held_network
from cellglass.runs.result import AnalysisResult, Check
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.stats import auroc

from .artefacts import (
    Recipe,
    in_sample_retrieval,
    leaked_labels,
    missing_baseline,
    overlapping_splits,
    silent_fallback,
    too_few_draws,
    unseen_share,
    zero_row_loops,
)
from .capture import domain_cells, read_states
from .measures import judged_pairs
from .pair_scores import EUCLIDEAN, GEODESIC, PairScores

ANALYSIS = "geometry.artefacts"


def judge(
    context: TaskContext,
    *,
    label: Mapping[str, str],
    statistics: Mapping[str, Any],
    states: str,
    scores: str,
    domain: str,
    column: str | None,
    network: Mapping[str, Any],
    min_targets: int,
) -> None:
    """Run the published recipes and their guards; leave an `AnalysisResult`."""
    settings = StatisticsConfig(**statistics)
    held, _ = read_states(context.input(states))
    layer = held.layers[-1]
    cloud = held.cloud(layer, domain=domain).distinct()
    cells = read_cells(context.input(CELLS))
    share = unseen_share(cells.cells.X[domain_cells(cells, domain, column)], context.seed)
    reference = held_network(network["source"], network["options"])
    found = PairScores.read(context.input(scores))
    pairs, rows, columns = judged_pairs(found, reference, network["name"], min_targets)
    areas = {
        m: auroc(found.scores[m][-1][rows][:, columns][pairs.mask], pairs.positive)
        for m in (EUCLIDEAN, GEODESIC)
    }
    best = max(areas, key=lambda m: areas[m])
    recipes = [
        zero_row_loops(cloud, share, context.seed),
        silent_fallback(cloud, share),
        leaked_labels(pairs, reference, areas[best]),
        missing_baseline(pairs, areas[best], f"{best} distance"),
        overlapping_splits(pairs),
        in_sample_retrieval(cloud, context.seed),
        too_few_draws(settings.level),
    ]
    result = AnalysisResult(ANALYSIS, dict(label))
    result.tables = {"recipes": pd.DataFrame([vars(r) for r in recipes])}
    result.captions = {
        "recipes": f"Recipes of the published screen, run on {layer_label(layer)} of "
        f"{label['model']} as they were: what each gives, what is found without its defect, and "
        "the sentence of the guard that catches it."
    }
    result.checks = [_check(r) for r in recipes]
    shown = sum(r.found for r in recipes)
    result.notes = [
        f"{shown} of {len(recipes)} published defects show on this model and network. None of the "
        "other results of this chapter rests on these recipes.",
        f"{share:.1%} of the expressed genes are in none of 256 random cells: so many rows of "
        "zeros the published sampling would have kept.",
    ]
    result.method = (
        "Published recipes (H01, H13 to H25, H24, H123 and the median splits) were repeated on the "
        "last layer to show what they would have given; they support no claim."
    )
    result.write(context.output)


def _check(recipe: Recipe) -> Check:
    what = f"caught: {DEFECTS[recipe.code].catches.partition(':')[0]}"
    told = recipe.caught if recipe.found else f"does not show here; {recipe.caught}"
    return Check(recipe.code, what, "passed", told)
