"""The regulation analyses that `cellglass list` shows and `cellglass run` does."""

from __future__ import annotations

from cellglass.runs.registry import Analysis

from .biology.analyses import ANALYSES as BIOLOGY
from .claims.analyses import ANALYSES as CLAIMS
from .networks.analyses import ANALYSES as NETWORKS
from .responses.analyses import ANALYSES as RESPONSES
from .responses.tasks import measuring_tasks as prepare
from .scaling.analyses import ANALYSES as SCALING
from .states.analyses import ANALYSES as STATES
from .tasks import plan_coexpression, plan_reliability

OF_EDGES = [
    Analysis(
        "regulation.reliability",
        "Reliability of edges",
        "Are a model's attention edges the same when they are read from other cells?",
        "cellglass: agreement of replicate blocks",
        "cells",
        plan_reliability,
    ),
    Analysis(
        "regulation.coexpression",
        "Co-expression",
        "Do attention edges know which genes vary together, beyond single-gene statistics?",
        "Kendiukhov 2026 (arXiv 2602.17532), A21, with held-out cells and nulls",
        "cells",
        plan_coexpression,
        "attention knows which genes vary together, beyond single-gene statistics",
    ),
]

ANALYSES = [*CLAIMS, *RESPONSES, *NETWORKS, *STATES, *SCALING, *BIOLOGY, *OF_EDGES]

__all__ = ["ANALYSES", "prepare"]
