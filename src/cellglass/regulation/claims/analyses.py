"""The analysis of claims that `cellglass list` shows."""

from __future__ import annotations

from cellglass.runs.registry import Analysis

from .claims_analysis import ANALYSIS
from .tasks import plan_claims

ANALYSES = [
    Analysis(
        ANALYSIS,
        "Claims",
        "Which of the four criteria hold, and which endpoint may be claimed?",
        "Kendiukhov 2026 (arXiv 2602.17532), criteria C1-C4",
        "what the other analyses found",
        plan_claims,
        "attention, or the scores, know gene regulation",
        step="claims",
    )
]
