"""Nulls over regulators x genes label matrices, and scores against them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellglass.stats.nulls.base import MIN_JACCARD_DISTANCE, LabelNull, NullCheck
    from cellglass.stats.nulls.degree import DegreePreserving
    from cellglass.stats.nulls.expression_matched import ExpressionMatched
    from cellglass.stats.nulls.label import LabelPermutation
    from cellglass.stats.nulls.label_within_regulator import LabelWithinRegulator
    from cellglass.stats.nulls.label_within_strata import LabelWithinStrata, StrataReport
    from cellglass.stats.nulls.matched_pairs import MatchedNegatives, matched_negatives
    from cellglass.stats.nulls.null_auroc import NullResult, NullScorer, null_distribution
    from cellglass.stats.nulls.score_column import ScoreColumn
    from cellglass.stats.nulls.westfall_young import max_z

__all__ = [
    "MIN_JACCARD_DISTANCE",
    "DegreePreserving",
    "ExpressionMatched",
    "LabelNull",
    "LabelPermutation",
    "LabelWithinRegulator",
    "LabelWithinStrata",
    "MatchedNegatives",
    "NullCheck",
    "NullResult",
    "NullScorer",
    "ScoreColumn",
    "StrataReport",
    "matched_negatives",
    "max_z",
    "null_distribution",
]

_HOME = {
    "MIN_JACCARD_DISTANCE": "base",
    "DegreePreserving": "degree",
    "ExpressionMatched": "expression_matched",
    "LabelNull": "base",
    "LabelPermutation": "label",
    "LabelWithinRegulator": "label_within_regulator",
    "LabelWithinStrata": "label_within_strata",
    "StrataReport": "label_within_strata",
    "MatchedNegatives": "matched_pairs",
    "NullCheck": "base",
    "NullResult": "null_auroc",
    "NullScorer": "null_auroc",
    "ScoreColumn": "score_column",
    "matched_negatives": "matched_pairs",
    "max_z": "westfall_young",
    "null_distribution": "null_auroc",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
