"""Analyses of layers, values and classes that `cellglass list` shows."""

from __future__ import annotations

from cellglass.runs.registry import Analysis

from .tasks import plan_classes, plan_layer_profile, plan_value_edges

PAPER = "Kendiukhov 2026 (arXiv 2602.17532), {}"

ANALYSES = [
    Analysis(
        "regulation.layer_profile",
        "Profile of the layers",
        "Which layers hold regulation, interactions and pathways?",
        PAPER.format("A48"),
        "cells, reference networks or gene sets, a model",
        plan_layer_profile,
        units=("A48",),
        step="description",
    ),
    Analysis(
        "regulation.value_edges",
        "Value-weighted edges",
        "Do context vectors (attention times values) know more than attention?",
        PAPER.format("A49"),
        "a model; cells and a reference network, or a perturbation screen",
        plan_value_edges,
        units=("A49",),
        step="description",
    ),
    Analysis(
        "regulation.classes",
        "Classes of regulators",
        "Are master regulators recovered better than others, and is something else behind it?",
        PAPER.format("A50"),
        "cells, a reference network; a model or an edge table",
        plan_classes,
        units=("A50",),
        step="description",
    ),
]
