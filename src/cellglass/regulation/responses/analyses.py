"""Analyses of responses that `cellglass list` shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cellglass.runs.registry import Analysis, Instance, Plan
from cellglass.runs.result import AnalysisResult

from .baselines_analysis import judge_baselines
from .contexts_analysis import plan_contexts
from .grid_analysis import judge_grid
from .increment_analysis import judge_increment
from .judged import Judged
from .layers_analysis import judge_layers
from .matching_analysis import judge_matched
from .protocol_analysis import judge_protocol
from .response_analysis import judge_response
from .tasks import plan_responses

JUDGES: dict[str, Callable[[Judged], AnalysisResult]] = {
    "response": judge_response,
    "response_baselines": judge_baselines,
    "response_increment": judge_increment,
    "response_matched": judge_matched,
    "response_layers": judge_layers,
    "response_grid": judge_grid,
    "response_protocol": judge_protocol,
}
_UNTRAINED = {"response", "response_layers"}
PLANS: dict[str, Callable[[Plan], Sequence[Instance]]] = {
    what: plan_responses(what, untrained=what in _UNTRAINED) for what in JUDGES
}
PAPER = "Kendiukhov 2026 (arXiv 2602.17532), {}"
NEEDS = "a perturbation screen; a model or an edge table"

ANALYSES = [
    Analysis(
        "regulation.response_baselines",
        "Responses against single-gene rankings",
        "Do scores predict who responds to a perturbation better than single genes do?",
        PAPER.format("A31, criterion C1"),
        NEEDS,
        PLANS["response_baselines"],
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
        PLANS["response"],
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
        PLANS["response_increment"],
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
        PLANS["response_matched"],
        units=("A44",),
        step="increment",
    ),
    Analysis(
        "regulation.response_layers",
        "Choice of layer",
        "Which layer ranks responding genes best, when it is chosen on other perturbations?",
        PAPER.format("A34"),
        "a perturbation screen; a model",
        PLANS["response_layers"],
        units=("A34",),
        step="generalisation",
    ),
    Analysis(
        "regulation.response_grid",
        "Sensitivity grid",
        "Does the outcome hinge on how responses are called?",
        PAPER.format("A32"),
        NEEDS,
        PLANS["response_grid"],
        units=("A32",),
        step="generalisation",
    ),
    Analysis(
        "regulation.response_protocol",
        "Forced genes",
        "Does the outcome hinge on forcing perturbed genes into the gene set?",
        PAPER.format("A47"),
        NEEDS,
        PLANS["response_protocol"],
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
