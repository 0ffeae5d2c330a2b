"""Analyses of cell states that `cellglass list` shows."""

from __future__ import annotations

from cellglass.runs.registry import Analysis

from .cssi_analysis import CLAIM
from .tasks import (
    plan_choice,
    plan_composition,
    plan_cssi,
    plan_cssi_nulls,
    plan_synthetic,
)

NEEDS = "a model, cells (with strata, or they are found), a reference network"

ANALYSES = [
    Analysis(
        "regulation.cssi",
        "Cell-state stratified edges (CSSI)",
        "Do cell states sharpen attention edges more than shuffled states do?",
        "Kendiukhov 2026 (arXiv 2602.17532), A15",
        NEEDS,
        plan_cssi,
        units=("A15",),
        step="description",
    ),
    Analysis(
        "regulation.cssi_nulls",
        "CSSI under strata that mean nothing",
        "What does CSSI gain from permuted strata, random strata and permuted genes?",
        "Kendiukhov 2026 (arXiv 2602.17532), A16",
        NEEDS,
        plan_cssi_nulls,
        units=("A16",),
        step="null",
    ),
    Analysis(
        "regulation.cssi_choice",
        "CSSI with layer and aggregator chosen on other cells",
        "Does stratifying sharpen edges where layer and aggregator are chosen on other cells and "
        "regulators?",
        "Kendiukhov 2026 (arXiv 2602.17532), A18",
        NEEDS,
        plan_choice,
        CLAIM,
        ("A18",),
        "generalisation",
    ),
    Analysis(
        "regulation.composition",
        "Cells and cell states",
        "Do more cells, or more cell states, change what edges recover?",
        "Kendiukhov 2026 (arXiv 2602.17532), A3",
        NEEDS,
        plan_composition,
        units=("A3",),
        step="generalisation",
    ),
    Analysis(
        "regulation.cssi_synthetic",
        "CSSI on simulated cells",
        "Do the published tables of CSSI come out again, and what do wrong strata cost?",
        "Kendiukhov 2026 (arXiv 2602.17532), A13, A14, A17",
        "nothing: cells are simulated",
        plan_synthetic,
        units=("A13", "A14", "A17"),
        step="description",
    ),
]
