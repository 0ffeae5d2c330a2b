"""Study regulation: do attention edges (or any gene-gene scores) know regulation?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "AGGREGATORS": ".states.cssi",
    "AttentionEdges": "..models.attention_edges",
    "CSSIResult": ".states.cssi",
    "GeneStatistics": ".networks.baselines",
    "Pairs": ".networks.recovery",
    "Recovery": ".networks.recovery",
    "aggregate": ".states.cssi",
    "attention_edges": "..models.attention_edges",
    "evaluate_recovery": ".networks.recovery",
    "network_nulls": ".networks.nulls",
    "pairwise_part": ".networks.pairwise",
    "score_edges": ".score_edges",
    "spearman": ".coexpression",
    "spearman_edges": ".states.cssi",
    "stratified": ".states.cssi",
    "stratum_quality": ".states.cssi",
}

if TYPE_CHECKING:
    from cellglass.models.attention_edges import AttentionEdges, attention_edges

    from .coexpression import spearman
    from .networks.baselines import GeneStatistics
    from .networks.nulls import network_nulls
    from .networks.pairwise import pairwise_part
    from .networks.recovery import Pairs, Recovery, evaluate_recovery
    from .score_edges import score_edges
    from .states.cssi import (
        AGGREGATORS,
        CSSIResult,
        aggregate,
        spearman_edges,
        stratified,
        stratum_quality,
    )

__all__ = [
    "AGGREGATORS",
    "AttentionEdges",
    "CSSIResult",
    "GeneStatistics",
    "Pairs",
    "Recovery",
    "aggregate",
    "attention_edges",
    "evaluate_recovery",
    "network_nulls",
    "pairwise_part",
    "score_edges",
    "spearman",
    "spearman_edges",
    "stratified",
    "stratum_quality",
]


keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
