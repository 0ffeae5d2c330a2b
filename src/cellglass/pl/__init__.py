"""Figures of result tables; every function draws into the axes it is given and returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach

_NAMES = {
    "ablation_grid": "._ablation_grid",
    "balance_points": "._balance_points",
    "betti_curves": "._betti_curves",
    "class_points": "._class_points",
    "composition_lines": "._composition_lines",
    "concept_card": "._concept_card",
    "context_forest": "._context_forest",
    "cssi_configurations": "._cssi_configurations",
    "cssi_lines": "._cssi_lines",
    "degree_parts": "._degree_parts",
    "difference_forest": "._difference_forest",
    "dose_lines": "._dose_lines",
    "embedding_map": "._embedding_map",
    "exchange_curves": "._exchange_curves",
    "gene_card": "._gene_card",
    "gene_cloud": "._gene_cloud",
    "held_out_choice": "._held_out_choice",
    "increment_forest": "._increment_forest",
    "kind_forest": "._kind_forest",
    "layer_lines": "._layer_lines",
    "layer_matrix": "._layer_matrix",
    "margin_points": "._margin_points",
    "null_z": "._null_z",
    "overlap_matrix": "._overlap_matrix",
    "persistence_diagram": "._persistence_diagram",
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
    "spectrum_lines": "._spectrum_lines",
    "split_forest": "._split_forest",
    "stability_lines": "._stability_lines",
    "strata_sweep": "._strata_sweep",
    "unit_genes": "._unit_genes",
    "unit_labels": "._unit_labels",
    "unit_map": "._unit_map",
    "unit_points": "._unit_points",
    "unit_terms": "._unit_terms",
    "verdicts": "._verdicts",
}

if TYPE_CHECKING:
    from ._ablation_grid import ablation_grid
    from ._balance_points import balance_points
    from ._betti_curves import betti_curves
    from ._class_points import class_points
    from ._composition_lines import composition_lines
    from ._concept_card import concept_card
    from ._context_forest import context_forest
    from ._cssi_configurations import cssi_configurations
    from ._cssi_lines import cssi_lines
    from ._degree_parts import degree_parts
    from ._difference_forest import difference_forest
    from ._dose_lines import dose_lines
    from ._embedding_map import embedding_map
    from ._exchange_curves import exchange_curves
    from ._gene_card import gene_card
    from ._gene_cloud import gene_cloud
    from ._held_out_choice import held_out_choice
    from ._increment_forest import increment_forest
    from ._kind_forest import kind_forest
    from ._layer_lines import layer_lines
    from ._layer_matrix import layer_matrix
    from ._margin_points import margin_points
    from ._null_z import null_z
    from ._overlap_matrix import overlap_matrix
    from ._persistence_diagram import persistence_diagram
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
    from ._spectrum_lines import spectrum_lines
    from ._split_forest import split_forest
    from ._stability_lines import stability_lines
    from ._strata_sweep import strata_sweep
    from ._unit_genes import unit_genes
    from ._unit_labels import unit_labels
    from ._unit_map import unit_map
    from ._unit_points import unit_points
    from ._unit_terms import unit_terms
    from ._verdicts import verdicts

__all__ = [
    "ablation_grid",
    "balance_points",
    "betti_curves",
    "class_points",
    "composition_lines",
    "concept_card",
    "context_forest",
    "cssi_configurations",
    "cssi_lines",
    "degree_parts",
    "difference_forest",
    "dose_lines",
    "embedding_map",
    "exchange_curves",
    "gene_card",
    "gene_cloud",
    "held_out_choice",
    "increment_forest",
    "kind_forest",
    "layer_lines",
    "layer_matrix",
    "margin_points",
    "null_z",
    "overlap_matrix",
    "persistence_diagram",
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
    "spectrum_lines",
    "split_forest",
    "stability_lines",
    "strata_sweep",
    "unit_genes",
    "unit_labels",
    "unit_map",
    "unit_points",
    "unit_terms",
    "verdicts",
]


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
