"""cellglass: what single-cell foundation models know, and what survives honest controls.

Examples
--------
>>> import cellglass as cg
>>> model = cg.load_model("mini-scgpt")
>>> cells = cg.data.pbmc68k_reduced()
>>> trace = model.forward(model.tokenize(cells[:4]), taps=[cg.Tap.cell_embedding()])
>>> trace.cell_embedding.shape
(4, 128)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._lazy import attach

__version__ = "0.1.0"

_NAMES = {
    "Intervention": ".models",
    "Site": ".models",
    "Tap": ".models",
    "Tokens": ".models",
    "load_model": ".models",
    "concepts": ".concepts",
    "controls": ".controls",
    "data": ".data",
    "geometry": ".geometry",
    "models": ".models",
    "pl": ".pl",
    "regulation": ".regulation",
    "report": ".report",
    "reproduce": ".reproduce",
    "runs": ".runs",
    "stats": ".stats",
    "testing": ".testing",
}

if TYPE_CHECKING:
    from . import (
        concepts,
        controls,
        data,
        geometry,
        models,
        pl,
        regulation,
        report,
        reproduce,
        runs,
        stats,
        testing,
    )
    from .models import Intervention, Site, Tap, Tokens, load_model

__all__ = [
    "Intervention",
    "Site",
    "Tap",
    "Tokens",
    "__version__",
    "concepts",
    "controls",
    "data",
    "geometry",
    "load_model",
    "models",
    "pl",
    "regulation",
    "report",
    "reproduce",
    "runs",
    "stats",
    "testing",
]


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
