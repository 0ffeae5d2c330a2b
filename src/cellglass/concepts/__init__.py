"""Study concepts: which concepts does an embedding hold, and which genes drive each?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "Dictionary": ".dictionaries.dictionary",
    "DictionaryUnits": ".dictionaries.dictionary_units",
    "LinearUnits": ".units",
    "Readout": ".units",
    "Transform": ".transform",
    "Units": ".units",
}

if TYPE_CHECKING:
    from .dictionaries.dictionary import Dictionary
    from .dictionaries.dictionary_units import DictionaryUnits
    from .transform import Transform
    from .units import LinearUnits, Readout, Units

__all__ = ["Dictionary", "DictionaryUnits", "LinearUnits", "Readout", "Transform", "Units"]

keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
