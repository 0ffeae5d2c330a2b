"""Study concepts: which concepts does an embedding hold, and which genes drive each?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "LinearUnits": ".units",
    "Readout": ".units",
    "Transform": ".transform",
    "Units": ".units",
}

if TYPE_CHECKING:
    from .transform import Transform
    from .units import LinearUnits, Readout, Units

__all__ = ["LinearUnits", "Readout", "Transform", "Units"]

keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
