"""Figures of result tables; every function draws into the axes it is given and returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach

_NAMES = {
    "ablation_grid": "._ablation_grid",
    "cssi_lines": "._cssi_lines",
    "embedding_map": "._embedding_map",
    "increment_forest": "._increment_forest",
    "null_z": "._null_z",
    "prediction_losses": "._prediction_losses",
    "reliability_lines": "._reliability_lines",
    "score_forest": "._score_forest",
    "separation_bars": "._separation_bars",
    "verdicts": "._verdicts",
}

if TYPE_CHECKING:
    from ._ablation_grid import ablation_grid
    from ._cssi_lines import cssi_lines
    from ._embedding_map import embedding_map
    from ._increment_forest import increment_forest
    from ._null_z import null_z
    from ._prediction_losses import prediction_losses
    from ._reliability_lines import reliability_lines
    from ._score_forest import score_forest
    from ._separation_bars import separation_bars
    from ._verdicts import verdicts

__all__ = [
    "ablation_grid",
    "cssi_lines",
    "embedding_map",
    "increment_forest",
    "null_z",
    "prediction_losses",
    "reliability_lines",
    "score_forest",
    "separation_bars",
    "verdicts",
]


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
