"""Analyses of reference networks that `cellglass list` shows."""

from __future__ import annotations

from cellglass.runs.registry import Analysis

from .tasks import plan_recovery

ANALYSES = [
    Analysis(
        "regulation.recovery",
        "Recovery of reference networks",
        "Do attention edges recover a reference network beyond single-gene statistics?",
        "Kendiukhov 2026 (arXiv 2602.17532), A20, A23-A28",
        "cells, a reference network",
        plan_recovery,
        "attention knows the reference network beyond single-gene statistics",
    ),
]
