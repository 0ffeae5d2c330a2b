"""Study concepts: which concepts does an embedding hold, and which genes drive each?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "AtlasContent": ".atlas.content",
    "ConceptAtlas": ".atlas.atlas",
    "Dictionary": ".dictionaries.dictionary",
    "DictionaryUnits": ".dictionaries.dictionary_units",
    "LinearUnits": ".units",
    "Readout": ".units",
    "Transform": ".transform",
    "Units": ".units",
    "concept_table": ".atlas.concept_table",
    "write_atlas": ".atlas.write",
    "write_concept_table": ".atlas.concept_table",
}

if TYPE_CHECKING:
    from .atlas.atlas import ConceptAtlas
    from .atlas.concept_table import concept_table, write_concept_table
    from .atlas.content import AtlasContent
    from .atlas.write import write_atlas
    from .dictionaries.dictionary import Dictionary
    from .dictionaries.dictionary_units import DictionaryUnits
    from .transform import Transform
    from .units import LinearUnits, Readout, Units

__all__ = [
    "AtlasContent",
    "ConceptAtlas",
    "Dictionary",
    "DictionaryUnits",
    "LinearUnits",
    "Readout",
    "Transform",
    "Units",
    "concept_table",
    "write_atlas",
    "write_concept_table",
]

keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
