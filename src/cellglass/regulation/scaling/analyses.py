"""Analyses of scaling, models and methods that `cellglass list` shows."""

from __future__ import annotations

from cellglass.runs.registry import Analysis

from .tasks import plan_mapping, plan_methods, plan_models, plan_scaling

PAPER = "Kendiukhov 2026 (arXiv 2602.17532), {}"
NEEDS = "cells, a reference network; a model or an edge table"

ANALYSES = [
    Analysis(
        "regulation.methods",
        "Dedicated GRN methods",
        "Do mutual information, GENIE3 and GRNBoost2 recover more than edges of the same cells?",
        PAPER.format("A22"),
        NEEDS,
        plan_methods,
        units=("A22",),
        step="baselines",
    ),
    Analysis(
        "regulation.models",
        "Several models",
        "Which model recovers a reference network better, on the same cells and genes?",
        PAPER.format("A20"),
        NEEDS,
        plan_models,
        units=("A20",),
        step="generalisation",
    ),
    Analysis(
        "regulation.scaling",
        "Scaling with cells",
        "Does recovery of a reference network grow with the number of cells?",
        PAPER.format("A1, A2, A4"),
        "cells, a reference network, a model",
        plan_scaling,
        units=("A1", "A2", "A4"),
        step="description",
    ),
    Analysis(
        "regulation.mapping",
        "Co-expression or regulation",
        "Do edges follow co-expression, or the reference network?",
        PAPER.format("A21"),
        NEEDS,
        plan_mapping,
        units=("A21",),
        step="description",
    ),
]
