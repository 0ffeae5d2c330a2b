"""The regulation analyses that `cellglass list` shows and `cellglass run` does."""

from __future__ import annotations

from cellglass.runs.registry import Analysis

from .tasks import plan_coexpression, plan_cssi, plan_recovery, plan_reliability

ANALYSES = [
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
    Analysis(
        "regulation.recovery",
        "Recovery of reference networks",
        "Do attention edges recover a reference network beyond single-gene statistics?",
        "Kendiukhov 2026 (arXiv 2602.17532), A20, A23-A28",
        "cells, a reference network",
        plan_recovery,
        "attention knows the reference network beyond single-gene statistics",
    ),
    Analysis(
        "regulation.cssi",
        "Cell-state stratified edges (CSSI)",
        "Do cell states sharpen attention edges more than shuffled states do?",
        "Kendiukhov 2026 (arXiv 2602.17532), A13-A18",
        "cells with strata, a reference network",
        plan_cssi,
        "stratifying by cell state sharpens attention edges",
    ),
]

__all__ = ["ANALYSES"]
