"""Analyses that judge one subject by one screen, by the part of their names after the chapter."""

from __future__ import annotations

from collections.abc import Callable

from cellglass.runs.result import AnalysisResult

from .baselines_analysis import judge_baselines
from .grid_analysis import judge_grid
from .increment_analysis import judge_increment
from .judged import Judged
from .layers_analysis import judge_layers
from .matching_analysis import judge_matched
from .protocol_analysis import judge_protocol
from .response_analysis import judge_response

JUDGES: dict[str, Callable[[Judged], AnalysisResult]] = {
    "response": judge_response,
    "response_baselines": judge_baselines,
    "response_increment": judge_increment,
    "response_matched": judge_matched,
    "response_layers": judge_layers,
    "response_grid": judge_grid,
    "response_protocol": judge_protocol,
}
READS_UNTRAINED = frozenset({"response", "response_layers"})
"""Those that hold the untrained copy beside the model."""
