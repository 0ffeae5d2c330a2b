"""Study concepts: which concepts does an embedding hold, and which genes drive each?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "AtlasContent": ".atlas.content",
    "ConceptAtlas": ".atlas.atlas",
    "Dictionary": ".dictionaries.dictionary",
    "DictionaryUnits": ".dictionaries.dictionary_units",
    "EmbeddingStore": ".embeddings.store",
    "Folds": ".embeddings.splits",
    "JoinedUnits": ".joined_units",
    "LinearUnits": ".units",
    "Readout": ".units",
    "Split": ".embeddings.splits",
    "Transform": ".transform",
    "Units": ".units",
    "concept_table": ".atlas.concept_table",
    "donor_folds": ".embeddings.splits",
    "donor_split": ".embeddings.splits",
    "embed_cells": ".embeddings.embed_cells",
    "embed_gene_tokens": ".embeddings.gene_tokens",
    "from_saelens": ".dictionaries.saelens",
    "from_sparsify": ".dictionaries.sparsify",
    "to_saelens": ".dictionaries.saelens",
    "to_sparsify": ".dictionaries.sparsify",
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
    from .dictionaries.saelens import from_saelens, to_saelens
    from .dictionaries.sparsify import from_sparsify, to_sparsify
    from .embeddings.embed_cells import embed_cells
    from .embeddings.gene_tokens import embed_gene_tokens
    from .embeddings.splits import Folds, Split, donor_folds, donor_split
    from .embeddings.store import EmbeddingStore
    from .joined_units import JoinedUnits
    from .transform import Transform
    from .units import LinearUnits, Readout, Units

__all__ = [
    "AtlasContent",
    "ConceptAtlas",
    "Dictionary",
    "DictionaryUnits",
    "EmbeddingStore",
    "Folds",
    "JoinedUnits",
    "LinearUnits",
    "Readout",
    "Split",
    "Transform",
    "Units",
    "concept_table",
    "donor_folds",
    "donor_split",
    "embed_cells",
    "embed_gene_tokens",
    "from_saelens",
    "from_sparsify",
    "to_saelens",
    "to_sparsify",
    "write_atlas",
    "write_concept_table",
]

keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
