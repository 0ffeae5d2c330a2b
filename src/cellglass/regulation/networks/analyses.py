"""Analyses of reference networks that `cellglass list` shows."""

from __future__ import annotations

from cellglass.runs.registry import Analysis

from .tasks import plan_network

PAPER = "Kendiukhov 2026 (arXiv 2602.17532), {}"
NEEDS = "cells, a reference network; a model or an edge table"

ANALYSES = [
    Analysis(
        "regulation.products",
        "Products of single-gene statistics",
        "Do scores recover a reference network better than products of single-gene statistics do?",
        PAPER.format("A23"),
        NEEDS,
        plan_network("products"),
        units=("A23",),
        step="baselines",
    ),
    Analysis(
        "regulation.recovery",
        "Recovery of reference networks",
        "Do attention edges recover a reference network beyond single-gene statistics?",
        PAPER.format("A20, with the increment of A36 and all nulls"),
        "cells, a reference network",
        plan_network("recovery"),
        "attention knows the reference network beyond single-gene statistics",
        step="increment",
    ),
    Analysis(
        "regulation.matched_negatives",
        "Expression-matched negatives",
        "Do edges of a reference score above pairs of genes that are expressed like them?",
        PAPER.format("A24"),
        NEEDS,
        plan_network("matched_negatives"),
        units=("A24",),
        step="increment",
    ),
    Analysis(
        "regulation.residual",
        "Residuals without covariates",
        "How much of the recovery is left once gene-level or pairwise covariates are taken out?",
        PAPER.format("A25, A35"),
        NEEDS,
        plan_network("residual"),
        units=("A25", "A35"),
        step="residual",
    ),
    Analysis(
        "regulation.degree",
        "Chance, degrees and the rest",
        "How much of the recovery do the degrees of genes give, and is the rest more than chance?",
        PAPER.format("A26"),
        NEEDS,
        plan_network("degree"),
        units=("A26",),
        step="null",
    ),
    Analysis(
        "regulation.per_regulator",
        "Regulators one by one",
        "How many regulators do scores rank above chance, and with how many targets?",
        PAPER.format("A27"),
        NEEDS,
        plan_network("per_regulator"),
        units=("A27",),
        step="generalisation",
    ),
    Analysis(
        "regulation.circularity",
        "Parts of a reference",
        "Does recovery hold on edges with better evidence, and what do the references share?",
        PAPER.format("A28"),
        NEEDS,
        plan_network("circularity"),
        units=("A28",),
        step="generalisation",
    ),
]
