"""Figures of result tables; every function draws into the axes it is given and returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach

_NAMES = {
    "ablation_grid": "._ablation_grid",
    "balance_points": "._balance_points",
    "class_points": "._class_points",
    "composition_lines": "._composition_lines",
    "context_forest": "._context_forest",
    "cssi_configurations": "._cssi_configurations",
    "cssi_lines": "._cssi_lines",
    "degree_parts": "._degree_parts",
    "difference_forest": "._difference_forest",
    "embedding_map": "._embedding_map",
    "held_out_choice": "._held_out_choice",
    "increment_forest": "._increment_forest",
    "layer_lines": "._layer_lines",
    "null_z": "._null_z",
    "overlap_matrix": "._overlap_matrix",
    "prediction_losses": "._prediction_losses",
    "regulator_points": "._regulator_points",
    "reliability_lines": "._reliability_lines",
    "response_forest": "._response_forest",
    "response_layers": "._response_layers",
    "retained_forest": "._retained_forest",
    "scaling_lines": "._scaling_lines",
    "score_forest": "._score_forest",
    "sensitivity_points": "._sensitivity_points",
    "separation_bars": "._separation_bars",
    "split_forest": "._split_forest",
    "strata_sweep": "._strata_sweep",
    "verdicts": "._verdicts",
}

if TYPE_CHECKING:
    from ._ablation_grid import ablation_grid
    from ._balance_points import balance_points
    from ._class_points import class_points
    from ._composition_lines import composition_lines
    from ._context_forest import context_forest
    from ._cssi_configurations import cssi_configurations
    from ._cssi_lines import cssi_lines
    from ._degree_parts import degree_parts
    from ._difference_forest import difference_forest
    from ._embedding_map import embedding_map
    from ._held_out_choice import held_out_choice
    from ._increment_forest import increment_forest
    from ._layer_lines import layer_lines
    from ._null_z import null_z
    from ._overlap_matrix import overlap_matrix
    from ._prediction_losses import prediction_losses
    from ._regulator_points import regulator_points
    from ._reliability_lines import reliability_lines
    from ._response_forest import response_forest
    from ._response_layers import response_layers
    from ._retained_forest import retained_forest
    from ._scaling_lines import scaling_lines
    from ._score_forest import score_forest
    from ._sensitivity_points import sensitivity_points
    from ._separation_bars import separation_bars
    from ._split_forest import split_forest
    from ._strata_sweep import strata_sweep
    from ._verdicts import verdicts

__all__ = [
    "ablation_grid",
    "balance_points",
    "class_points",
    "composition_lines",
    "context_forest",
    "cssi_configurations",
    "cssi_lines",
    "degree_parts",
    "difference_forest",
    "embedding_map",
    "held_out_choice",
    "increment_forest",
    "layer_lines",
    "null_z",
    "overlap_matrix",
    "prediction_losses",
    "regulator_points",
    "reliability_lines",
    "response_forest",
    "response_layers",
    "retained_forest",
    "scaling_lines",
    "score_forest",
    "sensitivity_points",
    "separation_bars",
    "split_forest",
    "strata_sweep",
    "verdicts",
]


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
