"""Figures of result tables; every function draws into the axes it is given and returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach

_NAMES = {
    "ablation_grid": "._ablation_grid",
    "balance_points": "._balance_points",
    "context_forest": "._context_forest",
    "cssi_lines": "._cssi_lines",
    "difference_forest": "._difference_forest",
    "embedding_map": "._embedding_map",
    "increment_forest": "._increment_forest",
    "null_z": "._null_z",
    "prediction_losses": "._prediction_losses",
    "reliability_lines": "._reliability_lines",
    "response_forest": "._response_forest",
    "response_layers": "._response_layers",
    "score_forest": "._score_forest",
    "sensitivity_points": "._sensitivity_points",
    "separation_bars": "._separation_bars",
    "split_forest": "._split_forest",
    "verdicts": "._verdicts",
}

if TYPE_CHECKING:
    from ._ablation_grid import ablation_grid
    from ._balance_points import balance_points
    from ._context_forest import context_forest
    from ._cssi_lines import cssi_lines
    from ._difference_forest import difference_forest
    from ._embedding_map import embedding_map
    from ._increment_forest import increment_forest
    from ._null_z import null_z
    from ._prediction_losses import prediction_losses
    from ._reliability_lines import reliability_lines
    from ._response_forest import response_forest
    from ._response_layers import response_layers
    from ._score_forest import score_forest
    from ._sensitivity_points import sensitivity_points
    from ._separation_bars import separation_bars
    from ._split_forest import split_forest
    from ._verdicts import verdicts

__all__ = [
    "ablation_grid",
    "balance_points",
    "context_forest",
    "cssi_lines",
    "difference_forest",
    "embedding_map",
    "increment_forest",
    "null_z",
    "prediction_losses",
    "reliability_lines",
    "response_forest",
    "response_layers",
    "score_forest",
    "sensitivity_points",
    "separation_bars",
    "split_forest",
    "verdicts",
]


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
