"""Analyses of cell states that `cellglass list` shows."""

from __future__ import annotations

from cellglass.runs.registry import Analysis

from .tasks import plan_cssi

ANALYSES = [
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
