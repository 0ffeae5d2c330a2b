"""Analyses of responses that `cellglass list` shows."""

from __future__ import annotations

from cellglass.runs.registry import Analysis

from .contexts_analysis import plan_contexts
from .tasks import plan_responses

PAPER = "Kendiukhov 2026 (arXiv 2602.17532), {}"
NEEDS = "a perturbation screen; a model or an edge table"

ANALYSES = [
    Analysis(
        "regulation.response_baselines",
        "Responses against single-gene rankings",
        "Do scores predict who responds to a perturbation better than single genes do?",
        PAPER.format("A31, criterion C1"),
        NEEDS,
        plan_responses("response_baselines"),
        "scores predict the response to a perturbation better than any single-gene statistic does",
        ("A31",),
        "baselines",
    ),
    Analysis(
        "regulation.response",
        "Responses to perturbations",
        "Do scores rank the genes that respond to a perturbation above those that do not?",
        PAPER.format("A29, A30, A33"),
        NEEDS,
        plan_responses("response"),
        units=("A29", "A30", "A33"),
        step="baselines",
    ),
    Analysis(
        "regulation.response_increment",
        "Increment over single genes",
        "Do scores add to what single genes say about who responds, in new perturbations, new "
        "targets, and both?",
        PAPER.format("A36, A37, A40, criterion C2"),
        NEEDS,
        plan_responses("response_increment"),
        "scores add to single-gene statistics in predicting the response to a perturbation",
        ("A36", "A37", "A40"),
        "increment",
    ),
    Analysis(
        "regulation.response_matched",
        "Matched genes",
        "Do scores tell responding genes from genes that were as likely to respond?",
        PAPER.format("A44"),
        NEEDS,
        plan_responses("response_matched"),
        units=("A44",),
        step="increment",
    ),
    Analysis(
        "regulation.response_layers",
        "Choice of layer",
        "Which layer ranks responding genes best, when it is chosen on other perturbations?",
        PAPER.format("A34"),
        "a perturbation screen; a model",
        plan_responses("response_layers"),
        units=("A34",),
        step="generalisation",
    ),
    Analysis(
        "regulation.response_grid",
        "Sensitivity grid",
        "Does the outcome hinge on how responses are called?",
        PAPER.format("A32"),
        NEEDS,
        plan_responses("response_grid"),
        units=("A32",),
        step="generalisation",
    ),
    Analysis(
        "regulation.response_protocol",
        "Forced genes",
        "Does the outcome hinge on forcing perturbed genes into the gene set?",
        PAPER.format("A47"),
        NEEDS,
        plan_responses("response_protocol"),
        units=("A47",),
        step="generalisation",
    ),
    Analysis(
        "regulation.contexts",
        "Other screens",
        "Does the same come out in other cell lines, modalities and laboratories?",
        PAPER.format("A38, A42, A46"),
        "two perturbation screens or more; a model or an edge table",
        plan_contexts,
        units=("A38", "A42", "A46"),
        step="generalisation",
    ),
]
