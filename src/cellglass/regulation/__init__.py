"""Study regulation: do attention edges (or any gene-gene scores) know regulation?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "AGGREGATORS": ".states.cssi",
    "AttentionEdges": "..models.attention_edges",
    "CSSIResult": ".states.cssi",
    "EdgeFDR": ".states.edge_fdr",
    "GeneStatistics": ".networks.baselines",
    "HeldOutChoice": ".states.choice",
    "Pairs": ".networks.recovery",
    "Recovery": ".networks.recovery",
    "Strata": ".states.strata",
    "SyntheticStates": ".states.synthetic",
    "aggregate": ".states.cssi",
    "attention_edges": "..models.attention_edges",
    "cssi": ".states.cssi",
    "edge_fdr": ".states.edge_fdr",
    "evaluate_recovery": ".networks.recovery",
    "find_strata": ".states.strata",
    "grn_scores": ".scaling.grn_scores",
    "held_out_choice": ".states.choice",
    "network_nulls": ".networks.nulls",
    "pairwise_part": ".networks.pairwise",
    "score_edges": ".score_edges",
    "score_responses": ".score_responses",
    "spearman": ".coexpression",
    "spearman_edges": ".states.cssi",
    "stratified": ".states.cssi",
    "stratum_quality": ".states.cssi",
    "structured_cells": ".states.structured",
    "synthetic_states": ".states.synthetic",
    "units": ".units",
}

if TYPE_CHECKING:
    from cellglass.models.attention_edges import AttentionEdges, attention_edges

    from .coexpression import spearman
    from .networks.baselines import GeneStatistics
    from .networks.nulls import network_nulls
    from .networks.pairwise import pairwise_part
    from .networks.recovery import Pairs, Recovery, evaluate_recovery
    from .scaling.grn_scores import grn_scores
    from .score_edges import score_edges
    from .score_responses import score_responses
    from .states.choice import HeldOutChoice, held_out_choice
    from .states.cssi import (
        AGGREGATORS,
        CSSIResult,
        aggregate,
        cssi,
        spearman_edges,
        stratified,
        stratum_quality,
    )
    from .states.edge_fdr import EdgeFDR, edge_fdr
    from .states.strata import Strata, find_strata
    from .states.structured import structured_cells
    from .states.synthetic import SyntheticStates, synthetic_states
    from .units import units

__all__ = [
    "AGGREGATORS",
    "AttentionEdges",
    "CSSIResult",
    "EdgeFDR",
    "GeneStatistics",
    "HeldOutChoice",
    "Pairs",
    "Recovery",
    "Strata",
    "SyntheticStates",
    "aggregate",
    "attention_edges",
    "cssi",
    "edge_fdr",
    "evaluate_recovery",
    "find_strata",
    "grn_scores",
    "held_out_choice",
    "network_nulls",
    "pairwise_part",
    "score_edges",
    "score_responses",
    "spearman",
    "spearman_edges",
    "stratified",
    "stratum_quality",
    "structured_cells",
    "synthetic_states",
    "units",
]


keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
