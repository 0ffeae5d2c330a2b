"""Study regulation: do attention edges (or any gene-gene scores) know regulation?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "AGGREGATORS": ".cssi",
    "AttentionEdges": "..models.attention_edges",
    "CSSIResult": ".cssi",
    "GeneStatistics": ".baselines",
    "Pairs": ".recovery",
    "Recovery": ".recovery",
    "aggregate": ".cssi",
    "attention_edges": "..models.attention_edges",
    "evaluate_recovery": ".recovery",
    "network_nulls": ".network_nulls",
    "pairwise_part": ".pairwise",
    "score_edges": ".score_edges",
    "spearman": ".coexpression",
    "spearman_edges": ".cssi",
    "stratified": ".cssi",
    "stratum_quality": ".cssi",
}

if TYPE_CHECKING:
    from cellglass.models.attention_edges import AttentionEdges, attention_edges

    from .baselines import GeneStatistics
    from .coexpression import spearman
    from .cssi import (
        AGGREGATORS,
        CSSIResult,
        aggregate,
        spearman_edges,
        stratified,
        stratum_quality,
    )
    from .network_nulls import network_nulls
    from .pairwise import pairwise_part
    from .recovery import Pairs, Recovery, evaluate_recovery
    from .score_edges import score_edges

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
